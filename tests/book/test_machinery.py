"""The parts of the machinery that need no build."""

import json
import zipfile
from contextlib import nullcontext
from types import SimpleNamespace

import ldbook
import ldfacts
import ldpasted
import notebooks
import offline
import pdf
import plain
import pytest
from docutils.utils import new_document
from ldclaims import measured
from ldsyllabus import chapters, exercises
from sphinx.errors import ExtensionError
from sphinx_exercise.nodes import solution_node

PAGE = """# Title

````{solution} ex-a
:class: dropdown
secret
```python
x = 1
```
````

:::{solution} ex-b
secret
:::

```{solution-start} ex-c
```
secret
```{code-cell}
secret
```
```{solution-end}
```

```{exercise}
:label: ex-d
kept
```
"""


def test_solutions_are_cut_out_whatever_their_fence():
    left = ldbook.without_solutions(PAGE)
    assert "secret" not in left
    assert "solution" not in left
    assert left.count("```") == 2
    assert "kept" in left


@pytest.mark.parametrize(
    "written",
    ["~~~{solution} ex-a\nsecret\n~~~", "``` {solution} ex-a\nsecret\n````",
     "  ```{solution} ex-a\n  secret\n  ```", "> :::{solution} ex-a\n> secret\n> :::",
     "```{Solution} ex-a\nsecret\n```", "```{solution} ex-a\nsecret",
     "~~~ {solution-start} ex-a\n~~~\nsecret\n````\t{solution-end}\n````"],
)  # fmt: skip
def test_solutions_are_cut_out_however_they_are_written(written):
    left = ldbook.without_solutions(f"before\n\n{written}\n")
    assert left.strip() == "before"
    assert ldbook.without_solutions("```{exercise} of solution\nkept\n```").count("```") == 2


@pytest.mark.parametrize("edition", ["student", ""])
def test_a_solution_that_is_left_stops_the_student_edition(edition):
    page = new_document("page.md")
    page += solution_node("secret")
    app = SimpleNamespace(config=SimpleNamespace(ldbook_edition=edition))
    with pytest.raises(ExtensionError, match="shown to students") if edition else nullcontext():
        ldbook.require_no_solution(app, page)


def test_glue_in_plain_words_becomes_a_path():
    pages = ["book/piecewise/a", "book/piecewise/b", "book/intro"]
    text = "{glue:text}`a:x` {glue:text}`b:y.z` {glue:text}`intro:k`"
    assert ldpasted.with_glue_paths(text, "book/piecewise/a", pages) == (
        "{glue:text}`a/x:s` {glue:text}`b.md::b/y.z:s` {glue:text}`../intro.md::intro/k:s`"
    )


def test_reading_time_counts_words_and_formulas_and_not_headers():
    head = "---\nkernelspec: x\n---\n" + ":label: y\n" * 500
    assert ldfacts.reading_minutes(head + "word " * 150 * 7) == 7
    assert ldfacts.reading_minutes(head + "word " * 150 * 10 + "$$\na b c\n$$\n" * 16) == 15


def test_frozen_numbers_are_named_and_marked_when_the_code_changed(tmp_path, monkeypatch):
    about = {"scale": "laptop", "date": "2026-01-02", "source": "abc"}
    (tmp_path / "toy.json").write_text(json.dumps({"provenance": about, "rows": []}))
    page = 'a = frozen("toy")\nshow.run_at_full_scale("toy")\nfrozen("never")\n'
    monkeypatch.setattr("ldyn.studies.load_study", lambda name: name)
    monkeypatch.setattr("ldyn.sweep.is_stale", lambda study: False)
    assert ldfacts.frozen_numbers(page, tmp_path) == ["`toy`, scale laptop, 2026-01-02"]
    monkeypatch.setattr("ldyn.sweep.is_stale", lambda study: True)
    assert ldfacts.frozen_numbers(page, tmp_path)[0].endswith("**(older code)**")


def test_measured_values_are_written_with_their_interval():
    assert measured({"measured": -0.3312, "low": -0.35, "high": -0.3}) == "−0.331 [−0.35, −0.3]"
    assert measured({"measured": 12.0}) == "12"
    assert measured({"measured": "5 of 5"}) == "5 of 5"
    assert measured({}) == "—"


