"""Join the built pages into one and print it with a headless Chromium: python tools/pdf.py"""

import posixpath
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from contents import all_pages

ROOT = Path(__file__).resolve().parents[1]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-file-access-from-files",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--virtual-time-budget=60000",
    "--no-pdf-header-footer",
    "--window-size=1000,1400",  # moving figures fit in the window: a sheet's height
]
NO_BROWSER = (
    "No browser found to print the book. Install Chromium or Google Chrome "
    "(on Debian: apt-get install chromium), or open the single page and print it yourself: {page}"
)
_PRINT = """
body { max-width: 46rem; margin: 0 auto; }
article { break-before: page; }
article:first-of-type { break-before: auto; }
.headerlink, .ldyn-controls button, .copybtn { display: none !important; }
div.cell, .admonition, table { break-inside: auto; }
figure { break-inside: avoid; }
h1, h2, h3 { break-after: avoid; }
svg, canvas, pre, mjx-container[display="true"] { break-inside: avoid; }
pre { white-space: pre-wrap; }
"""


def single_page(html: Path, pages: list[str]) -> str:
    """Return all pages as one document, to be kept beside the folder `html`.

    Addresses inside the book become places inside the page, and solutions stand open.
    """
    whole = BeautifulSoup((html / f"{pages[0]}.html").read_text("utf-8"), "html.parser")
    kept = [tag for tag in whole.select("head script, body > script") if _formulas(tag)]
    kept += whole.select('link[rel="stylesheet"]')
    for tag in kept:
        for name in ("src", "href"):
            if tag.get(name):
                there = posixpath.join(html.name, posixpath.dirname(pages[0]), str(tag[name]))
                tag[name] = posixpath.normpath(there.partition("?")[0])
    head = "".join(str(tag) for tag in kept)
    title = whole.title.get_text() if whole.title else ""
    body = "".join(_article(html, page, set(pages)) for page in pages)
    return (
        f'<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        f"<title>{title}</title>{head}<style>{_PRINT}</style></head><body>{body}</body></html>"
    )


def _formulas(tag: Tag) -> bool:
    return "mathjax" in str(tag.get("src", "")).lower() or "MathJax" in tag.get_text()


def _article(html: Path, page: str, among: set[str]) -> str:
    built = BeautifulSoup((html / f"{page}.html").read_text("utf-8"), "html.parser")
    article = built.select_one("article.bd-article")
    assert article is not None, f"{page} is a page of the book"
    for tag in article.find_all(True):
        if tag.name == "svg" or tag.find_parent("svg"):
            continue
        if tag.get("id"):
            tag["id"] = _place(page, str(tag["id"]))
        if tag.name == "a" and "://" not in str(tag.get("href", "://")):
            tag["href"] = _inside(page, str(tag["href"]), among)
        if tag.name == "details":
            tag["open"] = ""
    article["id"] = _place(page, "")
    return str(article)


def _place(page: str, name: str) -> str:
    return f"{page.replace('/', '-')}--{name}"


def _inside(page: str, href: str, among: set[str]) -> str:
    path, _, name = href.partition("#")
    there = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    target = there.removesuffix(".html") if path else page
    return f"#{_place(target, name)}" if target in among else href


def browser() -> str | None:
    """Return the path of a Chromium-like browser, or None."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    return found or (str(_MAC) if _MAC.is_file() else None)


def print_page(program: str, page: Path, target: Path) -> None:
    """Print `page` to `target`, without network, once its formulas and figures are drawn."""
    with tempfile.TemporaryDirectory() as profile:
        command = [program, *_FLAGS, f"--user-data-dir={profile}", f"--print-to-pdf={target}"]
        subprocess.run([*command, page.resolve().as_uri()], check=True, capture_output=True)


def main() -> None:
    html, page = ROOT / "_build" / "html", ROOT / "_build" / "single.html"
    if not (html / "index.html").is_file():
        sys.exit("No built book in _build/html; run `make book` first.")
    page.write_text(single_page(html, all_pages(ROOT)), encoding="utf-8")
    program = browser()
    if program is None:
        sys.exit(NO_BROWSER.format(page=page))
    target = ROOT / "_build" / "learning-dynamics.pdf"
    print_page(program, page, target)
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 2**20:.1f} MB.")


if __name__ == "__main__":
    main()
