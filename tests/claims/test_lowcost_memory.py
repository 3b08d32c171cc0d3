"""Totals that merge, forget, resume and meet; and the penalty that is chosen from them."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ldyn.core import frozen, mean_interval, stream
from ldyn.lowcost import (
    FeatureRidge,
    NormalEquations,
    accumulate,
    dask_accumulate,
    kept,
    ridge_fit,
)
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
    claim("memory-float32", measured=round(worst, 1))
    assert 0 < worst <= 1


def test_the_error_of_gcv_is_within_its_bound(claim):
    """E GCV and T in closed form, over penalties and functions; E GCV also by simulation."""
    worst = 0.0
    n, sigma = 60, 0.3
    for seed in range(5):
        x = rows(n, "bound", seed)[0]
        phi = FourierFeatures(n_features=80, bandwidth=0.4, seed=seed).fit(x).transform(x)
        f = torch.sin((3 + 2 * seed) * x[:, 0])
        c = phi - phi.mean(0)
        for penalty in 10.0 ** torch.arange(-6, 3):
            hat = c @ torch.linalg.solve(c.T @ c + penalty * torch.eye(80, dtype=F64), c.T) + 1 / n
            one, two = hat.trace() / n, hat.square().sum() / n
            left = f - hat @ f
            risk = left.square().mean() + sigma**2 * two
            gcv = (left.square().mean() + sigma**2 * (1 - 2 * one + two)) / (1 - one) ** 2
            bound = max(2 * one - one**2, one**2 / two) / (1 - one) ** 2 * risk
            worst = max(worst, ((gcv - sigma**2 - risk).abs() / bound).item())
            assert bound <= risk / (1 - one) ** 2 * (1 + 1e-9)
        noise = sigma * torch.randn(n, 1_000, generator=stream("noise", seed), dtype=F64)
        drawn = [totals(phi, (f + e)[:, None]) for e in noise.T]
        found = torch.tensor([ridge_fit(t, penalty=100.0).gcv.item() for t in drawn])
        assert abs(found.mean() - gcv) <= 4 * found.std() / 1_000**0.5
    claim("memory-gcv-bound", measured=worst)
    assert worst <= 1


def path(x, y, truth_at, truth, base, lowest=1e-6):
    """GCV, leave-one-out, error at fresh points and tr H, two a decade from the lowest.

    Below, solutions depend on the rounding, and so on the machine.
    """
    keep = base.fit_.penalties > lowest
    gcv = base.fit_.gcv[keep][::2]
    found = []
    for penalty in base.fit_.penalties[keep][::2].tolist():
        at = FeatureRidge(base.features_, penalty=penalty).merge(base)
        loo = at.leave_one_out(x, y).square().mean()
        risk = (at.predict(truth_at)[:, 0] - truth).square().mean()
        found.append((loo, risk, torch.tensor(at.fit_.effective)))
    return gcv, *(torch.stack(column) for column in zip(*found, strict=True))


def test_twins_fool_gcv_past_half_the_rows(claim):
    few, fresh = (rows(n, "twins", n)[0].round(decimals=1) for n in (100, 2_000))
    y, truth = ((x.sum(1) > 1.5).to(F64) for x in (few, fresh))
    base = FeatureRidge(FourierFeatures(n_features=400), penalty="gcv").fit(few, y[:, None])
    gcv, loo, risk, effective = path(few, y[:, None], fresh, truth, base, 1e-10)
    trap = int(gcv.argmin())
    claim("memory-gcv-twins", measured=round(effective[trap].item()))
    assert effective[trap] > 50
    assert loo[trap] > 100 * gcv[trap]
    assert base.fit_.effective <= 50
    assert (base.predict(fresh)[:, 0] - truth).square().mean() <= 1.5 * risk.min()


def test_noise_at_the_edge_fools_gcv_and_not_leave_one_out(claim):
    cost = {"gcv": [], "loo": []}
    for seed in range(9):
        draw = stream("edge claims", seed)
        a, b = (torch.randn(k, 2, generator=draw, dtype=F64) for k in (300, 1_000))
        size = 0.2 + a.norm(dim=1) ** 2 / 16
        noise = size * torch.randn(300, generator=draw, dtype=F64)
        y, truth = (torch.sin(2 * z[:, 0]) + 0.5 * z[:, 1] for z in (a, b))
        map_ = FourierFeatures(n_features=60, bandwidth=0.7, seed=seed)
        base = FeatureRidge(map_).fit(a, (y + noise)[:, None])
        gcv, loo, risk, _ = path(a, (y + noise)[:, None], b, truth, base)
        for name, score in (("gcv", gcv), ("loo", loo)):
            cost[name].append((risk[score.argmin()] / risk.min()).item())
    medians = {name: float(np.median(values)) for name, values in cost.items()}
    claim("memory-gcv-edge", measured=medians["gcv"])
    claim("memory-loo-edge", measured=medians["loo"])
    assert medians["gcv"] > 3
    assert medians["loo"] < 1.5


def test_rows_kept_are_leave_one_out_and_on_average_all_that_gcv_lacks(claim, monkeypatch):
    """All of 60 rows by brute force; then 50 of 400, in 400 draws, where noise grows outwards."""
    x, y = rows(400, "kept")
    y = y + 3 * (x - 0.5).square().sum(1, keepdim=True) * torch.randn(
        y.shape, generator=stream("kept noise"), dtype=F64
    )
    phi = FourierFeatures(n_features=40, bandwidth=0.5).fit(x).transform(x)
    few, error = totals(phi[:60], y[:60]), 0.0
    for i in range(60):
        rest = ridge_fit(few.copy().remove(phi[i : i + 1], y[i : i + 1]), penalty=0.1)
        error += (y[i] - phi[i] @ rest.coefficients - rest.intercept).square().item() / 60
    off = abs(ridge_fit(few, penalty=0.1).loo.item() / error - 1)
    claim("memory-kept-exact", measured=off)
    assert off <= 1e-10
    every = ridge_fit(totals(phi, y), penalty=0.1)
    monkeypatch.setattr(kept, "LIMIT", 50)
    shares = []
    for seed in range(400):  # keys of random numbers in place of x
        other = torch.randn(400, 1, generator=stream("kept draw", seed))
        drawn = NormalEquations.empty(40).add(phi, y, x=other)
        shares.append((ridge_fit(drawn, penalty=0.1).loo - every.gcv) / (every.loo - every.gcv))
    share = mean_interval(torch.cat(shares))
    claim("memory-kept-unbiased", measured=share.value, low=share.low, high=share.high)
    assert share.low <= 1 <= share.high


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


def test_the_default_is_nearly_the_best_with_either_noise(claim):
    """30,000 rows, of which 4,096 are kept: errors over those of the best penalty, 9 draws."""
    medians = {}
    for loud in (0.0, 1 / 16):
        cost = {"gcv": [], "loo": []}
        for seed in range(9):
            draw = stream("kept claims", loud, seed)
            a, b = (torch.randn(k, 2, generator=draw, dtype=F64) for k in (30_000, 1_000))
            y, truth = (torch.sin(2 * z[:, 0]) + 0.5 * z[:, 1] for z in (a, b))
            size = 0.2 + loud * a.norm(dim=1) ** 2
            y = y + size * torch.randn(len(a), generator=draw, dtype=F64)
            base = FeatureRidge(FourierFeatures(n_features=60, bandwidth=0.7, seed=seed)).fit(a, y)
            keep = base.fit_.penalties > 1e-6
            ats = [
                FeatureRidge(base.features_, penalty=p).merge(base)
                for p in base.fit_.penalties[keep][::2].tolist()
            ]
            risk = torch.stack([(at.predict(b) - truth).square().mean() for at in ats])
            for name, found in cost.items():
                score = getattr(base.fit_, name)[keep][::2]
                found.append((risk[score.argmin()] / risk.min()).item())
        medians[loud] = {name: float(np.median(values)) for name, values in cost.items()}
    claim("memory-kept-edge", measured=medians[1 / 16]["loo"])
    claim("memory-kept-even", measured=medians[0.0]["loo"] / medians[0.0]["gcv"])
    assert medians[1 / 16]["loo"] <= min(1.25, medians[1 / 16]["gcv"])
    assert medians[0.0]["loo"] <= 1.25 * medians[0.0]["gcv"]


def test_three_times_as_fast_as_sgd_as_it_comes(claim):
    """Seconds, before and of the pass, over those of the cheapest of ours that is no worse."""
    plain = [r for r in frozen("streaming").rows if "SGD, float" in r["method"]]
    best = {t: min((r for r in plain if t in r["method"]), key=lambda r: r["rmse"])
            for t in ("float64", "float32")}  # fmt: skip
    least = min(r["at_equal_error"] for r in best.values())
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
