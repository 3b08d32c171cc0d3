"""The built book on disk: alt texts, addresses, notebooks, search, zip and print."""

import re
import sys
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from japanese import unmarked

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
    from contents import place

    for page, soup in soups(html):
        where = place(str(page.with_suffix("")))
        assert (ROOT / where).is_file()
        assert soup.select('a[href*="/issues/new"]'), f"{page} has no way to report a mistake"
        for host in ("colab.research.google.com", "mybinder.org"):
            links = soup.select(f'a[href*="{host}"]')
            assert bool(links) == bool(soup.select("div.cell_input"))
            assert all(link["href"].endswith(f"/{where}") for link in links), f"{page}: {links}"


def wrong_in(name: str, text: str) -> list[str]:
    """What a reader would not expect of a notebook."""
    book = nbformat.reads(text, 4)
    nbformat.validate(book)
    source = "\n".join(cell.source for cell in book.cells)
    wrong = [raw for raw in ("{glue:", "{prf:", "{doc}", "{solution}", "**.**") if raw in source]
    code = [cell.source for cell in book.cells if cell.cell_type == "code"]
    wrong += ["no install cell"] * bool(code and "google.colab" not in code[0])
    return [f"{name}: {what}" for what in wrong]


def test_every_page_gives_its_notebook_for_download(html):
    wrong = []
    for page, soup in soups(html):
        (link,) = soup.select(".dropdown-download-buttons a[href]")
        there = html / page.parent / link["href"]
        wrong += wrong_in(str(page), there.read_text("utf-8"))
        assert there.stem == page.stem
        has_code = '"cell_type": "code"' in there.read_text("utf-8")
        assert has_code == bool(soup.select("div.cell_input"))
    assert wrong == []


def test_the_button_downloads_a_notebook(html, context):
    handler = partial(SimpleHTTPRequestHandler, directory=str(html))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/book/landscape/hessian-block.html")
        page.get_by_label("Download this page").click()
        with page.expect_download() as got:
            page.locator(".btn-download-notebook-button").click()
        assert got.value.suggested_filename == "hessian-block.ipynb"
        text = Path(got.value.path()).read_text("utf-8")
        assert wrong_in("hessian-block", text) == []
        assert "<details><summary>" in text or "*Proof.*" in text
        page.close()
        server.shutdown()


def test_the_check_of_notebooks_sees_a_raw_page():
    new = nbformat.v4
    cells = [new.new_markdown_cell("is {glue:text}`a:b`"), new.new_code_cell("import torch")]
    wrong = wrong_in("a", nbformat.writes(new.new_notebook(cells=cells)))
    assert wrong == ["a: {glue:", "a: no install cell"]


def test_japanese_words_say_that_they_are(html):
    left = {str(page): unmarked(soup) for page, soup in soups(html) if unmarked(soup)}
    assert left == {}
    glossary = BeautifulSoup((html / "book" / "glossary.html").read_text("utf-8"), "html.parser")
    assert len(glossary.select("[lang=ja]")) > 100


def test_committed_notebooks_are_what_the_book_gives(html):
    from notebooks import committed, notebooks, stale

    if html != ROOT / "_build" / "html":
        pytest.skip("another book than this folder's is being looked at")
    old = stale(ROOT, notebooks(ROOT, html), old=committed)
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
    unpacked = tmp_path / "learning-dynamics"
    given = sorted(unpacked.rglob("*.ipynb"))
    assert len(given) == len(list((html / "book").rglob("*.html"))) + 1
    assert [w for path in given for w in wrong_in(path.name, path.read_text("utf-8"))] == []
    assert not list(unpacked.rglob("*.md"))
    page = context.new_page()
    bad = []
    page.on("requestfailed", lambda request: bad.append(request.url))
    page.goto((tmp_path / "learning-dynamics" / "index.html").as_uri(), wait_until="load")
    page.wait_for_selector("article h1")
    assert bad == []
    page.close()


@pytest.mark.long
def test_the_single_page_prints_every_page(html, tmp_path, chromium):
    from contents import all_pages
    from pdf import browser, print_page, single_page

    names = [name for name in all_pages(ROOT) if (html / f"{name}.html").is_file()]
    (tmp_path / "html").symlink_to(html)
    (tmp_path / "single.html").write_text(single_page(tmp_path / "html", names), "utf-8")
    print_page(browser(), tmp_path / "single.html", tmp_path / "book.pdf")
    printed = (tmp_path / "book.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= len(names)
