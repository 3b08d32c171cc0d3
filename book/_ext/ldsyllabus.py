"""The syllabus: the pages of a chapter with what they need, what they take and their exercises."""

import re
from collections import Counter
from pathlib import Path

import yaml
from docutils import nodes
from ldfacts import reading_minutes
from sphinx.util.docutils import SphinxDirective

_HEADS = ("Page", "Needs", "Minutes", "Exercises")
_EXERCISE = re.compile(r"^`{3,}\{exercise\} *(★*)", re.M)
_NEED = re.compile(r"^```\{page-facts\}.*?^:need: *(.*?)$", re.M | re.S)


class Syllabus(SphinxDirective):
    """List the pages of the chapter with the given number, from _toc.yml and the pages."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        root = Path(self.env.srcdir)
        body = nodes.tbody()
        for page in chapters(root)[int(self.arguments[0]) - 1]:
            path = root / f"{page}.md"
            self.env.note_dependency(str(path))
            body += self._row(page, path.read_text(encoding="utf-8"))
        head = nodes.thead("", nodes.row("", *(self._cell(text) for text in _HEADS)))
        group = nodes.tgroup("", cols=len(_HEADS))
        for width in (30, 40, 12, 18):
            group += nodes.colspec(colwidth=width)
        group.extend([head, body])
        return [nodes.table("", group, classes=["ld-syllabus"])]

    def _row(self, page: str, source: str) -> nodes.row:
        need = _NEED.search(source)
        cells = (
            f"{{doc}}`/{page}`",
            need[1] if need else "",
            str(reading_minutes(source)),
            exercises(source),
        )
        return nodes.row("", *map(self._cell, cells))

    def _cell(self, text: str) -> nodes.entry:
        inline = self.state.inline_text(text, self.lineno)[0] if text else []
        return nodes.entry("", nodes.paragraph("", "", *inline))


def chapters(root: Path) -> list[list[str]]:
    """Return the pages of each numbered chapter of _toc.yml, as paths without suffix."""
    table = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    (part,) = (p for p in table["parts"] if p.get("numbered"))
    return [[c["file"], *(s["file"] for s in c.get("sections", []))] for c in part["chapters"]]


def exercises(source: str) -> str:
    """Return how many exercises a page has, by stars where they are marked."""
    count = Counter(_EXERCISE.findall(source))
    marked = [f"{stars} {count[stars]}" for stars in sorted(count) if stars]
    return ", ".join(marked) or str(count.total() or "")
