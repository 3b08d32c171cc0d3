"""The bills of the figure are the library's."""

import json

import pytest

from ldyn.lowcost import bill, break_even

TASK = {
    "name": "a",
    "network": {"rows": 1000, "run": 20.0, "answer": 5e-4},
    "kernel": {"rows": 400.0, "seconds": 6.0, "answer": 2e-3},
}
PRICES = {"core": 0.07, "wage": 31.0, "hours": 2.5, "trials": 7, "label": 0.02}


def ours(**other):
    p = PRICES | other
    money = {k: p[k] for k in ("core", "wage", "label")}
    network = bill(
        rows=1000, hours=p["hours"], seconds=(p["trials"] + 1) * 20.0, answer=5e-4, **money
    )
    return {
        "kernel": bill(rows=400.0, hours=0, seconds=6.0, answer=2e-3, **money),
        "network": network,
    }


@pytest.mark.parametrize("other", [{}, {"hours": 0.1, "label": 5.0}, {"core": 8.0, "trials": 4000}])
def test_bills_and_their_crossing_are_those_of_the_library(js, other):
    asked = f"bills({json.dumps(TASK)}, {json.dumps(PRICES | other)})"
    wanted = ours(**other)
    assert js("two-bills", asked) == {k: pytest.approx(vars(b)) for k, b in wanted.items()}
    meet = js("two-bills", f"((b) => breakEven(b.kernel, b.network))({asked})")
    assert meet == pytest.approx(break_even(wanted["kernel"], wanted["network"]))


def test_bills_that_never_meet_have_no_crossing(js):
    same = json.dumps(TASK | {"kernel": TASK["kernel"] | {"answer": 5e-4}})
    asked = f"bills({same}, {json.dumps(PRICES)})"
    assert js("two-bills", f"((b) => breakEven(b.kernel, b.network))({asked})") is None
    assert js("two-bills", f"verdict({asked})") == (
        "The kernel is the cheaper one at the first answer, and stays it."
    )


@pytest.mark.parametrize(
    ("name", "other"),
    [(n, v) for n in PRICES for v in ({}, {"hours": 0.1, "wage": 3.2, "label": 1e-4, "core": 10})],
)
def test_each_slider_moves_a_line_whatever_the_others_say(js, name, other):
    """Every line of the picture is a part of a bill: some part changes with each price."""
    shown = lambda p: js("two-bills", f"bills({json.dumps(TASK)}, {json.dumps(p)})")  # noqa: E731
    start = PRICES | other
    one, two = shown(start), shown(start | {name: start[name] * 10**0.1 + (name == "trials")})
    moved = [two[r][part] / one[r][part] for r in one for part in one[r] if one[r][part]]
    assert max(moved) > 1.1
    assert min(moved) == pytest.approx(1) or name == "core"


def test_money_and_counts_are_said_in_words(js):
    said = [js("two-bills", f"count({v})") for v in (950, 12_345, 3.4e6, 2.1e9, 5e13)]
    assert said == ["950", "12,000", "3.4 million", "2.1 thousand million", "50 million million"]
    assert [js("two-bills", f"money({v})") for v in (0.0123, 3.456, 1234)] == [
        "0.012",
        "3.5",
        "1,200",
    ]
    assert "up to" in js("two-bills", f"verdict(bills({json.dumps(TASK)}, {json.dumps(PRICES)}))")
