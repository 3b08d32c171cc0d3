import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ldyn.studies import load_study, study_names
from ldyn.sweep import freeze, run_study
from ldyn.sweep.command import main
from ldyn.sweep.runner import lines_path, read_lines

TOY = """
from dataclasses import dataclass
import os, time

@dataclass(frozen=True, kw_only=True)
class Cell:
    n: int
    seed: int

def cells(scale):
    return [Cell(n=n, seed=s) for n in (1, 2, 4) for s in range(COUNT)]

def run(cell):
    with open(os.environ["RUNS"], "a") as out:
        out.write(f"{cell.n} {cell.seed}\\n")
    time.sleep(SLEEP)
    return {"risk": 1 / cell.n + cell.seed}
"""


def write_toy(folder: Path, count: int = 4, sleep: float = 0.0, extra: str = "") -> None:
    source = TOY.replace("COUNT", str(count)).replace("SLEEP", str(sleep))
    (folder / "toy_study.py").write_text(source + textwrap.dedent(extra))


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A function that writes the toy study and imports it afresh."""
    monkeypatch.setenv("LDYN_RESULTS", str(tmp_path))
    monkeypatch.setenv("RUNS", str(tmp_path / "runs"))
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(**choices):
        write_toy(tmp_path, **choices)
        sys.modules.pop("toy_study", None)
        import importlib

        importlib.invalidate_caches()
        return importlib.import_module("toy_study")

    yield make
    sys.modules.pop("toy_study", None)


def rows(path: Path) -> list[dict]:
    return json.loads(path.read_text())["rows"]


def test_run_then_freeze_gives_one_row_a_cell(toy):
    study = toy()
    seen = []
    last = run_study(study, "smoke", report=seen.append)
    assert (last.done, last.total, last.failed) == (12, 12, 0)
    assert [p.done for p in seen] == list(range(13))
    table = rows(freeze(study, "smoke"))
    assert table == [
        {"n": n, "seed": s, "risk": float(f"{1 / n + s:.6g}")} for n in (1, 2, 4) for s in range(4)
    ]


def test_a_second_run_does_nothing(toy, tmp_path):
    study = toy()
    run_study(study, "smoke")
    run_study(study, "smoke")
    assert len((tmp_path / "runs").read_text().splitlines()) == 12


def test_killed_ten_times_and_resumed_loses_nothing(toy, tmp_path):
    study = toy(count=40, sleep=0.01)
    code = (
        "import toy_study; from ldyn.sweep.runner import run_study; run_study(toy_study, 'laptop')"
    )
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"}
    lines = lines_path(study, "laptop")
    chance = random.Random(7)
    kills = 0
    while kills < 10:
        before = len(read_lines(lines))
        process = subprocess.Popen([sys.executable, "-c", code], env=env, cwd=tmp_path)
        goal = before + chance.randint(1, 8)
        while len(read_lines(lines)) < goal and process.poll() is None:
            time.sleep(0.002)
        time.sleep(chance.random() * 0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
        assert len(read_lines(lines)) >= before, "a finished cell was lost"
    with lines.open("a") as out:
        out.write('{"cell": {"n": 1, "se')  # what a kill in the middle of a write leaves
    run_study(study, "laptop")
    table = rows(freeze(study, "laptop"))
    assert [(r["n"], r["seed"]) for r in table] == [(n, s) for n in (1, 2, 4) for s in range(40)]
    assert all(r["risk"] == pytest.approx(1 / r["n"] + r["seed"], rel=1e-5) for r in table)
    runs = (tmp_path / "runs").read_text().splitlines()
    twice = len(runs) - len(set(runs))
    assert len(set(runs)) == 120
    assert twice <= kills, "more than the cell in flight was run twice"


def test_a_failed_cell_is_named_refused_and_tried_again(toy, tmp_path):
    broken = """
    def run(cell, good=run):
        if cell.n == 2 and not os.path.exists(os.environ["RUNS"] + ".mended"):
            raise RuntimeError("not yet")
        return good(cell)
    """
    study = toy(extra=broken)
    assert run_study(study, "smoke").failed == 4
    with pytest.raises(ValueError, match="4 failed cells of 12"):
        freeze(study, "smoke")
    (tmp_path / "runs.mended").touch()
    assert run_study(study, "smoke").failed == 0
    assert len(rows(freeze(study, "smoke"))) == 12


def test_a_missing_cell_is_refused(toy):
    with pytest.raises(ValueError, match="12 missing"):
        freeze(toy(), "smoke")


def test_groups_run_as_one_batch(toy):
    batched = """
    def group(cell):
        return cell.n

    def run_group(cells):
        return [{"together": len(cells)} for c in cells]
    """
    study = toy(extra=batched)
    run_study(study, "smoke")
    assert {r["together"] for r in rows(freeze(study, "smoke"))} == {4}


def test_any_executor_gives_the_same_table(toy):
    study = toy()
    with ThreadPoolExecutor(2) as pool:
        run_study(study, "smoke", executor=pool)
    assert len(rows(freeze(study, "smoke"))) == 12


def test_a_cell_listed_twice_is_refused(toy):
    study = toy(extra="def cells(scale): return [Cell(n=1, seed=0)] * 2")
    with pytest.raises(ValueError, match="twice"):
        run_study(study, "smoke")
    with pytest.raises(ValueError, match="scale must be one of"):
        run_study(study, "huge")


def test_unknown_studies_are_answered_with_the_known_ones(capsys):
    with pytest.raises(ValueError, match="study must be one of"):
        load_study("nonesuch")
    assert main(study_names, load_study, ["run", "nonesuch"]) == 2
    assert "one of" in capsys.readouterr().err


@pytest.mark.long
def test_a_dask_cluster_gives_the_same_table(toy, tmp_path):
    distributed = pytest.importorskip("distributed")
    study = toy()
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        run_study(study, "smoke", executor=client.get_executor())
    assert len(rows(freeze(study, "smoke"))) == 12
