"""What is drawn and written, number by number."""

import json
import re
from html import escape

import pytest
import torch

from ldyn import show
from ldyn.core import slope, stream
from ldyn.show.moving import Moving
from ldyn.show.notes import duration
from ldyn.show.style import _INKS, CSS, _height

ALT = 'Risks "a" < b & what else there is to be seen.'


def test_bars_are_two_standard_errors_and_a_guide_has_its_slope():
    _, ax = show.axes()
    show.rates(ax, [10, 100], torch.tensor([[1.0, 0.5], [3.0, 0.7]]), label="a", guide=-1)
    (band,) = ax.collections
    heights = {round(float(y), 6) for y in band.get_paths()[0].vertices[:, 1]}
    # the means are 2 and 0.6, their standard errors 1 and 0.1; no bar ends below a quarter
    assert heights == {4.0, 0.5, 0.8, 0.4}
    _, guide = ax.lines
    assert guide.get_ydata().tolist() == pytest.approx([4.8, 0.48])


@pytest.mark.parametrize("half", [True, False])
def test_the_slope_is_that_of_the_sizes_asked_for(half):
    _, ax = show.axes()
    n, risks = 2.0 ** torch.arange(6), 1 + torch.rand(3, 6, generator=stream("half"))
    found = show.rates(ax, n, risks, label="a", upper_half=half)
    assert found.value == slope(n, risks, upper_half=half).value


@pytest.mark.parametrize("name", _INKS)
def test_an_ink_is_light_and_then_dark_where_the_theme_is(name):
    light, dark = (f"--ldyn-{name}:{colour};" for colour in _INKS[name])
    start, theme = CSS.index(light), CSS.index('html[data-theme="dark"] .ldyn,')
    assert start < theme < CSS.index(dark)


def shown(alt):
    fig, ax = show.axes()
    ax.plot([0, 1], [0, 1], marker="o")
    return show.still(fig, alt=alt)


def test_ids_of_a_still_are_its_own_and_its_words_are_escaped():
    one, other = shown(ALT), shown("Another line, and other words for it.")
    ids = [set(re.findall(r'\bid="([^"]*)"', s.svg)) for s in (one, other)]
    used = {a or b for a, b in re.findall(r'url\(#([^)]*)\)|href="#([^"]*)"', one.svg)}
    assert used
    assert used <= ids[0]
    assert not ids[0] & ids[1]
    assert f'aria-label="{escape(ALT)}"' in one.svg
    bundle = one._repr_mimebundle_()
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert (bundle["text/html"], bundle["text/plain"]) == (one.html(), ALT)


def test_labels_that_collide_are_moved_apart_when_the_figure_is_shown():
    fig, ax = show.axes()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    for x, y in ((0.9, 0.5), (0.9, 0.51), (0.1, 0.505)):
        show.label(ax, x, y, "a")
    show.still(fig, alt=ALT)
    low, high, alone = ax.texts
    moved = [note.get_position()[1] for note in ax.texts]
    assert moved[0] == pytest.approx(-moved[1])
    gap = _height(ax, high) + moved[1] - _height(ax, low) - moved[0]
    assert 12.5 - 1e-6 <= gap < 14  # the layout may settle once more
    assert alone.get_position() == (6, 0)


def test_a_moving_figure_without_a_poster_shows_its_words():
    made = show.moving("rate-race", state={"n": 1}, alt=ALT)
    assert f'<div class="ldyn-poster"><p>{escape(ALT)}</p></div>' in made.html()
    assert made.state == {"n": 1, "alt": ALT}
    assert made.widget().alt == ALT
    assert ".ldyn" in made.widget()._css
    one, other = (Moving(name="a", source=s, state={}, alt=ALT, poster=None) for s in "ab")
    assert one.key != other.key


@pytest.fixture
def glued(monkeypatch):
    """What is handed to the prose in a notebook: text by name."""
    found = {}

    def display(data, raw, metadata):
        (text,) = data.values()
        found[metadata["scrapbook"]["name"]] = text

    monkeypatch.setattr("IPython.get_ipython", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    return found


def test_glue_hands_over_a_literal_under_a_path(glued):
    assert show.glue("p:n", 8192, ",") == "8,192"
    assert show.glue("p:word", "-a-") == "-a-"
    assert glued == {"p/n": "'8,192'", "p/word": "'-a-'"}


def test_times_are_said_in_the_unit_that_suits_them():
    said = ["99 s", "2 min", "100 min", "1.7 h"]
    assert [duration(s) for s in (99, 100, 5999, 6000)] == said


def test_the_environment_may_ask_for_full_scale(tmp_path, monkeypatch):
    about = {"date": "2026-01-02T03:04", "scale": "laptop"}
    (tmp_path / "toy.json").write_text(json.dumps({"provenance": about, "rows": [{}]}))
    monkeypatch.setenv("LDYN_RESULTS", str(tmp_path))
    ran = []
    monkeypatch.setattr("subprocess.run", lambda args, check: ran.append((args[3], check)))
    assert "(2026-01-02, torch ?)" in show.run_at_full_scale("toy").text
    assert ran == []
    monkeypatch.setenv("LDYN_FULL", "1")
    assert "These numbers are fresh." in show.run_at_full_scale("toy").text
    assert ran == [("run", True), ("freeze", True)]
