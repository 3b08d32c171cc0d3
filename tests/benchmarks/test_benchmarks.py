"""The benchmarks run, at a tiny size and untimed, and freeze what the page on costs reads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(p.stem for p in (ROOT / "benchmarks").glob("[a-z]*.py"))
RIVALS = {"stack_rivals"}  # tables of others alone, read beside a frozen study of ours


@pytest.mark.parametrize("name", NAMES)
def test_the_benchmark_runs_and_freezes_its_table(name, tmp_path):
    (tmp_path / "book" / "results").mkdir(parents=True)
    command = [sys.executable, str(ROOT / "benchmarks" / f"{name}.py"), "--scale", "smoke"]
    environment = os.environ | {"LDYN_RESULTS": str(tmp_path), "PYTHONWARNINGS": "default"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "benchmarks").glob(f"{name}*.json")
    data = json.loads(path.read_text())
    assert data["provenance"]["scale"] == "smoke"
    fields = {"method", "seconds"} | ({"risk"} if name in RIVALS else {"times_ours"})
    assert all(fields <= row.keys() for row in data["rows"])
    if name in RIVALS:
        return
    ours = next(row for row in data["rows"] if "ldyn" in row["method"])
    assert ours["times_ours"] == 1


LOCI = """
def loci(x, y, independence_test=True, neural_network=True, return_function=False, n_steps=None):
    assert x.ndim == 1 and x.dtype == "float64" and not independence_test and return_function
    assert abs(x.mean()) < 1e-9 and abs(y.mean()) < 1e-9 and n_steps == 2
    fit = lambda a: (0 * a, 1 + 0 * a)
    return 0.0, fit, fit
"""
HSIC = """
import time
def HSIC(x, y):
    assert x.shape == y.shape
    time.sleep(0.05)
"""


def test_the_code_of_loci_is_a_contestant_where_there_is_a_clone(tmp_path):
    (tmp_path / "book" / "results").mkdir(parents=True)
    (tmp_path / "clone" / "causa").mkdir(parents=True)
    for name, text in (("loci", LOCI), ("hsic", HSIC)):
        (tmp_path / "clone" / "causa" / f"{name}.py").write_text(text)
    command = [sys.executable, str(ROOT / "benchmarks" / "direction.py"), "--scale", "smoke"]
    new = {"LDYN_RESULTS": str(tmp_path), "LDYN_LOCI_PATH": str(tmp_path / "clone")}
    done = subprocess.run(
        command, env=os.environ | new, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "benchmarks" / "direction.json").read_text())["rows"]
    found = {r["method"]: r["seconds"] for r in rows if "LOCI's authors" in r["method"]}
    assert len(found) == 4
    for kind in ("networks", "splines"):  # two tests of independence come on top of the fit
        fit, both = (found[f"LOCI's authors' code, {kind}, {c}"] for c in ("likelihood", "HSIC"))
        assert 0 < fit <= both - 0.1


def test_smoke_does_not_replace_the_table_of_the_book():
    command = [sys.executable, str(ROOT / "benchmarks" / "curvature.py"), "--scale", "smoke"]
    environment = {k: v for k, v in os.environ.items() if k != "LDYN_RESULTS"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "set LDYN_RESULTS" in done.stderr


def test_together_and_alone_agree_in_the_frozen_benchmark():
    path = ROOT / "book" / "results" / "benchmarks" / "many_nets.json"
    rows = json.loads(path.read_text())["rows"]
    found = [row["disagreement"] for row in rows if row["disagreement"] is not None]
    assert len(found) == 2
    assert max(found) <= 1e-12
