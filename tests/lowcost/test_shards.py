"""One pass over shards: in one process, after a kill, in two processes, and by Dask."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from ldyn.lowcost import FeatureRidge, NormalEquations, accumulate, dask_accumulate, kept

ROOT = Path(__file__).resolve().parents[2]
# A pass of two processes, twice: first one of them is killed in the middle, as the system would for
# want of memory, then both run again. Forked, so that torch is imported once; torchrun sets RANK.
PASS = """
import datetime, os, signal, sys
from multiprocessing import get_context
import torch
import torch.distributed as dist
from conftest import Features
from ldyn.lowcost import accumulate, kept

kept.LIMIT = 100

def work(folder, how, rank, die):
    torch.set_num_threads(1)
    limit = datetime.timedelta(seconds=60)
    dist.init_process_group("gloo", how, rank=rank, world_size=2, timeout=limit)
    seen = []
    def report(progress):
        seen.append(progress.done)
        if die and progress.done > 150:
            os.kill(os.getpid(), signal.SIGKILL)
    shards = [(f"{folder}/x{i}.npy", f"{folder}/y{i}.npy") for i in range(3)]
    totals = accumulate(shards, Features(20, 3), dtype=torch.float64, block=40, every=1e-9,
                        checkpoint=f"{folder}/pass", report=report)
    totals.save(f"{folder}/totals{rank}", seen=seen)
    dist.destroy_process_group()

if "RANK" in os.environ:
    work(sys.argv[1], "env://", int(os.environ["RANK"]), False)
else:
    for turn in range(2):
        how = f"file://{sys.argv[1]}/store{turn}"
        made = [get_context("fork").Process(target=work, args=(sys.argv[1], how, r, r > turn))
                for r in range(2)]
        for process in made:
            process.start()
        for process in made:
            process.join()
        print(*(process.exitcode for process in made))
"""


def write_shards(folder, x, y, cuts=(0, 130, 400, 700)):
    shards = []
    for i, (a, b) in enumerate(pairwise(cuts)):
        paths = (folder / f"x{i}.npy", folder / f"y{i}.npy")
        for path, values in zip(paths, (x, y), strict=True):
            np.save(path, values[a:b].numpy())
        shards.append(paths)
    return shards


@pytest.fixture
def shards(rows, tmp_path):
    return write_shards(tmp_path, *rows(700, 3, 2))


@pytest.fixture
def whole(features, rows, monkeypatch):
    """The totals of all rows in one block, of which 100 are kept."""
    monkeypatch.setattr(kept, "LIMIT", 100)
    x, y = rows(700, 3, 2)
    return NormalEquations.empty(20, 2).add(features(20, 3).transform(x), y, x=x)


def close(found, whole, tolerance=1e-13):
    assert found.rows == whole.rows
    assert (found.gram - whole.gram).norm() <= tolerance * whole.gram.norm()
    sample, other = found.kept.settle(), whole.kept.settle()
    assert torch.equal(sample.keys[0], other.keys[0])
    assert sample.below == other.below
    torch.testing.assert_close(sample.rows[0], other.rows[0], rtol=1e-5, atol=1e-6)


def test_shards_are_one_pass_with_progress(features, shards, whole, rows):
    seen = []
    f = features(20, 3)
    close(accumulate(shards, f, dtype=torch.float64, block=64, report=seen.append), whole)
    assert [p.done for p in seen] == sorted({p.done for p in seen})
    assert (seen[-1].done, seen[-1].total, seen[-1].left) == (700, 700, 0)
    assert all(p.left >= 0 for p in seen)
    x, y = rows(700, 3, 2)
    close(accumulate([(x, y)], f, dtype=torch.float64), whole)  # arrays as well as files
    model = FeatureRidge(f).merge(accumulate(shards, f))
    assert model.predict(x.float()).shape == (700, 2)


@pytest.mark.parametrize("after", [1, 3, 7])
def test_a_pass_that_stopped_goes_on_to_the_same_bits(features, shards, tmp_path, after):
    class Stopped(Exception):
        pass

    reads = []

    def stop(progress):
        reads.append(progress.done)
        if len(reads) == after:
            raise Stopped

    f, options = features(20, 3), {"block": 64, "checkpoint": tmp_path / "pass", "every": 1e-9}
    with pytest.raises(Stopped):
        accumulate(shards, f, report=stop, **options)
    again = accumulate(shards, f, report=lambda p: reads.append(p.done), **options)
    assert torch.equal(again.gram, accumulate(shards, f, block=64).gram)
    assert len(reads) == 14  # the block that was read but not written is read once more
    finished = accumulate(shards, f, report=pytest.fail, **options)
    assert torch.equal(finished.gram, again.gram)


def test_a_checkpoint_of_another_pass_is_refused(features, shards, tmp_path):
    options = {"block": 64, "checkpoint": tmp_path / "pass"}
    accumulate(shards, features(20, 3), **options)
    others = [
        lambda: accumulate(shards, features(20, 3, seed=1), **options),
        lambda: accumulate(shards[:2], features(20, 3), **options),
        lambda: accumulate(shards, features(20, 3), **options | {"block": 65}),
    ]
    np.save(shards[1][1], 2 * np.load(shards[1][1]))  # of the same size, but of another time
    others.append(lambda: accumulate(shards, features(20, 3), **options))
    for other in others:
        with pytest.raises(ValueError, match="remove it to begin anew"):
            other()


def run_script(folder, script, *launcher):
    """Run a script in a process of its own, under the Python that runs the tests."""
    path = os.pathsep.join(str(p) for p in (ROOT / "lib", Path(__file__).parent))
    environment = {k: v for k, v in os.environ.items() if k != "RANK"} | {
        "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo",
    }  # fmt: skip
    (folder / "run.py").write_text(script)
    command = [sys.executable, *launcher, str(folder / "run.py"), str(folder)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def test_two_processes_are_one_also_after_one_was_killed(shards, whole, tmp_path):
    told = run_script(tmp_path, PASS)
    assert told.stdout.split("\n")[:2] == ["1 -9", "0 0"], told.stderr
    assert "process 0 of 2 finished its share, but another one is gone; start all" in told.stderr
    ends = [NormalEquations.load(tmp_path / f"totals{rank}") for rank in range(2)]
    for totals, _ in ends:
        close(totals, whole, 1e-10)
    assert ends[0][1]["seen"] == []  # its share was in the checkpoint
    assert len(ends[1][1]["seen"]) == 6  # of 10 blocks, four were in it


@pytest.mark.long
def test_torchrun_starts_the_same_pass(shards, whole, tmp_path):
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    told = run_script(tmp_path, PASS, *launcher)
    assert told.returncode == 0, told.stderr
    for rank in range(2):
        close(NormalEquations.load(tmp_path / f"totals{rank}")[0], whole, 1e-10)


@pytest.mark.long
def test_two_million_rows_from_disk_stay_below_a_gibibyte_and_a_half(tmp_path):
    """20 columns in float32, M = 1,000, in a process of its own, which tells its peak."""
    script = """
