"""Every figure has a caption and a label, and every caption a figure."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from ldfigures import Figures
from notebooks import notebook
from pdf import single_page

PAGES = sorted((Path(__file__).resolve().parents[2] / "book").rglob("*.md"))
CELL = re.compile(r"^(?P<f>`{3,}|:{3,})\{code-cell\}.*?^(?P=f)[ \t]*$", re.M | re.S)
CAPTION = re.compile(r"\n*```\{caption\}\n:label: (fig-[\w-]+)\n\n(.*?)\n```\n", re.S)


def uncaptioned(page: str) -> list[str]:
    """The figure cells of a page that no caption follows, by the line that shows the figure."""
    bare = []
    for cell in CELL.finditer(page):
        shown = re.search(r"^.*\bshow\.(?:still|moving)\(.*$", cell[0], re.M)
        if shown and not CAPTION.match(page, cell.end()):
            bare.append(shown[0])
    return bare


def captions(page: str) -> dict[str, str]:
    return dict(CAPTION.findall(page))


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.stem)
def test_every_figure_has_a_labelled_caption(path):
    page = path.read_text("utf-8")
    assert uncaptioned(page) == []
    assert len(captions(page)) == page.count("{caption}")


def test_labels_of_figures_are_unique_and_those_cited_exist():
    pages = [path.read_text("utf-8") for path in PAGES]
    labels = [label for page in pages for label in captions(page)]
    assert len(labels) == len(set(labels))
    cited = {label for page in pages for label in re.findall(r"\{numref\}`([^`<>]+)`", page)}
    assert cited
    assert cited <= set(labels)


def test_what_is_to_be_done_stands_apart_from_what_is_seen():
    orders = re.compile(r"^(Move|Drag|Choose|Press|Point into|Watch|Look for)\b", re.M)
    for path in PAGES:
        for label, text in captions(path.read_text("utf-8")).items():
            seen = re.split(r"^Try: ", text, maxsplit=1, flags=re.M)[0]
            assert seen.strip(), label
            assert not orders.search(seen), f"{label}: {seen}"


def test_the_check_sees_a_bare_figure():
    cell = "```{code-cell} ipython3\nshow.still(fig, alt='')\n```\n"
    good = cell + "\n```{caption}\n:label: fig-a\n\nSeen.\n```\n"
    assert uncaptioned(good) == []
    assert captions(good) == {"fig-a": "Seen."}
    assert uncaptioned(cell + "\nProse.\n") == ["show.still(fig, alt='')"]


def page(*, output: bool = True, caption: bool = True, prose: bool = False) -> nodes.document:
    made = new_document("page")
    cell = nodes.container("", nodes.container(nb_element="x"), nb_element="cell_code")
    if output:
        html = nodes.raw("", '<div class="ldyn ldyn-still"></div>', format="html")
        bundle = nodes.container("", html, nb_element="mime_bundle")
        cell += nodes.container("", bundle, nb_element="cell_code_output")
    made += cell
    if prose:
        made += nodes.paragraph("", "Prose.")
    if caption:
        made += nodes.figure("", nodes.caption("", "Seen."), ld_caption=True)
    return made


def warnings(document: nodes.document, caplog) -> list[str]:
    caplog.clear()
    Figures(document).apply()
    return [record.getMessage() for record in caplog.records]


def test_the_picture_moves_into_its_figure_and_the_code_stays(caplog):
    made = page()
    assert warnings(made, caplog) == []
    cell, figure = made.children
    assert [child["nb_element"] for child in cell] == ["x"]
    assert figure[0]["nb_element"] == "mime_bundle"
    assert isinstance(figure[1], nodes.caption)


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"caption": False}, "a figure needs a {caption} after its cell"),
        ({"output": False}, "a caption stands right after the cell it is for"),
        ({"prose": True}, "a caption stands right after the cell it is for"),
    ],
)
def test_a_figure_without_caption_and_a_caption_without_figure_stop_the_build(about, said, caplog):
    assert said in warnings(page(**about), caplog)


def test_a_figure_has_number_caption_and_label_and_its_code_stands_outside(built):
    first = BeautifulSoup((built / "book" / "first.html").read_text(), "html.parser")
    (figure,) = first.select("figure")
    assert figure["id"] == "fig-toy"
    assert figure.find("svg")["aria-label"] == "A curve that falls"
    assert not figure.select("pre, details")
    seen, do = figure.select("figcaption p")
    assert seen.select_one(".caption-number").get_text() == "Figure 1 "
    assert re.search(r"The curve falls to forty-\w+, where", seen.get_text())
    assert do["class"] == ["ld-do"]
    assert (do.strong.get_text(), do.get_text()) == ("Try:", "Try: move the point.")
    cell = figure.find_previous_sibling()
    assert "It is drawn." in cell.select_one(".cell_output").get_text()
    assert "HTML" in cell.select_one(".cell_input").get_text()
    assert not cell.select("svg")
    assert first.find("a", href="#fig-toy", string="Figure 1")


def test_a_notebook_has_the_caption_after_the_cell_that_draws(toy, built):
    cells = notebook(toy.root, built, "book/first", {"book/first"})["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    (at,) = (i for i, text in enumerate(texts) if text.startswith("from IPython.display"))
    seen, do, *_ = texts[at + 1].split("\n\n")
    assert re.fullmatch(r"\*\*Figure 1\.\*\* The curve falls to forty-\w+, where \$c=d\$\.", seen)
    assert do == "**Try:** *move* the point."
    assert "Show it by Figure 1." in texts[at + 1]


def test_the_print_has_the_figure_with_its_number_and_the_way_to_it(built):
    printed = BeautifulSoup(single_page(built, ["book/first"]), "html.parser")
    (figure,) = printed.select("figure#book-first--fig-toy")
    assert figure.figcaption.get_text().startswith("\nFigure 1 The curve falls")
    assert printed.find("a", href="#book-first--fig-toy", string="Figure 1")
