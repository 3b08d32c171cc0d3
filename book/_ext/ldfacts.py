"""The front box of a page: what is learnt, what is needed, and how long it takes."""

import json
import re
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

_WORDS_A_MINUTE = 150
_FORMULAS_A_MINUTE = 4
_IDLE = 0.7  # load of the machine before the first page ran
_FOLD = '<details class="ld-behind"><summary>Behind this page</summary>'


class PageFacts(SphinxDirective):
    """Write the front box from `:learn:` and `:need:` and what was frozen.

    In sight: what is learnt, what is needed, how long it takes to read and to run. Folded: how
    that was measured, and the frozen studies.
    """

    option_spec: ClassVar = {
        "learn": directives.unchanged_required,
        "need": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        box = nodes.container(classes=["ld-facts"])
        source = Path(self.env.doc2path(self.env.docname)).read_text(encoding="utf-8")
        results = Path(self.env.srcdir) / "book" / "results"
        box += self._line("You will learn", self.options.get("learn", ""))
        box += self._line("You need", self.options.get("need", ""))
        minutes = reading_minutes(source)
        time = self._line("To read", f"about {minutes} minute{'s' if minutes > 1 else ''}.")
        self.env.note_dependency(str(results / "page_costs.json"))
        told, how = run_cost(results / "page_costs.json", self.env.docname)
        if told:
            run = nodes.inline("", "", classes=["ld-cost"])
            run.extend([nodes.Text(" "), nodes.strong("", "To run"), nodes.Text(f" {told}.")])
            time += run
        box += time
        frozen = frozen_numbers(source, results)
        if notes := [how] * bool(how) + [f"Frozen numbers: {'; '.join(frozen)}."] * bool(frozen):
            box += nodes.raw("", _FOLD, format="html")
            box.extend(self._line("", text) for text in notes)
            box += nodes.raw("", "</details>", format="html")
        return [box]

    def _line(self, term: str, text: str) -> nodes.paragraph:
        inline = self.state.inline_text(text, self.lineno)[0]
        head = [nodes.strong("", term), nodes.Text(" ")] if term else []
        return nodes.paragraph("", "", *head, *inline)


def run_cost(path: Path, page: str) -> tuple[str, str]:
    """Return what running a page takes, and how that was measured; empty when it was not."""
    measured = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"rows": []}
    for row in measured["rows"]:
        if row["page"] == page:
            about, seconds = measured["provenance"], max(1, round(row["cpu_seconds"]))
            idle = (
                "nothing else running" if about["load_before"] < _IDLE else "other work beside it"
            )
            return (
                f"{seconds} CPU second{'s' * (seconds > 1)}",
                f"Measured on one thread, with {idle}: {row['cpu_seconds']:.1f} CPU "
                f"seconds, {row['mebibytes']} MiB; {about['machine']}, {about['date']}.",
            )
    return "", ""


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
            if (again := about.get("confirmed")) and not mark:
                mark = f"; {again['cells']} of {again['of']} cells again {again['date']}, equal"
            lines.append(f"`{study}`, scale {about['scale']}, {about['date']}{mark}")
    return lines


def _older(study: str, about: dict[str, Any]) -> bool:
    from ldyn.studies import load_study
    from ldyn.sweep import is_stale

    try:
        return is_stale(load_study(study))
    except (ModuleNotFoundError, ValueError):  # the study itself is gone
        return "source" in about