import resource, sys
import numpy as np
from conftest import Features
from ldyn.lowcost import FeatureRidge, accumulate
paths = [f"{sys.argv[1]}/{name}.npy" for name in "xy"]
for path, shape in zip(paths, ((2_000_000, 20), (2_000_000,))):
    values = np.lib.format.open_memmap(path, "w+", np.float32, shape)
    for start in range(0, len(values), 100_000):
        draw = np.random.default_rng(start)
        values[start : start + 100_000] = draw.random((100_000, *shape[1:]))
features = Features(1000, 20)
FeatureRidge(features).merge(accumulate([paths], features)).fit_
unit = 2**30 if sys.platform == "darwin" else 2**20
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
"""
    told = run_script(tmp_path, script)
    assert float(told.stdout) <= 1.5, told.stderr


def test_dask_shards_are_one_pass(features, shards, whole):
    pytest.importorskip("dask")
    f = features(20, 3)
    close(dask_accumulate(shards, f, dtype=torch.float64, block=64), whole)
    close(dask_accumulate(shards[:1], f, dtype=torch.float64), accumulate(shards[:1], f), 1e-6)


def test_refusals_say_where_and_what_to_try(features, rows, shards):
    x, y = rows(100)
    y[70] = float("nan")
    f = features(20, 3)
    refused = [
        ("at least one shard", lambda: accumulate([], f)),
        ("at least one shard", lambda: dask_accumulate([], f)),
        (r"shards\[0\] must be", lambda: accumulate([shards[0][0]], f)),
        ("one row each", lambda: accumulate([(x, y[:50])], f)),
        (r"must be finite.*rows 60 to 90", lambda: accumulate([(x, y)], f, block=30)),
        ("block must be an integer", lambda: accumulate([(x, y)], f, block=0)),
    ]
    for says, act in refused:
        with pytest.raises(ValueError, match=says):
            act()
