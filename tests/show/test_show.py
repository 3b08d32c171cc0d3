import itertools
import json
import re
from fractions import Fraction

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from ldyn import show
from ldyn.core import stream
from ldyn.show.moving import Moving
from ldyn.show.notes import duration
from ldyn.show.rates import exponent
from ldyn.show.style import _INKS, _apart

ALT = "Risk curves of two made-up methods against the sample size."
SIZES = 2 ** torch.arange(6, 12)


def drawn():
    fig, ax = show.axes()
    noise = 1 + 0.1 * torch.rand(5, 6, generator=stream("show"))
    found = show.rates(ax, SIZES, SIZES.double() ** -0.5 * noise, label="series", guide=-0.5)
    return fig, ax, found


def test_rates_returns_the_slope_it_writes():
    _, ax, found = drawn()
    assert found.value == pytest.approx(-0.5, abs=0.05)
    words = [text.get_text() for text in ax.texts]
    assert any(f"{found.value:.2f}".replace("-", "−") in text for text in words)
    assert exponent(Fraction(-1, 3)) == "$n^{−1/3}$"
    assert exponent(-0.123) == "$n^{−0.12}$"


def test_a_guide_is_named_in_grey_or_has_the_colour_of_its_curve():
    _, ax, _ = drawn()
    curve, guide = ax.lines
    assert guide.get_color() != curve.get_color()
    assert len(ax.texts) == 2
    _, ax = show.axes()
    show.rates(ax, SIZES, SIZES.double() ** -0.5, label="exact", guide=-0.5, guide_label=False)
    curve, guide = ax.lines
    assert guide.get_color() == curve.get_color()
    assert len(ax.texts) == 1


@pytest.mark.parametrize("alt", ["", "figure", "a plot of risk", None])
def test_a_figure_without_alt_text_is_refused(alt):
    fig, _ = show.axes()
    with pytest.raises(ValueError, match=r"in a sentence|alt must be"):
        show.still(fig, alt=alt)
    with pytest.raises(ValueError, match=r"in a sentence|alt must be"):
        show.moving("rate-race", state={}, alt=alt)


def test_a_still_follows_the_theme_and_says_what_it_shows():
    svg = show.still(drawn()[0], alt=ALT).svg
    assert f'role="img" aria-label="{ALT}"' in svg
    assert "var(--ldyn-blue)" in svg
    left = set(re.findall(r"#[0-9a-f]{6}\b", re.sub(r'(href|id)="[^"]*"|url\([^)]*\)', "", svg)))
    assert not left, f"colours that do not follow the theme: {left}"


def test_a_still_is_reproducible_and_leaves_no_global_figure():
    assert show.still(drawn()[0], alt=ALT).html() == show.still(drawn()[0], alt=ALT).html()
    assert plt.get_fignums() == []


def test_many_points_become_pixels():
    fig, ax = show.axes()
    ax.scatter(*torch.rand(2, 20000, generator=stream("points")))
    assert len(show.still(fig, alt=ALT).svg) < 300_000


@pytest.mark.parametrize("name", [n for n in _INKS if n not in ("faint", "paper")])
def test_inks_can_be_read_on_both_papers(name):
    def luminance(colour):
        parts = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for ink, paper in zip(_INKS[name], ("#ffffff", "#14181e"), strict=True):
        light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_labels_are_spread_apart_in_order():
    at = _apart([0.0, 1.0, 1.5, 40.0], 10)
    assert all(b - a >= 10 - 1e-9 for a, b in itertools.pairwise(at))
    assert at[3] == 40.0
    assert sum(at[:3]) == pytest.approx(2.5)


STATE = {"sizes": SIZES, "at": 2, "curves": [{"name": "a</script>", "risks": [0.5] * 6}]}


def test_a_moving_figure_is_one_self_contained_reproducible_element():
    made = show.moving("rate-race", state=STATE, alt=ALT, poster=drawn()[0])
    assert isinstance(made, Moving)
    assert made.key == show.moving("rate-race", state=STATE, alt=ALT).key
    assert made.key != show.moving("rate-race", state=STATE | {"at": 3}, alt=ALT).key
    html = made.html()
    assert html.count("</script>") == 1
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", html.replace("http://www.w3.org", ""))
    assert f'aria-label="{ALT}"' in html
    bundle = made._repr_mimebundle_()
    assert {"text/html", "image/png", "text/plain"} <= set(bundle)


