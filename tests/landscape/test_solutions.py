"""The code in the solutions of the chapter's pages runs, and shows what the text says of it."""

import re
from pathlib import Path

import pytest

from ldyn.core import Verdict
from ldyn.landscape import exercises

BOOK = Path(__file__).resolve().parents[2] / "book" / "landscape"
PAGE = BOOK / "landscape-exercises.md"
SOLUTION = re.compile(r"^(`{3,})\{solution\} (ex-[\w-]+)$(.*?)^\1$", re.M | re.S)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
RESEARCH = {"ex-definite", "ex-adam", "ex-slip"}


def programs():
    return {
        label: "\n".join(BLOCK.findall(text))
        for page in sorted(BOOK.glob("*.md"))
        for _, label, text in SOLUTION.findall(page.read_text("utf-8"))
        if BLOCK.search(text)
    }


def run(label, monkeypatch):
    """Run the blocks of a solution; return its names, and what the checks in it said."""
    verdicts: list[Verdict] = []
    honest = exercises.check

    def listening(exercise, answer):
        verdicts.append(honest(exercise, answer))
        return verdicts[-1]

    monkeypatch.setattr("ldyn.landscape.check", listening)
    names: dict = {}
    exec(compile(programs()[label], label, "exec"), names)
    return names, verdicts


@pytest.mark.parametrize("label", sorted(set(programs()) - RESEARCH))
def test_a_solution_passes_its_own_check(label, monkeypatch):
    _, verdicts = run(label, monkeypatch)
    checked = [(label, True)] if label in exercises.EXERCISES else []
    assert [(v.exercise, v.right) for v in verdicts] == checked


def test_every_exercise_of_the_page_has_one_solution_and_stars():
    text = PAGE.read_text("utf-8")
    asked = re.findall(r"^`{3,}\{exercise\} (.*)\n:label: (ex-[\w-]+)$", text, re.M)
    solved = [label for _, label, _ in SOLUTION.findall(text)]
    assert len(asked) >= 14
    assert [label for _, label in asked] == solved
    assert all(re.match(r"★{1,4} \S", title) for title, _ in asked)
    assert all(":class: dropdown" in body for _, _, body in SOLUTION.findall(text))


@pytest.mark.slow
def test_definite_forms_are_the_rule_for_numbers_and_seldom_for_matrices(monkeypatch):
    shares = run("ex-definite", monkeypatch)[0]["shares"]
    assert shares[1, False][0] == 1
    assert 0.05 < shares[2, False][0] < 0.4
    assert max(shares[3, False][0], shares[1, True][0]) < 0.1


@pytest.mark.slow
def test_adam_stays_at_minima_and_is_quick_to_leave_saddles(monkeypatch):
    medians = run("ex-adam", monkeypatch)[0]["medians"]
    assert medians[0.5, "Adam"] == medians[0.5, "SGD"] == 6000
    assert 5 * medians[1.2, "Adam"] < medians[1.2, "SGD"]


@pytest.mark.slow
def test_the_unit_that_gets_away_is_the_late_one(monkeypatch):
    trapped = run("ex-slip", monkeypatch)[0]["trapped"]
    held = [trapped(units)[0].double().mean() for units in (2, 4)]
    assert held[0] > 0.8
    assert held[1] < 0.4
    held, laggard = trapped(2)
    assert laggard[~held].max() < laggard[held].median()
