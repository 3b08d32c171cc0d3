"""The ledger: every claim of the book, what was measured, and the verdict its test gave."""

import json
from pathlib import Path
from typing import Any, ClassVar

import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

VERDICTS = {
    "holds": ("ld-claim-holds", "✓ holds"),
    "holds with caveats": ("ld-claim-caveats", "◐ holds with caveats"),
    "not reproduced": ("ld-claim-not", "✗ not reproduced"),
}
_HEADS = ("Claim", "Predicted", "Measured", "Verdict", "Derived and tested in")


class Claims(SphinxDirective):
    """Render book/claims.yml with the verdicts of book/results/claims.json.

    `:only:` keeps the claims whose ids start with one of the words given.
    """

    option_spec: ClassVar = {"only": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        book = Path(self.env.srcdir) / "book"
        for name in ("claims.yml", "results/claims.json"):
            self.env.note_dependency(str(book / name))
        rows = read_claims(book)
        starts = tuple(self.options.get("only", "").split())
        rows = [row for row in rows if not starts or row["id"].startswith(starts)]
        head, body = nodes.thead(), nodes.tbody()
        head += nodes.row("", *(self._cell(text) for text in _HEADS))
        for row in rows:
            body += self._row(row)
        group = nodes.tgroup("", cols=len(_HEADS))
        for width in (34, 12, 18, 14, 22):
            group += nodes.colspec(colwidth=width)
        group.extend([head, body])
        return [nodes.table("", group, classes=["ld-claims"])]

    def _row(self, claim: dict[str, Any]) -> nodes.row:
        look, verdict = VERDICTS.get(claim.get("verdict", ""), ("", "not tested"))
        cites = " ".join(f"{{cite:t}}`{key}`" for key in claim.get("source", []))
        where = f"{{prf:ref}}`{claim['derived']}` " if claim.get("derived") else ""
        if claim.get("test"):
            where += f"`{str(claim['test']).split('::')[-1]}`"
        if claim.get("study"):
            where += f", study `{claim['study']}`"
        cells = [
            self._cell(f"{claim['statement']} ({cites})" if cites else claim["statement"]),
            self._cell(str(claim.get("predicted", ""))),
            self._cell(measured(claim)),
            self._cell(verdict, look, claim.get("caveat") or claim.get("note", "")),
            self._cell(where),
        ]
        cells[0].attributes["ids"] = [f"claim-{claim['id']}"]
        return nodes.row("", *cells)

    def _cell(self, text: str, look: str = "", small: str = "") -> nodes.entry:
        inline = self.state.inline_text(text, self.lineno)[0] if text else []
        marked = [nodes.inline("", "", *inline, classes=[look])] if look else inline
        cell = nodes.entry("", nodes.paragraph("", "", *marked))
        if small:
            cell += nodes.paragraph("", "", *self.state.inline_text(small, self.lineno)[0])
        return cell


def read_claims(book: Path) -> list[dict[str, Any]]:
    """Return the rows of the ledger joined with what their tests recorded."""
    path = book / "claims.yml"
    rows = (yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None) or []
    record = book / "results" / "claims.json"
    found = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    return [row | found.get(row["id"], {}) for row in rows]


def measured(claim: dict[str, Any]) -> str:
    """Return the measured value with its interval, as the ledger writes it."""
    if claim.get("measured") is None:
        return "—"
    if isinstance(claim["measured"], str):
        return str(claim["measured"])
    text = f"{claim['measured']:.3g}"
    if claim.get("low") is not None and claim.get("high") is not None:
        text += f" [{claim['low']:.3g}, {claim['high']:.3g}]"
    return text.replace("-", "−")
