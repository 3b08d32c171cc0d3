"""The ledger: every claim of the book, what was measured, and the verdict its test gave."""

import json
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

VERDICTS = {
    "holds": ("ld-claim-holds", "✓ holds"),
    "holds with caveats": ("ld-claim-caveats", "◐ holds with caveats"),
    "not reproduced": ("ld-claim-not", "✗ not reproduced"),
}
_COUNTED = {
    "holds": "hold",
    "holds with caveats": "hold with caveats",
    "not reproduced": "not reproduced",
    "not tested": "not tested",
}
_HEADS = ("Claim", "Predicted", "Measured", "Verdict", "Derived and tested in")


class Claims(SphinxDirective):
    """Render the claims of a chapter's pages, a table a page, with the verdicts of their tests.

    `:chapter:` is a folder of pages, or a page.
    """

    option_spec: ClassVar = {"chapter": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        chapter, found = self.options["chapter"], []
        for page, rows in groupby(read_claims(self.env), key=lambda row: row["page"]):
            if page == chapter or page.startswith(f"{chapter}/"):
                title, _ = self.state.inline_text(f"{{doc}}`/book/{page}`", self.lineno)
                found += [nodes.rubric("", "", *title), self._table(rows)]
        return found

    def _table(self, rows: Iterable[dict[str, Any]]) -> nodes.table:
        head, body = nodes.thead(), nodes.tbody()
        head += nodes.row("", *(self._cell(text) for text in _HEADS))
        body.extend(self._row(row) for row in rows)
        group = nodes.tgroup("", cols=len(_HEADS))
        for width in (34, 12, 18, 20, 16):
            group += nodes.colspec(colwidth=width)
        group.extend([head, body])
        return nodes.table("", group, classes=["ld-claims"])

    def _row(self, claim: dict[str, Any]) -> nodes.row:
        look, verdict = VERDICTS.get(claim.get("verdict", ""), ("", "not tested"))
        cites = ", ".join(f"{{cite:t}}`{key}`" for key in claim.get("source", []))
        where = [f"{{prf:ref}}`{claim['derived']}`"] if claim.get("derived") else []
        if claim.get("test"):
            file, _, name = str(claim["test"]).partition("::")
            words = name.removeprefix("test_").replace("_", " ")
            where.append(f"[{words}]({self._address()}/blob/main/{file})")
        if claim.get("study"):
            where.append(f"study `{claim['study']}`")
        cells = [
            self._cell(f"{claim['statement']} ({cites})" if cites else claim["statement"]),
            self._cell(str(claim.get("predicted", ""))),
            self._cell(measured(claim)),
            self._cell(verdict, look, claim.get("caveat") or claim.get("note", "")),
            self._cell("; ".join(where)),
        ]
        cells[0].attributes["ids"] = [f"claim-{claim['id']}"]
        return nodes.row("", *cells)

    def _address(self) -> str:
        config = yaml.safe_load((Path(self.env.srcdir) / "_config.yml").read_text("utf-8"))
        return str(config["repository"]["url"])

    def _cell(self, text: str, look: str = "", small: str = "") -> nodes.entry:
        inline = self.state.inline_text(text, self.lineno)[0] if text else []
        marked = [nodes.inline("", "", *inline, classes=[look])] if look else inline
        cell = nodes.entry("", nodes.paragraph("", "", *marked))
        if small:
            cell += nodes.paragraph("", "", *self.state.inline_text(small, self.lineno)[0])
        return cell


class ClaimsSummary(SphinxDirective):
    """How many claims there are of each verdict, and which were not reproduced.

    `:chapter:` is a folder of pages, whose rows are linked in the ledger; without it, all count.
    """

    option_spec: ClassVar = {"chapter": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        folder = f"{self.options.get('chapter', '')}/".lstrip("/")
        rows = [row for row in read_claims(self.env) if row["page"].startswith(folder)]
        count = Counter(row.get("verdict", "not tested") for row in rows)
        told = "; ".join(f"{count[v]} {words}" for v, words in _COUNTED.items() if count[v])
        found: list[nodes.Node] = [nodes.paragraph("", f"{len(rows)} claims: {told}.")]
        lost = [row for row in rows if row.get("verdict") == "not reproduced"]
        if lost:
            found += [nodes.paragraph("", "Not reproduced:"), nodes.bullet_list()]
        for row in lost:
            inline, _ = self.state.inline_text(row["statement"], self.lineno)
            place = f"{self._ledger()}#claim-{row['id']}"
            link = nodes.reference("", "", *inline, refuri=place, internal=True)
            found[-1] += nodes.list_item("", nodes.paragraph("", "", link))
        return found

    def _ledger(self) -> str:
        """The address of the page of the ledger from here: nothing on that page itself."""
        if "chapter" not in self.options:
            return ""
        address: str = self.env.app.builder.get_relative_uri(self.env.docname, "book/claims")
        return address


def read_claims(env: BuildEnvironment) -> list[dict[str, Any]]:
    """Return the rows of book/claims.yml with their page and what their tests recorded."""
    book = Path(env.srcdir) / "book"
    ledger, record = book / "claims.yml", book / "results" / "claims.json"
    for path in (ledger, record):
        env.note_dependency(str(path))
    found = json.loads(record.read_text(encoding="utf-8"))
    pages = yaml.safe_load(ledger.read_text(encoding="utf-8"))
    return [
        row | {"page": page} | found.get(row["id"], {})
        for page, rows in pages.items()
        for row in rows
    ]


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
