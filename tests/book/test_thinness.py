"""The library stays thin: lines that are not blank, of rooms, of studies and in all."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIB = ROOT / "lib" / "ldyn"
ROOM, STUDIES, CELLAR, GATE, FILE, FUNCTION = 1800, 900, 3000, 400, 250, 40


def layers() -> list[list[str]]:
    """The layers of import-linter, from the studies down: names of folders of the library."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (contract,) = (c for c in table["contracts"] if c["type"] == "layers")
    return [[n.strip().removeprefix("ldyn.") for n in row.split("|")] for row in contract["layers"]]


STUDY_LAYER, ROOMS, SHARED, *LOWER = layers()
BELOW = [name for row in LOWER for name in row if name not in ("show", "gate")]
OURS = [LIB, *(ROOT / name for name in ("tests", "tools", "benchmarks", "book/_ext"))]


def lines(*folders: Path) -> int:
    """How many lines of Python are not blank in the files of `folders`."""
    texts = (p.read_text("utf-8") for folder in folders for p in folder.rglob("*.py"))
    return sum(bool(line.strip()) for text in texts for line in text.splitlines())


def test_every_folder_of_the_library_has_its_layer():
    folders = {p.name for p in LIB.iterdir() if (p / "__init__.py").is_file()}
    assert folders == {*STUDY_LAYER, *ROOMS, *SHARED, *BELOW, "show", "gate"}


@pytest.mark.parametrize("room", [*ROOMS, *SHARED])
def test_a_room_is_small(room):
    assert 0 < lines(LIB / room) <= ROOM


@pytest.mark.parametrize("chapter", sorted(p.name for p in (LIB / "studies").iterdir()
                                           if p.is_dir() and p.name != "__pycache__"))  # fmt: skip
def test_the_studies_of_a_chapter_are_few(chapter):
    assert chapter in ROOMS
    assert lines(LIB / "studies" / chapter) <= STUDIES


def test_the_cellar_is_small():
    assert 0 < lines(*(LIB / name for name in BELOW)) <= CELLAR


def test_the_gate_is_small():
    assert 0 < lines(LIB / "gate") <= GATE


def test_a_file_is_read_in_one_go():
    files = [p for folder in OURS for kind in ("*.py", "*.js") for p in folder.rglob(kind)]
    count = {p.name: len(p.read_text("utf-8").splitlines()) for p in files}
    assert len(count) > 100
    assert {name: n for name, n in count.items() if n > FILE} == {}


def test_a_function_is_read_in_one_look():
    found = {}
    for path in (p for folder in OURS for p in folder.rglob("*.py")):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                found[f"{path.name}:{node.name}"] = length(node, text.splitlines())
    assert len(found) > 500
    assert {name: n for name, n in found.items() if n > FUNCTION} == {}


def length(node: ast.FunctionDef, lines: list[str]) -> int:
    """How many lines of a function are not blank, its docstring aside."""
    first = node.body[0]
    text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    rest = lines[node.lineno - 1 : node.end_lineno]
    doc = lines[first.lineno - 1 : first.end_lineno] if text else []
    return sum(map(bool, map(str.strip, rest))) - sum(map(bool, map(str.strip, doc)))
