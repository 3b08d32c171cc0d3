"""Pages are written anew when a number, a title or a label that they take from others changed."""

import hashlib
import posixpath
import re
from collections.abc import Iterable
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

GLUED = re.compile(r"\{glue:text\}`([\w-]+):([\w.-]+)`")


def with_glue_paths(source: str, docname: str, pages: Iterable[str]) -> str:
    """Return the source with {glue:text}`page:key` in the words of myst-nb, which keeps ":"."""
    homes = {posixpath.basename(page): page for page in pages}

    def path(match: re.Match[str]) -> str:
        home, key = match.groups()
        place = homes.get(home, home)
        here = posixpath.relpath(place, posixpath.dirname(docname) or ".")
        return f"{{glue:text}}`{'' if place == docname else f'{here}.md::'}{home}/{key}:s`"

    return GLUED.sub(path, source)


def note_pasted(app: Sphinx, docname: str, source: str) -> None:
    """Write down from which pages a page takes numbers."""
    homes = {home for home, _ in GLUED.findall(source)}
    vars(app.env).setdefault("ldbook_pasted", {})[docname] = homes


def note_read(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Write down which pages this build reads."""
    app.ldbook_now = set(docnames)  # type: ignore[attr-defined]


def to_write(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the pages to write besides those that were read: all, if what pages say of each
    other has changed, and otherwise those that take numbers from a page that was read.
    """
    before, now = vars(env).get("ldbook_said"), said(env)
    vars(env)["ldbook_said"] = now
    if before not in (None, now):
        return sorted(env.found_docs)
    read = {posixpath.basename(doc) for doc in getattr(app, "ldbook_now", ())}
    pasted: dict[str, set[str]] = vars(env).get("ldbook_pasted", {})
    return sorted(doc for doc in env.found_docs if read & pasted.get(doc, set()))


def said(env: BuildEnvironment) -> str:
    """Return a digest of all titles, labels and numbers by which pages speak of each other."""
    titles = {doc: title.astext() for doc, title in env.titles.items()}
    numbers = (env.toc_secnumbers, env.toc_fignumbers)
    lists = [vars(env).get(name, {}) for name in ("sphinx_exercise_registry", "proof_list")]
    text = repr(_plain([titles, *numbers, *lists, env.domaindata]))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Reduce to texts and numbers in an order of their own; of a node, its first child."""
    if isinstance(value, dict):
        return sorted((repr(_plain(k)), _plain(v)) for k, v in value.items())
    if isinstance(value, set | frozenset):
        return sorted(repr(_plain(one)) for one in value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, nodes.Element):
        return [type(value).__name__, value[0].astext() if len(value) else ""]
    if isinstance(value, str | int | float | type(None)):
        return value
    return type(value).__name__
