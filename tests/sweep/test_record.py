"""What a run writes down: on disk before it counts, rounded, timed; what a freeze makes of it."""

import itertools
import json
import math
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch

from ldyn.sweep import Progress, freeze, run_study, runner
from ldyn.sweep.command import main
from ldyn.sweep.runner import lines_path, read_lines


@dataclass(frozen=True, kw_only=True)
class Cell:
    seed: int
    n: int


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study of twelve cells, on a clock that ticks each time it is read."""
    monkeypatch.setenv("LDYN_RESULTS", str(tmp_path))
    ticks = itertools.count()
    monkeypatch.setattr(runner, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    monkeypatch.setattr(sys.modules["ldyn.sweep.freeze"], "source_digest", lambda study: "abc")
    made = SimpleNamespace(
        __name__="record_toy",
        cells=lambda scale: [Cell(seed=s, n=n) for n in (1, 2, 4) for s in range(4)],
        run=lambda cell: {"risk": 1 / (cell.n + cell.seed)},
    )
    monkeypatch.setitem(sys.modules, "record_toy", made)
    return made


def frozen_file(path):
    data = json.loads(path.read_text())
    return data["provenance"], data["rows"]


def test_a_cell_is_on_disk_before_it_is_counted(study, monkeypatch):
    path, synced, seen = lines_path(study, "smoke"), [], []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(len(read_lines(path))))
    run_study(study, "smoke", report=lambda p: seen.append((p.done, len(read_lines(path)))))
    assert synced == list(range(1, 13))
    assert seen == [(k, k) for k in range(13)]


def test_the_time_left_is_that_of_the_cells_left(study):
    seen = []
    run_study(study, "smoke", report=seen.append)
    assert math.isnan(seen[0].left)
    # a cell alone reads the clock three times
    assert [p.left for p in seen[1:]] == [3 * (12 - k) for k in range(1, 13)]
    path = lines_path(study, "smoke")
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:5]))
    run_study(study, "smoke", report=seen.append)
    assert (seen[13].done, seen[14].left, seen[-1].left) == (5, 18, 0)


def test_failed_cells_are_counted_apart(study):
    study.run = lambda cell: {"risk": 1 / (cell.n - 2)}
    last = run_study(study, "smoke")
    assert (last.done, last.total, last.failed, last.left) == (8, 12, 4, 0)
    errors = [r["error"] for r in read_lines(lines_path(study, "smoke")).values() if "error" in r]
    assert errors == ["ZeroDivisionError: division by zero"] * 4


def test_progress_reads_as_a_bar():
    half = Progress(done=6, total=12, failed=1, left=120.0)
    assert str(half) == f"[{'#' * 12}{'.' * 12}] 6/12, 1 failed, about 2.0 min left"
    none = Progress(done=0, total=0, failed=0, left=float("nan"))
    assert str(none) == f"[{'.' * 24}] 0/0"


def test_numbers_have_six_digits_at_any_depth(study):
    study.run = lambda cell: {"a": math.pi, "b": [math.pi, {"c": (1e-9 * math.pi, 7)}], "d": "πππ"}
    run_study(study, "smoke")
    short = {"a": 3.14159, "b": [3.14159, {"c": [3.14159e-9, 7]}], "d": "πππ"}
    assert all(r["result"] == short for r in read_lines(lines_path(study, "smoke")).values())


def test_a_torn_line_is_left_out_and_stays_alone_on_its_line(study):
    run_study(study, "smoke")
    path = lines_path(study, "smoke")
    path.write_text(path.read_text()[:-10])
    assert len(read_lines(path)) == 11
    run_study(study, "smoke")
    assert len(read_lines(path)) == 12
    assert len(path.read_text().splitlines()) == 13


def test_a_batch_with_too_few_results_is_no_batch(study):
    study.group = lambda cell: cell.n
    study.run_group = lambda cells: [study.run(c) for c in cells[1:]]
    with pytest.raises(ValueError, match="shorter"):
        run_study(study, "smoke")


def test_a_cell_of_a_pool_has_one_thread_and_gives_back_the_others(study):
    seen, run = [], study.run
    study.run = lambda cell: seen.append(torch.get_num_threads()) or run(cell)
    torch.set_num_threads(3)
    try:
        with ThreadPoolExecutor(1) as pool:
            assert run_study(study, "smoke", executor=pool).done == 12
            assert pool.submit(torch.get_num_threads).result() == 3
    finally:
        torch.set_num_threads(1)
    assert seen == [1] * 12


@pytest.mark.parametrize(("batched", "seconds"), [(False, 12.0), (True, 3.0)])
def test_what_is_frozen_says_where_it_comes_from(study, batched, seconds):
    if batched:
        study.group, study.DTYPE = lambda cell: cell.n, "float32"
        study.run_group = lambda cells: [study.run(c) for c in cells]
    run_study(study, "full")
    # a cell that the study no longer lists does not count
    other = {"cell": {"seed": 9, "n": 9}, "result": {"risk": 0.0}, "seconds": 100.0}
    with lines_path(study, "full").open("a") as out:
        out.write(json.dumps(other) + "\n")
    about, rows = frozen_file(freeze(study, "full"))
    assert (about["study"], about["scale"], about["source"]) == ("record_toy", "full", "abc")
    assert (about["dtype"], about["wall_seconds"]) == ("float32" if batched else "float64", seconds)
    assert len(rows) == 12
    assert list(rows[0]) == ["seed", "n", "risk"]


def test_a_run_and_a_freeze_of_one_scale_know_nothing_of_another(study):
    run_study(study, "laptop")
    with pytest.raises(
        ValueError, match=r"12 missing and 0 failed cells of 12, such as .*\"n\": 1"
    ):
        freeze(study, "full")


@pytest.fixture
def command(study, monkeypatch):
    """The command line, to which "record_toy" is a study."""
    return lambda *words: main(
        lambda: ["record_toy"], lambda name: study, [words[0], "record_toy", *words[1:]]
    )


def test_the_command_runs_and_freezes_at_the_scale_it_is_told(study, command, capsys):
    assert command("run", "--scale", "full") == 0
    assert len(read_lines(lines_path(study, "full"))) == 12
    assert not lines_path(study, "laptop").exists()
    assert command("freeze", "--scale", "full") == 0
    assert capsys.readouterr().out.endswith("record_toy.json\n")
    assert command("freeze", "--scale", "laptop") == 2
    study.run = lambda cell: {"risk": 1 / 0}
    assert command("run", "--scale", "laptop") == 1


def test_the_command_has_as_many_workers_as_it_is_told(command, monkeypatch):
    asked = []

    def pool(workers, **choices):
        asked.append(workers)
        return ThreadPoolExecutor(1)

    monkeypatch.setattr("ldyn.sweep.command.ProcessPoolExecutor", pool)
    assert command("run") == 0
    assert asked == []
    assert command("run", "--scale", "full", "--workers", "3") == 0
    assert asked == [3]


def test_without_dask_the_command_says_what_to_install(command, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert command("run", "--dask", "local") == 2
    assert "pip install 'ldyn[dask]'" in capsys.readouterr().err
