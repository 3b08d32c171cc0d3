"""A small book with the real machinery: numbers, notebooks, editions, and the cache."""

import json
import os
import re
import shutil
import sqlite3

import nbformat
import pytest
from bs4 import BeautifulSoup
from contents import place
from japanese import unmarked
from ldbuttons import notebook_path
from notebooks import START, notebook, notebooks, stale, write

SECRETS = ("Abracadabra", "Simsalabim", "Hocuspocus")


@pytest.fixture(scope="module")
def first(built):
    return BeautifulSoup((built / "book" / "first.html").read_text(), "html.parser")


def test_numbers_reach_the_prose_of_their_page_and_of_others(built, first):
    assert "The number is forty-one, by Theorem 1 and (1)." in first.get_text()
    assert "There it was forty-one." in (built / "book" / "second.html").read_text().replace(
        '<span class="pasted-text">forty-one</span>', "forty-one"
    )


def test_the_front_box_says_what_was_measured(first):
    box = first.select_one(".ld-facts")
    learn, need, time = (p.get_text() for p in box.find_all("p", recursive=False))
    assert learn == r"You will learn how \(a\) goes; why"
    assert need == "You need Second page"
    assert time == "To read about 1 minute. To run 3 CPU seconds."
    assert box.find("a", href="second.html")


def test_how_it_was_measured_is_folded(first):
    folded = first.select_one(".ld-facts details:not([open])")
    assert folded.summary.get_text() == "Behind this page"
    assert "on one thread, with nothing else running" in folded.get_text()
    assert "2.6 CPU seconds, 99 MiB; Toy CPU, 2 cores, 2026-01-02." in folded.get_text()
    assert not first.select_one(".ld-facts").find_all(string=re.compile("MiB"), recursive=False)


def test_the_ledger_shows_what_the_tests_recorded(first):
    rows = first.select("table.ld-claims tbody tr")
    assert len(rows) == 1
    assert {head.get("scope") for head in first.select("table.ld-claims th")} == {"col"}
    cells = [" ".join(cell.get_text().split()) for cell in rows[0].find_all("td")]
    assert cells[1:4] == ["−1", "−1.02 [−1.1, −0.9]", "✓ holds a caveat"]
    assert rows[0].find("a", href="#thm-toy")
    test = rows[0].find("a", string="it")
    assert test["href"].endswith("/blob/main/tests/claims/test_toy.py")


def test_the_ledger_counts_its_verdicts_and_names_what_failed(first):
    assert "2 claims: 1 hold; 1 not reproduced." in " ".join(first.get_text().split())
    assert first.find("a", href="#claim-other").get_text() == "Not shown here"


def test_elsewhere_a_chapters_verdicts_are_counted_and_linked_in_the_ledger(first):
    assert "1 claims: 1 not reproduced." in " ".join(first.get_text().split())
    assert first.find("a", href="claims.html#claim-other").get_text() == "Not shown here"


def test_nothing_comes_from_elsewhere(built):
    for page in built.rglob("*.html"):
        soup = BeautifulSoup(page.read_text(), "html.parser")
        for tag in soup.select("script[src], link[rel=stylesheet], img[src], link[rel=preload]"):
            address = tag.get("src") or tag.get("href")
            assert "://" not in address, f"{page.name} asks for {address}"
        assert "thebe" not in page.read_text().lower()
        if soup.select(".math"):
            assert soup.find("script", src=lambda at: at and "vendor/mathjax" in at)


def test_a_page_with_code_can_be_launched(first):
    assert first.select('a[href^="https://mybinder.org/"]')
    assert first.select('a[href^="https://colab.research.google.com/"]')
    assert first.select(".btn-source-repository-button")


def test_notebooks_carry_numbers_and_fold_solutions(toy, built):
    book = notebook(toy.root, built, "book/first", {"book/first"})
    nbformat.validate(nbformat.reads(json.dumps(book), 4))
    again = notebook(toy.root, built, "book/first", {"book/first"})
    assert book == again
    text = "\n\n".join("".join(c["source"]) for c in book["cells"] if c["cell_type"] == "markdown")
    assert "The number is forty-one, by Theorem 1 and (1)." in text
    assert r"$$ a = b \tag{1} $$" in text
    assert "> **Theorem 1 (Toy).**" in text
    folded = re.search(r"<details><summary>Solution to Exercise 1.*?</details>", text, re.S)
    assert "Abracadabra" in folded[0]
    assert "You will learn** how $a$ goes; why" in text
    assert "To run" not in text
    assert "Toy CPU" not in text
    code = ["".join(c["source"]) for c in book["cells"] if c["cell_type"] == "code"]
    assert [line.splitlines()[0] for line in code[1:]] == [
        "import toy",
        'print("the library says", toy.ANSWER)',
        "from IPython.display import HTML",
        'print("Hocuspocus")',
    ]
    assert all(not c.get("outputs") for c in book["cells"])


def test_a_stale_notebook_is_found_and_last_digits_are_not(toy, built):
    made = notebooks(toy.root, built)
    first = place("book/first")
    assert stale(toy.root, made) == list(made)
    for where, book in made.items():
        write(toy.root, where, book)
    assert stale(toy.root, made) == []
    path = toy.root / first
    text = path.read_text()
    path.write_text(text.replace("The number is forty-one", "The number is forty-two"))
    assert stale(toy.root, made) == []
    assert stale(toy.root, made, numbers=True) == [first]
    path.write_text(text.replace("The number is", "A number is"))
    assert stale(toy.root, made) == [first]
    path.unlink()
    (toy.root / "notebooks" / "gone.ipynb").write_text("{}")
    assert stale(toy.root, made) == [first, "notebooks/gone.ipynb"]
    (toy.root / "notebooks" / "gone.ipynb").unlink()


