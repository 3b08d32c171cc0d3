"""What a page's outputs are kept under: what it reaches, what it reads, and nothing else."""

import shutil
from pathlib import Path

import ldinputs
import pytest
from contents import all_pages, pages

ROOT = Path(__file__).resolve().parents[2]
TEXTS = {page: (ROOT / f"{page}.md").read_text("utf-8") for page in all_pages(ROOT)}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The library, the frozen results and the lock, to be changed."""
    root = tmp_path_factory.mktemp("copy")
    no_bytes = shutil.ignore_patterns("__pycache__")
    for folder in ("lib/ldyn", "book/results"):
        shutil.copytree(ROOT / folder, root / folder, ignore=no_bytes)
    shutil.copy(ROOT / "requirements.lock", root)
    return root


@pytest.fixture(scope="module")
def book(copy):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LDYN_RESULTS", raising=False)
        found = ldinputs.Book(copy)
        for text in TEXTS.values():
            found.inputs(text)
        yield found


def changed(book, path, old, new, *, code=False):
    """The pages to run, and those to read anew, when `old` is `new` in the file at `path`."""
    place = book.root / path
    before = place.read_text("utf-8")
    assert old in before
    place.write_text(before.replace(old, new, 1), "utf-8")
    try:
        now = ldinputs.Book(book.root)
        if not code:
            now.library = book.library
        was = {page: (book.inputs(text), now.inputs(text)) for page, text in TEXTS.items()}
    finally:
        place.write_text(before, "utf-8")
    run = {page for page, (a, b) in was.items() if a.run != b.run}
    return run, {page for page, (a, b) in was.items() if a.read != b.read}


def naming(*words):
    return {page for page in pages(ROOT) if any(word in TEXTS[page] for word in words)}


def test_a_function_of_a_room_is_seen_by_the_pages_that_reach_it_and_no_other(book):
    """Its pages name it, or name what calls it; one page depends on all that there is."""
    place = "lib/ldyn/gans/smoothness.py"
    run, read = changed(book, place, "slope=2 * math", "slope=3 * math", code=True)
    assert run == naming("gaussian_mmd_smoothness", "loss_smoothness") | {"book/costs"}
    assert run <= read


def test_no_page_but_one_reaches_a_docstring(book):
    run, _ = changed(book, "lib/ldyn/gans/smoothness.py", '"""', '"""Another. ', code=True)
    assert run == {"book/costs"}


def test_a_frozen_result_is_seen_by_the_pages_that_read_it_and_no_other(book):
    run, read = changed(book, "book/results/gans/window.json", "0", "1")
    of_the_folder = {
        "book/causal/small-data",
        "book/causal/direction",
        "book/lowcost/beyond-memory",
        "book/lowcost/what-it-comes-to",
    }
    assert run == naming('frozen("window")') | of_the_folder | {"book/costs"}
    assert run <= read


def test_a_table_of_a_benchmark_is_a_frozen_result(book):
    run, _ = changed(book, "book/results/benchmarks/solver_growth.json", "0", "1")
    assert naming('frozen("solver_growth")') <= run
    assert len(run) < 8


def test_a_figure_is_put_in_anew_without_running_its_page(book):
    path = "lib/ldyn/show/figures/gans/huber.js"
    run, read = changed(book, path, "function", "function ")
    assert run == {"book/costs"}
    assert read == naming('show.moving("huber"') | {"book/costs"}


def test_what_all_figures_share_is_put_in_anew_wherever_one_moves(book):
    run, read = changed(book, "lib/ldyn/show/figures/_chart.js", "function", "function ")
    assert run == {"book/costs"}
    assert read == naming("show.moving(") | {"book/costs"}


def test_the_lock_and_what_pages_cost_are_seen_by_all_and_by_none(book):
    coded = set(pages(ROOT))
    assert changed(book, "requirements.lock", "torch==", "torch== ")[0] == coded
    assert changed(book, "book/results/page_costs.json", "0", "1") == (set(), set())


def test_the_words_of_a_page_are_not_its_code(book):
    page = TEXTS["book/gans/stable-window"]
    assert book.inputs(page.replace("the", "a", 1)).run == book.inputs(page).run
    assert book.inputs(page.replace('frozen("window")', 'frozen("images")')) != book.inputs(page)


def test_the_source_of_a_study_decides_what_the_box_says(book):
    """Whether frozen numbers come from older code is written without running the page."""
    place = "lib/ldyn/studies/gans/window.py"
    run, read = changed(book, place, "def cells(", "def cells( ", code=True)
    assert naming('frozen("window")') <= read
    assert "book/gans/stable-window" not in run


def test_the_digests_are_kept_until_anything_changes(copy, book, tmp_path):
    kept = tmp_path / "inputs.json"
    first = ldinputs.Book(copy, kept)
    first.library = book.library
    page = TEXTS["book/gans/which-number"]
    before = first.inputs(page)
    first.remember()
    again = ldinputs.Book(copy, kept)
    again.library = None  # it is not asked
    assert again.inputs(page) == before
    (copy / "lib" / "ldyn" / "new.py").write_text("X = 1\n")
    later = ldinputs.Book(copy, kept)
    (copy / "lib" / "ldyn" / "new.py").unlink()
    assert later._known == {}
