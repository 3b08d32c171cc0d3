"""Totals that merge, forget, resume and meet; what a pass costs."""

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ldyn.core import frozen, stream
from ldyn.lowcost import NormalEquations, accumulate, dask_accumulate, kept
from ldyn.solvers import FourierFeatures

F64 = torch.float64
LIB = Path(__file__).resolve().parents[2] / "lib"
TWO = """
import sys
from multiprocessing import get_context
import torch
import torch.distributed as dist
from ldyn.lowcost import accumulate
from ldyn.solvers import FourierFeatures

def work(folder, rank):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", f"file://{folder}/store", rank=rank, world_size=2)
    features = FourierFeatures(n_features=40, bandwidth=0.5).fit(torch.zeros(2, 3))
    shard = f"{folder}/x.npy", f"{folder}/y.npy"
    accumulate([shard], features, block=100, dtype=torch.float64).save(f"{folder}/totals{rank}")
    dist.destroy_process_group()

made = [get_context("fork").Process(target=work, args=(sys.argv[1], r)) for r in range(2)]
[process.start() for process in made]
[process.join() for process in made]
"""


def rows(n, *name):
    draw = stream("memory claims", *name)
    x = torch.rand(n, 3, generator=draw, dtype=F64)
    return x, torch.sin(6 * x[:, :1]) + 0.3 * torch.randn(n, 1, generator=draw, dtype=F64)


@pytest.fixture(scope="module")
def features():
    return FourierFeatures(n_features=40, bandwidth=0.5).fit(torch.zeros(2, 3, dtype=F64))


@pytest.fixture(scope="module")
def data(features):
    x, y = rows(2_000)
    return features.transform(x), y


def totals(phi, y):
    return NormalEquations.empty(phi.shape[1]).add(phi, y)


def gap(a, b):
    assert a.rows == b.rows
    return ((a.gram - b.gram).norm() / b.gram.norm()).item()


def test_any_grouping_is_one_pass(claim, data):
    phi, y = data
    worst = 0.0
    for seed in range(20):
        draw = stream("groups", seed)
        order = torch.randperm(len(y), generator=draw)
        parts = [totals(phi[i], y[i]) for i in order.split(1 + 100 * (seed + 1))]
        while len(parts) > 1:  # a random tree
            i, j = torch.randperm(len(parts), generator=draw)[:2].tolist()
            parts[i].merge(parts[j])
            parts.pop(j)
        worst = max(worst, gap(parts[0], totals(phi, y)))
    claim("memory-merge", measured=worst)
    assert worst <= 1e-14


def test_what_is_forgotten_was_never_there(claim, data):
    phi, y = data
    worst = max(
        gap(totals(phi, y).remove(phi[:cut], y[:cut]), totals(phi[cut:], y[cut:]))
        for cut in (1, 500, 1_000, 1_900)
    )
    claim("memory-forget", measured=worst)
    assert worst <= 1e-13


def test_processes_and_dask_are_one_pass(claim, features, tmp_path):
    x, y = rows(2_000)
    for name, values in (("x", x), ("y", y)):
        np.save(tmp_path / f"{name}.npy", values.numpy())
    (tmp_path / "two.py").write_text(TWO)
    settings = os.environ | {
        "PYTHONPATH": str(LIB), "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo",
    }  # fmt: skip
    command = [sys.executable, str(tmp_path / "two.py"), str(tmp_path)]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    whole = totals(features.transform(x), y)
    ends = [NormalEquations.load(tmp_path / f"totals{rank}")[0] for rank in range(2)]
    apart = max(gap(end, whole) for end in ends)
    claim("memory-processes", measured=apart)
    shards = [(x[a : a + 500], y[a : a + 500]) for a in range(0, 2_000, 500)]
    tree = gap(dask_accumulate(shards, features, dtype=F64), whole)
    claim("memory-dask", measured=tree)
    assert max(apart, tree) <= 1e-13


def test_a_resumed_pass_is_the_same_bits(claim, features, tmp_path):
    class Stopped(Exception):
        pass

    def stop(progress):
        if progress.done > 900:
            raise Stopped

    shard, options = rows(2_000), {"block": 100, "checkpoint": tmp_path / "pass"}
    with pytest.raises(Stopped):
        accumulate([shard], features, every=1e-9, report=stop, **options)
    again = accumulate([shard], features, **options).gram
    apart = int((again != accumulate([shard], features, block=100).gram).sum())
    claim("memory-resume", measured=apart)
    assert apart == 0


def test_single_precision_loses_less_than_a_roundoff_of_the_trace(claim, features):
    worst = 0.0
    for n in (4_096, 40_960):
        x, y = rows(n, n)
        exact = NormalEquations.empty(40)
        for a, b in zip(x.split(4_096), y.split(4_096), strict=True):
            exact.add(features.transform(a), b)
        single = accumulate([(x, y)], features, block=4_096)
        g = exact.gram[:40, :40]
        error = torch.linalg.matrix_norm(single.gram[:40, :40] - g, 2) / g.trace()
        worst = max(worst, error.item() / 2**-24)
    # To a half: the last digits differ from one processor to the next.
    claim("memory-float32", measured=math.ceil(2 * worst) / 2)
    assert 0 < worst <= 1


def test_a_tree_of_shards_keeps_the_sample_of_one_pass(claim, data, monkeypatch):
    monkeypatch.setattr(kept, "LIMIT", 100)
    phi, y = data
    whole, differ = totals(phi, y).kept.settle(), 0
    for seed in range(20):
        order = torch.randperm(len(y), generator=stream("kept groups", seed))
        parts = [totals(phi[i], y[i]) for i in order.split(1 + 100 * (seed + 1))]
        while len(parts) > 1:
            parts = [a.merge(b) for a, b in zip(parts[::2], parts[1::2], strict=False)] + (
                parts[-1:] if len(parts) % 2 else []
            )
        found = parts[0].kept.settle()
        differ += int((found.keys[0] != whole.keys[0]).sum())
        differ += int((found.rows[0] != whole.rows[0]).sum())
    claim("memory-kept-merge", measured=differ)
    assert differ == 0


def test_three_times_as_fast_as_sgd_as_it_comes(claim):
    """Seconds, before and of the pass, over those of the cheapest of ours that is no worse."""
    plain = [r for r in frozen("streaming").rows if "SGD, float" in r["method"]]
    of = {t: [r for r in plain if t in r["method"]] for t in ("float64", "float32")}
    best = [min(some, key=lambda r: r["rmse"]) for some in of.values() if some]
    least = min(r["at_equal_error"] for r in best)
    claim("memory-default", measured=least)
    assert least >= 3


@pytest.mark.xfail(strict=True, reason="tuned, in float32, SGD is nearly a match")
def test_three_times_as_fast_as_tuned_sgd(claim):
    tuned = [r for r in frozen("streaming").rows if "SGD, tuned, float32" in r["method"]]
    best = min(tuned, key=lambda r: r["rmse"])
    near = min(
        (r for r in frozen("streaming").rows if "ldyn" in r["method"]),
        key=lambda r: abs(r["rmse"] - best["rmse"]),
    )
    ratio = best["passing"] / near["passing"]
    claim("memory-tuned", measured=ratio)
    assert ratio >= 3
