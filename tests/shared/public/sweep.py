"""Valid calls of sweeps: a study of one cell, whose results lie in a folder of their own."""

import importlib.util
import tempfile
from functools import cache
from pathlib import Path

from ldyn.sweep import freeze, run_study
from public.calls import Call

STUDY = """
from dataclasses import dataclass

@dataclass(frozen=True, kw_only=True)
class Cell:
    n: int

def cells(scale):
    return [Cell(n=1)]

def run(cell):
    return {"risk": 0.5}
"""
FOLDER = tempfile.TemporaryDirectory()


@cache
def study():
    """A study that has been run and frozen; an absolute package is the folder of its results."""
    path = Path(FOLDER.name, "toy.py")
    path.write_text(STUDY)
    spec = importlib.util.spec_from_file_location(f"{FOLDER.name}.toy", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for scale in ("laptop", "smoke"):
        run_study(module, scale)
    freeze(module, "laptop")
    return module


CALLS = {
    "freeze": Call(given=lambda: {"study": study(), "scale": "laptop"}),
    "is_stale": Call(given=lambda: {"study": study()}),
    "run_study": Call(given=lambda: {"study": study(), "scale": "smoke"}),
}
