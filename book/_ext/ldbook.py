"""The book's machinery: a cache that sees the library, editions, offline formulas, directives."""

import hashlib
import os
import posixpath
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ldbuttons
import ldclaims
import ldfacts
import ldfigures
import ldlang
import ldsolutions
import ldsyllabus
from sphinx.application import Sphinx
from sphinx.config import Config

_FENCE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{solution(?:-start|-end)?\}.*?^(?P=fence)[ \t]*$\n?", re.M | re.S
)
_GATED = re.compile(
    r"^(?P<a>`{3,}|:{3,})\{solution-start\}.*?^(?P=a)[ \t]*$"
    r".*?^(?P<b>`{3,}|:{3,})\{solution-end\}.*?^(?P=b)[ \t]*$\n?",
    re.M | re.S,
)

_WAYS_TO_SOLUTIONS = ("use_download_button", "use_source_button", "use_repository_button")


def digest(root: Path) -> str:
    """Return a digest of all that a page's outputs depend on, besides the page itself."""
    files = [root / "requirements.lock"]
    files += sorted((root / "lib" / "ldyn").rglob("*.py"))
    files += sorted((root / "lib" / "ldyn").rglob("*.js"))
    # What a page took to run stands in its box, which is written without running it.
    results = (root / "book" / "results").rglob("*.json")
    files += sorted(path for path in results if path.name != "page_costs.json")
    whole = hashlib.sha256()
    for path in files:
        if path.is_file():
            whole.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return whole.hexdigest()[:16]


def without_solutions(source: str) -> str:
    """Return a page's source with every solution taken out."""
    return _FENCE.sub("", _GATED.sub("", source))


def _configure(app: Sphinx, config: Config) -> None:
    root = Path(app.srcdir)
    config.ldbook_digest = digest(root)
    static = sorted(p for p in (root / "book" / "_static").rglob("*") if p.is_file())
    config.ldbook_static = hashlib.sha256(b"".join(p.read_bytes() for p in static)).hexdigest()
    config.mathjax_path = "vendor/mathjax/tex-svg-full.js"
    options = {"enableMenu": False, "enableAssistiveMml": True}
    config.mathjax3_config = {"options": options, **(config.mathjax3_config or {})}
    config.ldbook_edition = os.environ.get("EDITION", "")
    config.html_copy_source = False
    config.html_show_sourcelink = False
    if config.ldbook_edition == "student":
        theme = config.html_theme_options
        theme.update(dict.fromkeys(_WAYS_TO_SOLUTIONS, False), launch_buttons={})
    _leave_thebe_out(app)


def _leave_thebe_out(app: Sphinx) -> None:
    """Jupyter Book loads sphinx-thebe always; it declares a variable twice and wants a CDN."""
    for event, listeners in app.events.listeners.items():
        app.events.listeners[event] = [
            one for one in listeners if not one.handler.__module__.startswith("sphinx_thebe")
        ]
    registry = app.registry
    registry.css_files = [f for f in registry.css_files if "thebe" not in str(f[0])]
    registry.js_files = [f for f in registry.js_files if "thebe" not in str(f[0])]


def _place_cache(app: Sphinx) -> None:
    """Give each state of the library its own cache, and drop those of other states."""
    folder = Path(app.outdir).parent / ".jupyter_cache"
    mine = folder / app.config.ldbook_digest
    for other in folder.glob("*") if folder.is_dir() else ():
        if other != mine:
            shutil.rmtree(other) if other.is_dir() else other.unlink()
    app.config.nb_execution_cache_path = str(mine)
    shutil.rmtree(Path(app.outdir) / "_sources", ignore_errors=True)  # of an older build


def with_glue_paths(source: str, docname: str, pages: Iterable[str]) -> str:
    """Return the source with {glue:text}`page:key` in the words of myst-nb, which keeps ":"."""
    homes = {posixpath.basename(page): page for page in pages}

    def path(match: re.Match[str]) -> str:
        home, key = match.groups()
        place = homes.get(home, home)
        here = posixpath.relpath(place, posixpath.dirname(docname) or ".")
        return f"{{glue:text}}`{'' if place == docname else f'{here}.md::'}{home}/{key}:s`"

    return re.sub(r"\{glue:text\}`([\w-]+):([\w.-]+)`", path, source)


def _edit(app: Sphinx, docname: str, source: list[str]) -> None:
    source[0] = with_glue_paths(source[0], docname, app.env.found_docs)
    if app.config.ldbook_edition == "student":
        source[0] = without_solutions(source[0])


def _mend(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """docutils gives entries of the bibliography a role that ARIA 1.2 has dropped, and does not
    say that the cells at the top of a table are the headers of its columns.
    """
    if body := context.get("body"):
        body = body.replace('role="doc-biblioentry"', 'role="listitem"')
        context["body"] = body.replace('<th class="head', '<th scope="col" class="head')


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("ldbook_digest", "", "env")
    app.add_config_value("ldbook_edition", "", "env")
    app.add_config_value("ldbook_static", "", "html")
    app.connect("config-inited", _configure, priority=900)
    app.connect("builder-inited", _place_cache, priority=100)
    app.connect("source-read", _edit)
    app.connect("html-page-context", _mend)
    app.connect("html-page-context", ldbuttons.lead_to_notebooks, priority=502)
    app.add_transform(ldlang.MarkJapanese)
    app.add_post_transform(ldsolutions.PlainTitles)
    app.add_css_file("ldyn.css")
    app.add_js_file("ldyn.js", loading_method="defer")
    app.add_directive("page-facts", ldfacts.PageFacts)
    app.add_directive("caption", ldfigures.Caption)
    app.add_transform(ldfigures.Figures)
    app.add_directive("syllabus", ldsyllabus.Syllabus)
    app.add_directive("claims", ldclaims.Claims)
    app.add_directive("claims-summary", ldclaims.ClaimsSummary)
    return {"version": "1", "env_version": 2, "parallel_read_safe": True, "parallel_write_safe": True}
