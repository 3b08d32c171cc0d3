"""The front box of a page: what is learnt, what is needed, and what it costs, measured."""

import json
import re
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.core.variables import RetrievalError
from myst_nb.ext.glue.utils import retrieve_glue_data
from sphinx.util.docutils import SphinxDirective

_WORDS_A_MINUTE = 150
_FORMULAS_A_MINUTE = 4


class PageFacts(SphinxDirective):
    """Write the front box from `:learn:` and `:need:` (items parted by ;) and measured costs."""

    option_spec: ClassVar = {
        "learn": directives.unchanged_required,
        "need": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        box = nodes.container(classes=["ld-facts"])
        listing = nodes.definition_list()
        box += listing
        listing += self._row("You will learn", self._items(self.options.get("learn", "")))
        listing += self._row("You need", self._items(self.options.get("need", "")))
        source = Path(self.env.doc2path(self.env.docname)).read_text(encoding="utf-8")
        minutes = reading_minutes(source)
        listing += self._row(
            "To read", [nodes.Text(f"about {minutes} minute{'s' if minutes > 1 else ''}")]
        )
        if cost := self._cost():
            listing += self._row("To run", [nodes.Text(cost)], classes=["ld-cost"])
        if frozen := frozen_numbers(source, Path(self.env.srcdir) / "book" / "results"):
            items = [self.state.inline_text(text, self.lineno)[0] for text in frozen]
            listing += self._row("Frozen numbers", items)
        return [box]

    def _row(self, term: str, items: list, classes: list[str] | None = None) -> nodes.Node:
        if len(items) > 1:
            body: nodes.Node = nodes.bullet_list("", *(_item(item) for item in items))
        else:
            body = nodes.paragraph("", "", *(_flat(items[0]) if items else []))
        definition = nodes.definition("", body, classes=classes or [])
        return nodes.definition_list_item("", nodes.term("", term), definition)

    def _items(self, text: str) -> list[list[nodes.Node]]:
        parts = [part.strip() for part in text.split(";") if part.strip()]
        return [self.state.inline_text(part, self.lineno)[0] for part in parts]

    def _cost(self) -> str:
        page = Path(self.env.docname).name
        try:
            seconds, memory, machine = (
                self._glued(f"{page}/run-{what}") for what in ("seconds", "memory", "machine")
            )
        except RetrievalError:
            return ""
        gpu = _gpu_seconds(Path(self.env.srcdir) / "book" / "results" / "page_costs.json", page)
        return f"{seconds} s and {memory} MiB on {machine}; on a GPU: {gpu}"

    def _glued(self, key: str) -> str:
        data = retrieve_glue_data(self.state.document, key).data
        return str(data["text/plain"]).strip("'\"")


def reading_minutes(source: str) -> int:
    """Return the minutes it takes to read a page: words at 150, displayed formulas at 4 a minute.

    Code cells count as words; the header, comments and directive options do not. The result is
    rounded to 5 minutes from 10 on.
    """
    text = re.sub(r"\A---\n.*?\n---\n", "", source, flags=re.S)
    text = re.sub(r"^\s*:[a-z-]+:.*$|^[`:]{3,}.*$", "", text, flags=re.M)
    formulas = re.findall(r"\$\$.*?\$\$|\\begin\{align.*?\\end\{align", text, flags=re.S)
    words = len(re.sub(r"\$\$.*?\$\$", "", text, flags=re.S).split())
    minutes = words / _WORDS_A_MINUTE + len(formulas) / _FORMULAS_A_MINUTE
    return max(1, round(minutes)) if minutes < 10 else 5 * round(minutes / 5)


def frozen_numbers(source: str, results: Path) -> list[str]:
    """Return a line for each frozen study a page shows, marked when the code changed since."""
    named = re.findall(r"\b(?:frozen|run_at_full_scale)\(\s*[\"']([\w-]+)[\"']", source)
    lines = []
    for study in sorted(set(named)):
        for path in results.rglob(f"{study}.json"):
            about = json.loads(path.read_text(encoding="utf-8"))["provenance"]
            mark = " **(older code)**" if _older(study, about) else ""
            lines.append(f"`{study}`, scale {about['scale']}, {about['date']}{mark}")
    return lines


def _older(study: str, about: dict[str, Any]) -> bool:
    from ldyn.studies import load_study
    from ldyn.sweep import is_stale

    try:
        return is_stale(load_study(study))
    except (ModuleNotFoundError, ValueError):  # the study itself is gone
        return "source" in about


def _gpu_seconds(path: Path, page: str) -> str:
    if not path.is_file():
        return "not measured"
    frozen = json.loads(path.read_text(encoding="utf-8"))
    rows = [row for row in frozen["rows"] if row["page"] == page]
    return f"{rows[0]['seconds']:.0f} s on {rows[0]['device']}" if rows else "not measured"


def _flat(item: object) -> list[nodes.Node]:
    return item if isinstance(item, list) else [item]  # type: ignore[list-item]


def _item(item: object) -> nodes.Node:
    return nodes.list_item("", nodes.paragraph("", "", *_flat(item)))