def as_markdown(body: str) -> list:
    html = f'<article class="bd-article">{body}</article>'
    return plain.page_cells(html, notebooks.page_link("book/a/x", {"book/a/y", "book/z"}))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h2>Head<a class='headerlink' href='#h'>#</a></h2>", "## Head"),
        ("<p><em>a</em> and <strong>b</strong> 2*3</p>", r"*a* and **b** 2\*3"),
        (r"<p><span class='math'>\(x_1^*\)</span></p>", "$x_1^*$"),
        (r"<div class='math'>\[\begin{align}a&amp;=b\end{align}\]</div>",
         "$$\n\\begin{aligned}a&=b\\end{aligned}\n$$"),
        (r"<div class='math' id='e'><span class='eqno'>(1.2)<a href='#e'>#</a></span>\[a\]</div>",
         "$$\na \\tag{1.2}\n$$"),
        ("<ul class='simple'><li><p>a</p></li><li><p>b</p></li></ul>", "- a\n- b"),
        ("<ol><li><p>a</p><ul class='simple'><li><p>b</p></li></ul></li></ol>", "1. a\n\n   - b"),
        ("<table><tr><th>a</th></tr><tr><td>1|2</td></tr></table>",
         "| a |\n| --- |\n| 1\\vert 2 |"),
        ("<p><a href='y.html#s'>t</a> <a href='../search.html'>u</a> <a href='#s'>v</a></p>",
         "[t](y.ipynb) u v"),
        ("<p><a href='https://x.org/a'>t</a> <code><span>a_b</span></code></p>",
         "[t](https://x.org/a) `a_b`"),
        ("<p><a href='../z.html'>t</a> <a href='x.html#a'>u</a></p>", "[t](../z.ipynb) u"),
        ("<div class='proof admonition' id='proof'>\n<p>Proof. It <em>is</em>.</p></div>",
         "> *Proof.* It *is*."),
        ("<blockquote><div><p>a</p></div></blockquote>", "> a"),
        ("<div class='highlight-python'><pre>x = 1\ny = 2\n</pre></div>",
         "```python\nx = 1\ny = 2\n```"),
        ("<div class='admonition'><p class='admonition-title'>N</p><p>a</p></div>",
         "> **N.**\n>\n> a"),
    ],
)  # fmt: skip
def test_html_becomes_plain_markdown(html, text):
    assert as_markdown(html) == [text]


def test_code_cells_part_the_text():
    assert as_markdown("<p>a</p><div class='cell'><pre>x</pre></div><p>b</p>") == ["a", None, "b"]


def test_places_of_glued_numbers_are_exact():
    (text,) = as_markdown("<p>It is <span class='pasted-text'>2</span>, not 2 or "
                          "<span class='pasted-text'>−0.5</span>.</p>")  # fmt: skip
    whole, places = plain.split_glued(text)
    assert whole == "It is 2, not 2 or −0.5."
    assert [whole[a : a + n] for a, n in places] == ["2", "−0.5"]
    assert places[0] == [6, 1]


def test_the_syllabus_follows_the_table_of_contents(tmp_path):
    (tmp_path / "_toc.yml").write_text(
        "parts:\n- {chapters: [{file: a}]}\n- numbered: 1\n  chapters:\n"
        "  - {file: b, sections: [{file: c}, {file: d}]}\n  - {file: e}\n"
    )
    assert chapters(tmp_path) == [["b", "c", "d"], ["e"]]


@pytest.mark.parametrize(
    ("titles", "told"),
    [
        (["★★ A", "★ B", "★★ C"], "★ 1, ★★ 2"),
        (["A", "B"], "2"),
        ([], ""),
    ],
)
def test_exercises_are_counted_by_stars(titles, told):
    page = "".join(f"```{{exercise}} {t}\n:label: ex-{t[-1]}\n\nDo.\n```\n" for t in titles)
    assert exercises(page) == told


def test_the_zip_holds_the_whole_book_and_is_the_same_each_time(tmp_path):
    html = tmp_path / "html"
    (html / "_static").mkdir(parents=True)
    (html / "index.html").write_text("<p>hello</p>")
    (html / "_static" / "a.css").write_text("p {}")
    assert offline.pack(html, tmp_path / "a.zip") == 2
    offline.pack(html, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        assert packed.namelist() == [
            "learning-dynamics/_static/a.css",
            "learning-dynamics/index.html",
        ]


def test_without_a_browser_the_print_says_what_to_do(tmp_path, monkeypatch):
    html = tmp_path / "_build" / "html" / "book"
    html.mkdir(parents=True)
    (tmp_path / "_build" / "html" / "index.html").write_text("")
    page = '<article class="bd-article"><h1 id="h">T</h1><a href="b.html#s">b</a></article>'
    for name in "ab":
        (html / f"{name}.html").write_text(page)
    (tmp_path / "_toc.yml").write_text("root: book/a\nchapters: [{file: book/b}]\n")
    monkeypatch.setattr(pdf, "ROOT", tmp_path)
    monkeypatch.setattr(pdf, "browser", lambda: None)
    with pytest.raises(SystemExit, match=r"Install Chromium .* or open the single page"):
        pdf.main()
    single = (tmp_path / "_build" / "single.html").read_text()
    assert single.count("<article") == 2
    assert 'href="#book-b--s"' in single
    assert 'id="book-a--h"' in single


def test_vendored_files_are_what_the_manifest_says():
    import hashlib
    from pathlib import Path

    vendor = Path(ldbook.__file__).parents[1] / "_static" / "vendor"
    listed = {}
    for package in json.loads((vendor / "manifest.json").read_text()).values():
        assert package["version"]
        assert package["licence"]
        listed |= package["files"]
    found = {
        str(path.relative_to(vendor)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert found == listed


def test_glued_numbers_agree_within_five_per_cent():
    def book(number):
        text = f"It is {number} here"
        about = {"glued": [[6, len(number)]]}
        return {"cells": [{"cell_type": "markdown", "id": "a", "metadata": about, "source": text}]}

    assert notebooks.masked(book("−0.33")) == notebooks.masked(book("−0.344"))
    assert notebooks.same_numbers(book("−0.33"), book("−0.344"))
    assert not notebooks.same_numbers(book("−0.33"), book("−0.36"))
    assert not notebooks.same_numbers(book("1.2 × 10⁻⁷"), book("1.3 × 10⁻⁷"))
