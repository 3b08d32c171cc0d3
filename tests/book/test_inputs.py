"""What a page's outputs are kept under: what it reaches, what it reads, and nothing else."""

import shutil
from pathlib import Path

import ldinputs
import ldreach
import pytest
from contents import all_pages, pages
from ldsource import Unresolved, moving_figures

ROOT = Path(__file__).resolve().parents[2]
HEADER = "---\nkernelspec: {name: python3, display_name: Python 3}\n---\n"
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


@pytest.fixture
def toy(tmp_path):
    files = {
        "__init__.py": "",
        "room/__init__.py": "from ldyn.room.a import f\nfrom ldyn.room.b import g, h\n",
        "room/a.py": "from ldyn.cellar import base\nK = 1\n\n\ndef f():\n    return base() + K\n",
        "room/b.py": "def g():\n    return 1\n\n\ndef h():\n    from ldyn.cellar import deep\n"
        "    return deep\n",
        "cellar.py": "def base():\n    return 1\n\n\ndef deep():\n    return 2\n",
        "show/__init__.py": "from ldyn.show.draw import axes, table\n",
        "show/draw.py": "def axes():\n    return 1\n\n\ndef table():\n    return axes\n",
        "core/__init__.py": "from ldyn.core.results import frozen, results_folder\n",
        "core/results.py": "def results_folder():\n    return __file__\n\n\n"
        "def frozen(name):\n    return results_folder()\n",
    }
    for place, text in files.items():
        path = tmp_path / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def reached(toy, *cells):
    found = ldreach.Library(toy).page(cells)
    return {place for place in found.text if not place.endswith(":")}, found


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("from ldyn.room import f\nf()", {"room/a.py:f", "room/a.py:K", "cellar.py:base"}),
        ("from ldyn.room import g as other\nother()", {"room/b.py:g"}),
        ("from ldyn.room import h\n[h]", {"room/b.py:h", "cellar.py:deep"}),
        ("from ldyn import show\nshow.table()", {"show/draw.py:table", "show/draw.py:axes"}),
        ("from ldyn.room import b\nb.g()", {"room/b.py:g"}),
        ('code = """\nfrom ldyn.room import g\n"""', {"room/b.py:g"}),
        ("import ldyn\nldyn.__file__", set()),
    ],
)
def test_names_are_followed_through_packages_modules_and_programs(toy, cell, expected):
    assert reached(toy, cell)[0] == expected


@pytest.mark.parametrize(
    "cell",
    [
        "from ldyn.room import *",
        "from ldyn import show\nf(show)",
        "import ldyn.room",
        "import ldyn\nldyn.room.f()",
        "from ldyn.room import gone",
        "import importlib\nimportlib.import_module('ldyn.room')",
        "from ldyn.room import f\nf.__doc__",
        "import local_module_that_is_not_installed",
        "%run other.py",
        'eval("1")',
        'command = ["-m", "ldyn.studies"]',
        'f"from ldyn import {name}"',
    ],
)
def test_what_cannot_be_followed_depends_on_everything(toy, cell):
    with pytest.raises(Unresolved):
        reached(toy, cell)
    root = toy / "root"
    (root / "lib" / "ldyn").mkdir(parents=True)
    (root / "lib" / "ldyn" / "any.py").write_text("X = 1\n")
    page = f"{HEADER}```{{code-cell}} ipython3\n{cell}\n```\n"
    before = ldinputs.Book(root).inputs(page)
    (root / "lib" / "ldyn" / "any.py").write_text("X = 2\n")
    assert ldinputs.Book(root).inputs(page).run != before.run


@pytest.mark.parametrize(
    ("cell", "names", "everything"),
    [
        ('from ldyn.core import frozen\nfrozen("a").rows', {"a"}, False),
        ('from ldyn.core import frozen\n[frozen(n) for n in ("a", "b")]', set(), True),
        ('from ldyn.core import frozen\nread = frozen\nfrozen("a")', {"a"}, True),
        ("from ldyn.core import results_folder\nresults_folder()", set(), True),
        ('from pathlib import Path\nPath("x")', set(), True),
        ('import numpy as np\nnp.loadtxt("x")', set(), True),
        ('show.run_at_full_scale("b")', {"b"}, False),
    ],
)
def test_a_page_reads_the_results_it_names_and_all_where_it_names_none(
    toy, cell, names, everything
):
    _, found = reached(toy, cell)
    assert (found.frozen, found.all_results) == (names, everything)


def test_what_importing_a_module_does_is_reached(toy):
    (toy / "room" / "b.py").write_text(
        "import torch\ntorch.set_num_threads(1)\n\n\ndef g():\n    1\n"
    )
    (toy / "room" / "__init__.py").write_text(
        "from ldyn.room.a import f\nfrom ldyn.room.b import g\n"
    )
    text = ldreach.Library(toy).page(["from ldyn.room import f"]).text
    assert text["room/b.py:"] == "torch.set_num_threads(1)"
    assert "room/b.py:g" not in text


@pytest.mark.parametrize(
    ("cell", "shown", "used"),
    [
        ('show.moving("a", state={})', {"a"}, set()),
        ('figure = show.moving("a", state={})', set(), {"a"}),
        ('show.moving("a", state={}).widget()', set(), {"a"}),
        ("show.moving(name, state={})", set(), {""}),
        ("draw = show.moving", set(), {""}),
        ("from ldyn.show.moving import source", set(), {""}),
    ],
)
def test_a_figure_is_only_shown_where_it_is_the_value_of_its_cell(cell, shown, used):
    assert moving_figures([cell]) == (shown, used)


def test_a_cell_in_an_unknown_fence_depends_on_everything():
    with pytest.raises(Unresolved):
        ldinputs.cells("> ```{code-cell}\n> 1\n> ```\n")
    assert ldinputs.cells("```{code-cell} ipython3\n:tags: [x]\n:other: y\nz = 1\n```\n") == [
        "z = 1\n"
    ]
