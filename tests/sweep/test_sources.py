"""The digest of a study follows the definitions that it reaches, and nothing else."""

import importlib
import re
import sys

import pytest

from ldyn.sweep import sources

PIECES = {
    "ldyn_toy.py": """
from ldyn.parts import whole as total

STEPS = 3

def run(cell):
    return total(STEPS)
""",
    "parts/__init__.py": "from ldyn.parts.pieces import whole\n",
    "parts/pieces.py": """
'''Pieces.'''
from ldyn.data.files import fetch

RATE: float = 0.1
OTHER = 7

class Piece:
    '''A piece.'''
    size = RATE

    def weigh(self):
        return _grams(self.size)

def whole(steps):
    '''Return all pieces.

    Three at most.
    '''
    fetch("a picture")
    return [Piece()] * steps

def scaled(factor):
    return lambda function: function

@scaled(1)
def _grams(size):
    from ldyn.parts.scales import UNIT
    return size * UNIT

def unused(steps):
    return OTHER
""",
    "parts/scales.py": "UNIT = 2\nUNIT += 0\n",
    "data/files.py": "def fetch(name):\n    return name\n",
}


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A package of a few files; the function given changes one of them and returns the study."""
    monkeypatch.setattr(sources, "PACKAGE", tmp_path)
    monkeypatch.setattr(sources, "PINNED", {tmp_path / "data/files.py"})
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setitem(sys.modules, "ldyn.parts", importlib)  # so that importing it is no error
    monkeypatch.setattr(importlib, "whole", len, raising=False)
    for name, text in PIECES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    def change(name="", old="", new=""):
        for each, text in PIECES.items():
            (tmp_path / each).write_text(text.replace(old, new) if each == name else text)
        assert not name or old in PIECES[name]
        sys.modules.pop("ldyn_toy", None)
        importlib.invalidate_caches()
        return importlib.import_module("ldyn_toy")

    yield change
    sys.modules.pop("ldyn_toy", None)


def test_what_is_named_at_any_remove_is_reached(write):
    reached = sources.reached_source(write())
    names = {"Piece", "RATE", "_grams", "scaled", "whole"}
    assert set(reached) == {
        *("ldyn_toy.py:STEPS", "ldyn_toy.py:run", "parts/scales.py:UNIT"),
        *(f"parts/pieces.py:{name}" for name in names),
    }
    assert "Three at most" not in reached["parts/pieces.py:whole"]
    assert "A piece" not in reached["parts/pieces.py:Piece"]
    assert "return [Piece()] * steps" in reached["parts/pieces.py:whole"]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("ldyn_toy.py", "STEPS = 3", "STEPS = 4"),
        ("parts/pieces.py", "RATE: float = 0.1", "RATE: float = 0.2"),
        ("parts/pieces.py", "* UNIT", "/ UNIT"),
        ("parts/pieces.py", "@scaled(1)", "@scaled(2)"),
        ("parts/pieces.py", "_grams(self.size)", "-_grams(self.size)"),
        ("parts/scales.py", "UNIT = 2", "UNIT = 3"),
        ("parts/scales.py", "UNIT = 2\n", "UNIT = 2\nUNIT += 1\n"),
        ("parts/scales.py", "UNIT = 2\n", "UNIT = 2\nassert UNIT\n"),
    ],
)
def test_a_change_in_what_is_reached_changes_the_digest(write, name, old, new):
    before = sources.source_digest(write())
    assert sources.source_digest(write(name, old, new)) != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("parts/pieces.py", "OTHER = 7", "OTHER = 8"),
        ("parts/pieces.py", "return OTHER", "return -OTHER"),
        ("parts/pieces.py", "Three at most.", "Four at most."),
        ("parts/pieces.py", "'''Pieces.'''", "'''Bits.'''"),
        ("parts/scales.py", "UNIT = 2\n", "UNIT = 2\nSECOND = 60\n"),
        ("data/files.py", "return name", "return name.lower()"),
    ],
)
def test_a_change_elsewhere_does_not(write, name, old, new):
    before = sources.source_digest(write())
    assert sources.source_digest(write(name, old, new)) == before


def test_the_digest_is_of_places_and_texts_in_whatever_order(write, monkeypatch):
    study, found = write(), {"a.py:f": "x", "b.py:g": "y"}
    digests = []
    for each in (found, dict(reversed(found.items())), {"a.py:f": "x", "b.py:h": "y"}):
        monkeypatch.setattr(sources, "reached_source", lambda study, each=each: each)
        digests.append(sources.source_digest(study))
    assert digests[0] == digests[1] != digests[2]
    assert re.fullmatch(r"[0-9a-f]{12}", digests[0])


def test_an_import_that_cannot_be_followed_is_refused(write):
    study = write("parts/__init__.py", "import whole", "import pieces as whole")
    with pytest.raises(ValueError, match="neither defines nor imports"):
        sources.source_digest(study)
