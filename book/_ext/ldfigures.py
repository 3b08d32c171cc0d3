"""Figures: `{caption}` after a code cell makes the cell's picture a numbered figure."""

from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

_TRY = "Try: "


class Caption(SphinxDirective):
    """Caption the picture of the code cell just before; `:label:` is what {numref} cites.

    The first paragraph says what to see; one that begins with "Try: " says what to do.
    """

    has_content = True
    option_spec: ClassVar = {"label": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        label = self.options.get("label", "")
        if not label.startswith("fig-"):
            raise self.error("a caption needs a label that begins with fig-, as in :label: fig-x")
        self.assert_has_content()
        said = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, said)
        first, *more = said.children
        if not isinstance(first, nodes.paragraph) or _is_try(first):
            raise self.error("a caption begins with a paragraph that says what is to be seen")
        figure = nodes.figure("", nodes.caption("", "", *first.children), ld_caption=True)
        if more:
            figure += nodes.legend("", *map(_marked, more))
        self.set_source_info(figure)
        self.options["name"] = label
        self.add_name(figure)
        return [figure]


def _is_try(node: nodes.Node) -> bool:
    return isinstance(node, nodes.paragraph) and node.astext().startswith(_TRY)


def _marked(node: nodes.Node) -> nodes.Node:
    """Return the paragraph, with the class and the mark of one that says what to do."""
    if _is_try(node):
        node["classes"].append("ld-do")
        word = node.next_node(nodes.Text)
        word.parent.replace(word, nodes.Text(word.astext().removeprefix(_TRY)))
        node.insert(0, [nodes.strong("", _TRY.strip()), nodes.Text(" ")])
    return node


class Figures(SphinxTransform):
    """Move each captioned picture out of its cell, so that the code stays outside the figure."""

    default_priority = 300

    def apply(self, **kwargs: Any) -> None:
        captioned = [f for f in self.document.findall(nodes.figure) if f.get("ld_caption")]
        for figure in captioned:
            picture = _last_output(_before(figure))
            if picture is None:
                logger.warning("a caption stands right after the cell it is for", location=figure)
                continue
            outputs = picture.parent
            outputs.remove(picture)
            if not outputs.children:
                outputs.parent.remove(outputs)
            figure.insert(0, picture)
        for drawn in self.document.findall(nodes.raw):
            if '<div class="ldyn ' in drawn.astext() and not _within_figure(drawn):
                logger.warning("a figure needs a {caption} after its cell", location=drawn)


def _before(node: nodes.Element) -> nodes.Node | None:
    siblings = node.parent.children
    place = siblings.index(node)
    return siblings[place - 1] if place else None


def _last_output(cell: nodes.Node | None) -> nodes.Element | None:
    if isinstance(cell, nodes.container) and cell.get("nb_element") == "cell_code" and len(cell):
        outputs = cell[-1]
        if outputs.get("nb_element") == "cell_code_output":
            return outputs[-1]
    return None


def _within_figure(node: nodes.Node | None) -> bool:
    while node is not None and not isinstance(node, nodes.figure):
        node = node.parent
    return node is not None