def test_every_page_is_a_notebook_and_one_lists_them_in_order(toy, built):
    made = notebooks(toy.root, built)
    assert list(made) == [
        f"notebooks/{n}.ipynb" for n in ("first", "second", "references", "start")
    ]
    code = [any(c["cell_type"] == "code" for c in book["cells"]) for book in made.values()]
    assert code == [True, False, False, False]
    text = "".join(made[START]["cells"][0]["source"])
    assert re.findall(r"\]\((.*?)\)", text) == ["first.ipynb", "second.ipynb", "references.ipynb"]
    assert "[Second page](second.ipynb)" in text
    for book in made.values():
        nbformat.validate(nbformat.reads(json.dumps(book), 4))


def test_a_notebook_in_the_built_book_is_kept_until_its_page_changes(toy, built, tmp_path):
    html = shutil.copytree(built, tmp_path / "html")
    page, where = html / "book" / "first.html", place("book/first")
    write(html, where, notebooks(toy.root, html)[where] | {"metadata": "kept"})
    assert notebooks(toy.root, html, keep=True)[where]["metadata"] == "kept"
    assert notebooks(toy.root, html)[where]["metadata"] != "kept"
    later = (html / where).stat().st_mtime_ns + 1
    os.utime(page, ns=(later, later))
    assert notebooks(toy.root, html, keep=True)[where]["metadata"] != "kept"


def test_the_buttons_of_a_page_lead_to_its_notebook(built, first):
    assert notebook_path("book/a/x") == place("book/a/x") == "notebooks/a/x.ipynb"
    for button in ("mybinder.org", "colab.research.google.com"):
        (link,) = first.select(f"a[href*='{button}']")
        assert link["href"].endswith("/notebooks/first.ipynb")
    for page in ("first", "second"):
        soup = BeautifulSoup((built / "book" / f"{page}.html").read_text(), "html.parser")
        (link,) = soup.select(".dropdown-download-buttons a[href]")
        assert link["href"] == f"../notebooks/{page}.ipynb"
    assert not list(built.rglob("*.md")), "raw pages lie in the built book"


def test_the_title_of_a_solution_leads_nowhere(first):
    titles = first.select(".solution > .admonition-title")
    assert [t.get_text() for t in titles] == ["Solution to Exercise 1 (Hard)"] * 2
    assert not any(title.select("a, button") for title in titles)


def test_japanese_words_say_that_they_are(first):
    assert unmarked(first) == []
    title, body = first.select("p[lang=ja]")[:2]
    assert title.get_text() == "要旨"
    assert body.get_text().startswith("本章では 滑らかな 関数")
    assert not body.select("[lang]"), "a Japanese text is one text"
    marks = [span.get_text() for span in first.select("article span[lang=ja]")]
    assert marks == ["鞍点", "PAC-Bayes上界", "鞍点"]
    assert first.select("nav span[lang=ja]"), "a heading is said once more in the margin"


def test_unmarked_japanese_is_seen():
    page = "<html lang='en'><p>鞍点</p><p lang='ja'>鞍点 <b lang='en'>鞍</b></p><code>鞍</code>"
    assert unmarked(BeautifulSoup(page, "html.parser")) == ["鞍点", "鞍"]


def test_the_student_edition_leaks_no_solution(toy):
    html = toy.build(edition="student", out="_build/student")
    assert "Show it by" in (html / "book" / "first.html").read_text()
    for path in html.rglob("*"):
        if path.is_file() and path.suffix not in {".woff2", ".png", ".ttf"}:
            text = path.read_text(errors="ignore")
            found = [word for word in SECRETS if word.lower() in text.lower()]
            assert not found, f"{path.relative_to(html)} gives away {found}"
    assert not (html / "_sources").exists()
    assert not list(html.rglob("*.ipynb"))
    page = BeautifulSoup((html / "book" / "first.html").read_text(), "html.parser")
    ways = "a[href*='mybinder.org'], a[href*='colab'], .btn-source-repository-button"
    ways += ", .dropdown-download-buttons"
    assert not page.select(ways)


def kept(toy):
    """How many executed pages the cache of the toy book holds."""
    with sqlite3.connect(toy.root / "_build" / ".jupyter_cache" / "pages" / "global.db") as cache:
        return cache.execute("select count(*) from nbcache").fetchone()[0]


def test_a_change_in_the_library_alone_reaches_the_page_and_those_that_cite_its_numbers(toy, built):
    page, other = built / "book" / "first.html", built / "book" / "second.html"
    assert "the library says forty-one" in page.read_text()
    assert (before := kept(toy)) == 1, "run once, before it was read"
    toy.answer("forty-three")
    toy.build()
    assert "the library says forty-three" in page.read_text()
    assert "forty-three" in other.read_text()
    assert kept(toy) == before + 1
    toy.answer("forty-one")
    toy.build()
    assert "forty-one" in other.read_text()
    assert kept(toy) == before + 1, "what was run is not run again"


def test_a_build_without_a_change_reads_and_writes_nothing(toy, built):
    toy.build()
    pages = {path: path.stat().st_mtime_ns for path in built.rglob("*.html")}
    toy.build()
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*.html")} == pages


def test_a_title_that_changes_reaches_the_pages_that_list_it(toy, built):
    second = toy.root / "book" / "second.md"
    text = second.read_text()
    second.write_text(text.replace("# Second page", "# Another page"))
    toy.build()
    pages = [(built / "book" / f"{name}.html").read_text() for name in ("first", "references")]
    second.write_text(text)
    for page in pages:
        assert "Another page" in page
        assert "Second page" not in page
