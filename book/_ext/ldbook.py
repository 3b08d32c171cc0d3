"""The book's machinery: a cache that sees the library, editions, offline formulas, directives."""

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ldbuttons
import ldclaims
import ldembed
import ldfacts
import ldfigures
import ldlang
import ldpasted
import ldrun
import ldsolutions
import ldsyllabus
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

# What MyST accepts: fences of backticks, tildes or colons, indented or quoted, a space before the
# brace, any case, and an end that is longer than the beginning, or the end of the page.
_FENCED = (
    r"^[ \t>]*(?P<NAME>(?P<NAME_>[`~:])(?P=NAME_){2,})[ \t]*\{solutionKIND\}"
    r".*?(?:^[ \t>]*(?P=NAME)(?P=NAME_)*[ \t]*$\n?|\Z)"
)


def _fence(name: str, kind: str) -> str:
    return _FENCED.replace("NAME", name).replace("KIND", kind)


_FENCE = re.compile(_fence("a", "(?:-start|-end)?"), re.M | re.S | re.I)
_GATED = re.compile(_fence("a", "-start") + ".*?" + _fence("b", "-end"), re.M | re.S | re.I)

_WAYS_TO_SOLUTIONS = ("use_download_button", "use_source_button", "use_repository_button")


def without_solutions(source: str) -> str:
    """Return a page's source with every solution taken out."""
    return _FENCE.sub("", _GATED.sub("", source))


def _configure(app: Sphinx, config: Config) -> None:
    root = Path(app.srcdir)
    own = sorted(Path(__file__).parent.glob("*.py"))
    config.ldbook_machinery = hashlib.sha256(b"".join(p.read_bytes() for p in own)).hexdigest()
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


def in_edition(app: Sphinx, source: str) -> str:
    """Return a page's source as the edition that is built shows it."""
    return without_solutions(source) if app.config.ldbook_edition == "student" else source


def require_no_solution(app: Sphinx, document: Any) -> None:
    """Stop the build of the student edition at a solution that was written in another way."""
    if app.config.ldbook_edition != "student":
        return
    for node in document.findall():
        if "solution" in type(node).__name__.lower():
            raise ExtensionError(
                f"{document.get('source')}: a solution would be shown to students, at line "
                f"{node.line}; write it as a fence of its own, not in a list or another file"
            )


def _edit(app: Sphinx, docname: str, source: list[str]) -> None:
    text = in_edition(app, source[0])
    ldrun.note_inputs(app, docname, text)
    ldpasted.note_pasted(app, docname, text)
    keyed = ldrun.keyed(app.ldbook, text)  # type: ignore[attr-defined]
    source[0] = ldpasted.with_glue_paths(keyed, docname, app.env.found_docs)


def _texts(app: Sphinx, docnames: Iterable[str]) -> dict[str, str]:
    """The sources of pages as `_edit` gets them, in their edition."""
    paths = {name: Path(app.env.doc2path(name)) for name in docnames}
    return {name: in_edition(app, path.read_text("utf-8")) for name, path in paths.items()}


def _outdated(app: Sphinx, env: BuildEnvironment, *found: set[str]) -> list[str]:
    return ldrun.outdated(app, _texts(app, env.found_docs))


def _before_reading(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    ldpasted.note_read(app, env, docnames)
    ldrun.run_pages(app, _texts(app, docnames))


def _mend(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """docutils gives entries of the bibliography a role that ARIA 1.2 has dropped, and does not
    say that the cells at the top of a table are the headers of its columns.
    """
    if body := context.get("body"):
        body = body.replace('role="doc-biblioentry"', 'role="listitem"')
        context["body"] = body.replace('<th class="head', '<th scope="col" class="head')


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("ldbook_machinery", "", "env")
    app.add_config_value("ldbook_edition", "", "env")
    app.add_config_value("ldbook_static", "", "html")
    app.connect("config-inited", _configure, priority=900)
    app.connect("config-inited", ldrun.place_cache, priority=900)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-before-read-docs", _before_reading)
    app.connect("source-read", _edit)
    app.connect("doctree-read", require_no_solution)
    app.connect("env-get-updated", ldpasted.to_write, priority=900)
    app.add_transform(ldembed.Modules)
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
    return {
        "version": "1",
        "env_version": 3,
        "parallel_read_safe": False,
        "parallel_write_safe": True,
    }
