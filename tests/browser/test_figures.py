"""Figures and tables as readers see them: numbered, captioned, and no larger than the screen."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.browser

FIGURES = """() => [...document.querySelectorAll('article figure')].map((f) => ({
  id: f.id,
  number: f.querySelector(':scope > figcaption .caption-number')?.textContent.trim() ?? '',
  said: f.querySelector(':scope > figcaption .caption-text')?.textContent.trim() ?? '',
  pictures: f.querySelectorAll('.ldyn').length,
  code: f.querySelectorAll('details, .cell_input').length,
}))"""

# From the first control to the end of the readout, below what the page's own bar hides.
TALL = """() => [...document.querySelectorAll('article .ldyn-moving')].map((host) => {
  const bar = document.querySelector('.bd-header-article')?.getBoundingClientRect().height ?? 0;
  const parts = [...host.querySelectorAll('.ldyn-controls, canvas, svg, .ldyn-readout')];
  const boxes = parts.map((part) => part.getBoundingClientRect());
  const tall = Math.max(...boxes.map((b) => b.bottom)) - Math.min(...boxes.map((b) => b.top));
  return [host.dataset.figure, Math.round(tall), Math.round(innerHeight - bar)];
})"""


def tables_in_text(text: str) -> bool:
    """Whether three lines in a row have the same words around their numbers, or are columns."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    bare = [re.sub(r"\s+", " ", re.sub(r"[-−+]?\d[\d.,e+−-]*", "#", line)) for line in lines]
    same = any(
        bare[i] == bare[i + 1] == bare[i + 2] and "#" in bare[i] for i in range(len(bare) - 2)
    )
    columns = [len(re.split(r" {2,}", line)) for line in lines]
    return same or any(min(columns[i : i + 3]) > 1 for i in range(len(columns) - 2))


def test_every_figure_has_a_number_and_a_caption(visit):
    figures = visit.page.evaluate(FIGURES)
    hosts = visit.page.evaluate("() => document.querySelectorAll('article .ldyn').length")
    inside = visit.page.evaluate("() => document.querySelectorAll('article figure .ldyn').length")
    assert hosts == inside
    for figure in figures:
        assert figure["id"].startswith("fig-"), figure
        assert re.fullmatch(r"Figure (\d+\.)?\d+", figure["number"]), figure
        assert len(figure["said"].split()) > 5, figure
        assert figure["code"] == 0, figure


def test_figures_of_a_page_are_numbered_in_turn_by_chapter(visit):
    numbers = [figure["number"].split()[1] for figure in visit.page.evaluate(FIGURES)]
    parts = [tuple(map(int, number.split("."))) for number in numbers]
    assert all(b[:-1] == a[:-1] and b[-1] == a[-1] + 1 for a, b in pairwise(parts))
    toc = yaml.safe_load((Path(__file__).resolve().parents[2] / "_toc.yml").read_text("utf-8"))
    (part,) = (p for p in toc["parts"] if p.get("numbered"))
    folders = [Path(chapter["file"]).parent.name for chapter in part["chapters"]]
    if visit.path.parent.name in folders:
        assert {p[:-1] for p in parts} <= {(folders.index(visit.path.parent.name) + 1,)}


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_a_moving_figure_fits_in_one_screen(visit, width, height):
    visit.page.set_viewport_size({"width": width, "height": height})
    visit.page.wait_for_timeout(250)
    tall = visit.page.evaluate(TALL)
    visit.page.set_viewport_size({"width": 1440, "height": 900})
    too_tall = [one for one in tall if one[1] > one[2]]
    assert too_tall == [], "figure, its height, the height that the screen has for it"


def test_result_tables_are_tables_with_headers(visit):
    printed = visit.page.eval_on_selector_all(
        "article .cell_output pre", "(found) => found.map((pre) => pre.textContent)"
    )
    assert [text for text in printed if tables_in_text(text)] == []
    bare = visit.page.eval_on_selector_all(
        "article .cell_output table",
        "(found) => found.filter((t) => !t.tHead"
        " || [...t.querySelectorAll('th')].some((h) => !h.scope)"
        " || [...t.tBodies[0].rows].some((r) => r.cells[0].tagName !== 'TH')).length",
    )
    assert bare == 0


def test_the_check_sees_a_printed_table():
    assert tables_in_text("a  1\nb  2\nc  3")
    assert tables_in_text("n = 1: 0.5 of it\nn = 20: 1.5 of it\nn = 300: −2e-3 of it")
    assert not tables_in_text("not yet. Three omissions\nlead to this number: it may\nbe a copy.")
    assert not tables_in_text("narrow: gradient 6e-14")