def test_a_widget_runs_the_same_module_on_the_same_state():
    made = show.moving("rate-race", state=STATE, alt=ALT)
    widget = made.widget()
    assert widget.at == 2
    assert widget.sizes == SIZES.tolist()
    heard = []
    widget.observe(lambda change: heard.append(change["new"]), "at")
    widget.at = 4
    assert heard == [4]


@pytest.mark.parametrize(
    ("name", "state", "says"),
    [
        ("no-such-figure", {}, "must be one of"),
        ("_common", {}, "must be one of"),
        ("rate-race", {"x": object()}, "numbers, strings"),
        ("rate-race", {"x": float("nan")}, "finite"),
    ],
)
def test_bad_figures_and_states_are_refused(name, state, says):
    with pytest.raises(ValueError, match=says):
        show.moving(name, state=state, alt=ALT)


@pytest.mark.parametrize("bad", [float("nan"), [1.0, float("inf")], torch.tensor([float("-inf")])])
def test_no_state_that_a_browser_cannot_read_is_made_or_assigned(bad):
    made = show.moving("rate-race", state=STATE, alt=ALT)
    for call in (
        lambda: show.moving("rate-race", state={"at": bad}, alt=ALT),
        lambda: Moving(name=made.name, source="", state={"at": bad}, alt=ALT, poster=None),
        lambda: setattr(made.widget(), "at", bad),
    ):
        with pytest.raises(ValueError, match=r"state must be numbers, .* finite, got"):
            call()
    widget = made.widget()
    widget.at = torch.tensor([3.0])
    assert widget.at == [3.0]


def test_numbers_are_written_as_people_write_them():
    assert show.glue("p:k", torch.tensor(-1 / 3), ".2f") == "−0.33"
    assert show.glue("p:k", 1.23e-5, ".1e") == "1.2 × 10⁻⁵"
    assert show.glue("p:k", 4096, ",") == "4,096"
    with pytest.raises(ValueError, match="cannot write"):
        show.glue("p:k", "word", ".2f")
    assert [duration(s) for s in (40, 720, 12600)] == ["40 s", "12 min", "3.5 h"]


def test_the_full_scale_cell_tells_and_does_not_run(tmp_path, monkeypatch):
    about = {"scale": "laptop", "device": "CPU, 1 threads", "wall_seconds": 90.0, "torch": "2"}
    text = json.dumps({"provenance": about | {"date": "2026-01-02"}, "rows": [{"n": 1}]})
    (tmp_path / "toy.json").write_text(text)
    monkeypatch.setenv("LDYN_RESULTS", str(tmp_path))
    monkeypatch.delenv("LDYN_FULL", raising=False)
    monkeypatch.setattr("subprocess.run", lambda *a, **k: pytest.fail("it ran"))
    note = show.run_at_full_scale("toy")
    assert "90 s of computing" in note.text
    assert "make study NAME=toy SCALE=full" in note.html
    ran = []
    monkeypatch.setattr("subprocess.run", lambda args, check: ran.append(args[3:]))
    show.run_at_full_scale("toy", run=True)
    assert ran == [[v, "toy", "--scale", "full"] for v in ("run", "freeze")]


@pytest.mark.parametrize(
    ("shape", "size", "narrowest"),
    [((1, 1), (6, 4), 300), ((1, 1), (8, 3), 560), ((1, 2), (6, 4), 560), ((2, 3), (6, 4), 690)],
)
def test_a_panel_beside_others_keeps_its_width_and_the_figure_scrolls(shape, size, narrowest):
    fig = Figure(figsize=size)
    fig.subplots(*shape)
    shown = show.still(fig, alt="Nothing but axes, as wide as they are.").html()
    assert f"min-width:{narrowest}px" in shown
    assert ("ldyn-scroll" in shown.split("</style>")[1]) == (narrowest > 300)
