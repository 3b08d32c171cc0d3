"""The built book on disk: alt texts, addresses, notebooks, search, zip and print."""

import re
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

pytestmark = pytest.mark.browser


def soups(html):
    for page in sorted((html / "book").rglob("*.html")):
        yield page.relative_to(html), BeautifulSoup(page.read_text("utf-8"), "html.parser")


def silent(soup) -> list[str]:
    """The pictures of a page that have no words."""
    wordless = []
    for picture in soup.select("article img, article svg, article canvas, article video"):
        words = picture.get("alt") or picture.get("aria-label") or ""
        hidden = picture.get("aria-hidden") == "true" or picture.find_parent(attrs={"role": "img"})
        named = re.fullmatch(r"\S+\.(png|svg|jpe?g)", words)
        if not hidden and (len(words.split()) < 3 or named):
            wordless.append(str(picture)[:120])
    return wordless


def test_every_figure_has_words(html):
    missing = {str(page): silent(soup) for page, soup in soups(html) if silent(soup)}
    assert missing == {}


def test_the_check_for_words_sees_bare_pictures():
    page = '<article><img src="a.png" alt="../a.png"><svg></svg><img alt="A risk curve that falls">'
    assert len(silent(BeautifulSoup(page, "html.parser"))) == 2


def test_no_page_asks_for_anything_elsewhere(html):
    for page, soup in soups(html):
        for tag in soup.select("[src], link[href]"):
            address = tag.get("src") or tag.get("href")
            rel = set(tag.get("rel") or [])
            asked = tag.get("src") or rel & {"stylesheet", "preload", "icon", "preconnect"}
            assert not (asked and re.match(r"(https?:)?//", address)), f"{page} asks for {address}"


def test_every_page_with_code_opens_its_notebook_on_colab_and_binder(html):
    from notebooks import pages

    for name in pages(ROOT):
        soup = BeautifulSoup((html / f"{name}.html").read_text("utf-8"), "html.parser")
        for host in ("colab.research.google.com", "mybinder.org"):
            (link,) = soup.select(f'a[href*="{host}"]')
            assert link["href"].endswith(f"/{name}.ipynb"), f"{name} opens {link['href']}"
        assert (ROOT / f"{name}.ipynb").is_file()
        assert soup.select('a[href*="/issues/new"]'), f"{name} has no way to report a mistake"


def test_committed_notebooks_are_what_the_book_gives(html):
    from notebooks import committed, stale

    if html != ROOT / "_build" / "html":
        pytest.skip("another book than this folder's is being looked at")
    old = stale(ROOT, html, old=committed)
    assert old == [], "run `make book` and commit the notebooks"


def test_theorems_and_exercises_are_numbered_by_chapter(html):
    table = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    (part,) = (p for p in table["parts"] if p.get("numbered"))
    assert len(part["chapters"]) >= 2
    for number, chapter in enumerate(part["chapters"], start=1):
        folder = html / chapter["file"]
        pages = [p.read_text("utf-8") for p in folder.parent.glob("*.html")]
        found = re.findall(r'class="caption-number">\w+ ([\d.]+) ?<', "".join(pages))
        assert len(found) > 20
        assert {n.split(".")[0] for n in found} == {str(number)}


def test_search_finds_words_without_a_server(visiting):
    seen = visiting("search.html", "?q=samples")
    seen.page.wait_for_selector("#search-results li", timeout=20_000)
    assert seen.outside == []


def test_the_zip_opens_elsewhere(html, tmp_path, context):
    from offline import pack

    pack(html, tmp_path / "book.zip")
    with zipfile.ZipFile(tmp_path / "book.zip") as packed:
        packed.extractall(tmp_path)
    page = context.new_page()
    bad = []
    page.on("requestfailed", lambda request: bad.append(request.url))
    page.goto((tmp_path / "learning-dynamics" / "index.html").as_uri(), wait_until="load")
    page.wait_for_selector("article h1")
    assert bad == []
    page.close()


@pytest.mark.slow
def test_the_single_page_prints_every_page(html, tmp_path, chromium):
    from notebooks import all_pages
    from pdf import browser, print_page, single_page

    names = [name for name in all_pages(ROOT) if (html / f"{name}.html").is_file()]
    (tmp_path / "html").symlink_to(html)
    (tmp_path / "single.html").write_text(single_page(tmp_path / "html", names), "utf-8")
    print_page(browser(), tmp_path / "single.html", tmp_path / "book.pdf")
    printed = (tmp_path / "book.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= len(names)
