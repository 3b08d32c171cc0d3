"""The code cells of the pages: what they make is what their reader sees."""

import ast
from pathlib import Path

import jupytext
import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"
PAGES = sorted(p for p in BOOK.rglob("*.md") if "kernelspec:" in p.read_text("utf-8")[:400])

SHOWN = ("show.still(", "show.moving(", "show.table(")


def lost_figures(source: str) -> list[str]:
    """The figures and tables that a cell makes where nobody sees them: before its last statement,
    or in a function that does not return them."""
    tree = ast.parse(source)
    return [
        text
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and node is not tree.body[-1]
        if (text := ast.unparse(node)).startswith(SHOWN)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(BOOK)))
def test_every_figure_and_table_is_the_value_of_its_cell(page):
    cells = [c.source for c in jupytext.read(page).cells if c.cell_type == "code"]
    assert cells
    assert [lost for source in cells for lost in lost_figures(source)] == []


def test_a_lost_figure_is_seen():
    assert lost_figures("show.table({}, rows)\nx = 1") == ["show.table({}, rows)"]
    assert lost_figures("show.still(fig, alt='a')\nx = 1") == ["show.still(fig, alt='a')"]
    assert lost_figures("def rows():\n    show.table({}, r)\nrows()") == ["show.table({}, r)"]
    assert lost_figures("def rows():\n    return show.table({}, r)\nrows()") == []
    assert lost_figures("x = 1\nshow.still(fig, alt='a')") == []
