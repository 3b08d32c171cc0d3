"""The penalty that totals choose: by generalised cross-validation, and with a sample of rows."""

import numpy as np
import torch

from ldyn.core import mean_interval, stream
from ldyn.lowcost import FeatureRidge, NormalEquations, kept, ridge_fit
from ldyn.solvers import FourierFeatures

F64 = torch.float64


def rows(n, *name):
    draw = stream("memory claims", *name)
    x = torch.rand(n, 3, generator=draw, dtype=F64)
    return x, torch.sin(6 * x[:, :1]) + 0.3 * torch.randn(n, 1, generator=draw, dtype=F64)


def totals(phi, y):
    return NormalEquations.empty(phi.shape[1]).add(phi, y)


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


def path(truth_at, truth, base, lowest=1e-6):
    """GCV, leave-one-out, error at fresh points and tr H, two a decade from the lowest.

    Below, solutions depend on the rounding, and so on the machine.
    """
    keep = base.fit_.penalties > lowest
    found = []
    for penalty in base.fit_.penalties[keep][::2].tolist():
        at = FeatureRidge(base.features_, penalty=penalty).merge(base)
        risk = (at.predict(truth_at)[:, 0] - truth).square().mean()
        found.append((risk, torch.tensor(at.fit_.effective)))
    scores = (base.fit_.gcv[keep][::2], base.fit_.loo[keep][::2])
    return *scores, *(torch.stack(column) for column in zip(*found, strict=True))


def test_twins_fool_gcv_past_half_the_rows(claim):
    few, fresh = (rows(n, "twins", n)[0].round(decimals=1) for n in (100, 2_000))
    y, truth = ((x.sum(1) > 1.5).to(F64) for x in (few, fresh))
    base = FeatureRidge(FourierFeatures(n_features=400), penalty="gcv").fit(few, y[:, None])
    gcv, loo, risk, effective = path(fresh, truth, base, 1e-10)
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
        gcv, loo, risk, _ = path(b, truth, base)
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


def test_the_default_is_nearly_the_best_with_either_noise(claim):
    """10,000 rows, of which 4,096 are kept: errors over those of the best penalty, 25 draws."""
    medians = {}
    for loud in (0.0, 1 / 16):
        cost = {"gcv": [], "loo": []}
        for seed in range(25):
            draw = stream("kept claims", loud, seed)
            a, b = (torch.randn(k, 2, generator=draw, dtype=F64) for k in (10_000, 1_000))
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
    assert medians[1 / 16]["loo"] < min(1.5, 0.9 * medians[1 / 16]["gcv"])
    assert medians[0.0]["loo"] <= 1.25 * medians[0.0]["gcv"]
