"""A figure's module is put anew into what a page has shown, as if the page had run again."""

import shutil
import sys

import ldembed
import matplotlib.pyplot as plt
import pytest

from ldyn import show

# The package's name for it is the function's.
MODULE = sys.modules["ldyn.show.moving"]
STATE = {"n": 3, "text": "a\nconst state = 5;\n", "tag": "</script>"}
ALT = "A curve that falls from left to right"


@pytest.fixture
def figures(tmp_path):
    shutil.copytree(MODULE._FIGURES, tmp_path / "figures")
    return tmp_path / "figures"


def drawn():
    fig, _ = plt.subplots()
    shown = show.moving("huber", state=STATE, alt=ALT, poster=fig).html()
    plt.close(fig)
    return shown


def test_the_outputs_of_an_older_module_become_those_of_the_newer_one(figures, monkeypatch):
    before = drawn()
    assert ldembed.with_module(before, figures) == before
    for name in ("gans/huber", "_chart"):
        path = figures / f"{name}.js"
        path.write_text(path.read_text() + "\n// Newer.\n")
    after = ldembed.with_module(before, figures)
    monkeypatch.setattr(MODULE, "_FIGURES", figures)
    assert after == drawn() != before


@pytest.mark.parametrize(
    ("old", "new"), [("const state =", "let state ="), ("const host =", "let host =")]
)
def test_a_figure_that_is_written_in_another_way_is_refused(figures, old, new):
    with pytest.raises(ValueError, match="not written as"):
        ldembed.with_module(drawn().replace(old, new), figures)


def test_a_figure_whose_module_is_gone_is_refused(figures):
    (figures / "gans" / "huber.js").unlink()
    with pytest.raises(ValueError, match="0 modules of the name huber"):
        ldembed.with_module(drawn(), figures)
