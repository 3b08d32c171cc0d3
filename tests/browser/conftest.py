"""The built book in a browser: one Chromium, each page loaded once from file://, without network.

LDYN_HTML names another folder of built pages than _build/html.
"""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HTML = Path(os.environ.get("LDYN_HTML", ROOT / "_build" / "html"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-file-access-from-files",
]


def built_pages() -> list[Path]:
    return sorted((HTML / "book").rglob("*.html"))


@dataclass
class Visit:
    """An open page with what went wrong while it loaded and was used."""

    path: Path
    page: object
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def settle(self) -> None:
        self.page.evaluate(
            "() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() =>"
            " setTimeout(r, 30))))"
        )

    def theme(self, name: str) -> None:
        self.page.evaluate(
            "(t) => { const d = document.documentElement.dataset; d.theme = t; d.mode = t; }", name
        )
        self.settle()


@pytest.fixture(scope="session")
def chromium():
    api = pytest.importorskip("playwright.sync_api", reason="install playwright (requirements.in)")
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    program = next((path for name in names if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium found; on Debian: apt-get install chromium")
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(chromium):
    made = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    made.add_init_script("localStorage.setItem('mode', 'light')")
    made.set_default_timeout(60_000)
    yield made
    made.close()


def open_page(context, path: Path, query: str = "") -> Visit:
    page = context.new_page()
    visit = Visit(path, page)
    page.on("console", lambda m: visit.errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: visit.errors.append(str(e)))
    page.on("requestfailed", lambda r: visit.failed.append(r.url))

    def gate(route):
        if route.request.url.startswith(("file:", "data:", "blob:")):
            route.continue_()
        else:
            visit.outside.append(route.request.url)
            route.abort()

    page.route("**/*", gate)
    page.goto(path.as_uri() + query, wait_until="load")
    page.evaluate("() => window.MathJax?.startup?.promise")
    visit.settle()
    return visit


@pytest.fixture(scope="session")
def html() -> Path:
    if not (HTML / "index.html").is_file():
        pytest.fail(f"no built book in {HTML}; run `make book` first")
    return HTML


@pytest.fixture
def visiting(context):
    """Open another file of the book: `visiting("search.html", "?q=edge")`."""
    seen = []

    def visit(name: str, query: str = "") -> Visit:
        seen.append(open_page(context, HTML / name, query))
        return seen[-1]

    yield visit
    for one in seen:
        one.page.close()


@pytest.fixture(
    scope="module", params=built_pages(), ids=lambda p: str(p.relative_to(HTML / "book"))
)
def visit(request, context):
    seen = open_page(context, request.param)
    yield seen
    seen.page.close()
