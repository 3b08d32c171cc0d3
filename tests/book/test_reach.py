"""What the cells of a page are found to name, in a library of a few lines."""

import ldinputs
import ldreach
import pytest
from ldsource import Unresolved, moving_figures

HEADER = "---\nkernelspec: {name: python3, display_name: Python 3}\n---\n"


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
