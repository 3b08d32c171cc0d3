"""What chooses itself: leave-one-out, its slope, its estimates and its optimism; the bands."""

import math

import pytest
import torch

from ldyn.core import frozen, mean_interval, stream
from ldyn.kernels import Gaussian, Laplace
from ldyn.lowcost import stochastic_diagonal
from ldyn.solvers import (
    KernelRidge,
    loo_path,
    loo_residuals,
    loo_slope,
    rpcholesky,
)
from ldyn.solvers.cells import solve_rows
from ldyn.solvers.choice import choose

F64 = torch.float64


def waves(n, d, *names, bandwidth=3.0, noise=0.1):
    g = stream("choice claims", *names)
    w = Gaussian(bandwidth).frequencies(torch.rand(500, d + 1, generator=g, dtype=F64))
    a, b = torch.randn(2, 500, generator=g, dtype=F64) / 500**0.5
    x = torch.randn(n, d, generator=g, dtype=F64)
    error = noise * torch.randn(n, generator=g, dtype=F64)
    return x, (x @ w.T).cos() @ a + (x @ w.T).sin() @ b + error


def inverse(gram, ridge):
    return torch.linalg.inv(gram + ridge * torch.eye(len(gram), dtype=F64))


def test_one_factor_gives_what_refitting_gives(claim):
    x, y = waves(120, 3, "brute")
    noise = 0.05 / (0.5 + torch.rand(120, generator=stream("choice weights"), dtype=F64))
    gram, slow = Gaussian(2.0)(x, x), torch.empty(120, dtype=F64)
    for i in range(120):
        rest = torch.arange(120) != i
        system = gram[rest][:, rest] + noise[rest].diag()
        slow[i] = y[i] - gram[i, rest] @ torch.linalg.solve(system, y[rest])
    rows = torch.randperm(120, generator=stream("choice rows"))
    _, found, _ = solve_rows(x, y[:, None], noise, kernel=Gaussian(2.0), rows=rows, own=40)
    off = (loo_residuals(gram, y, ridge=noise) - slow).abs().max()
    off = max(off, (found[:, 0] - slow[rows[80:]]).abs().max()).item()
    claim("choice-loo-brute", measured=0.0 if off < 1e-10 else off)
    assert off < 1e-10


def test_a_path_is_that_of_single_factors(claim):
    x, y = waves(300, 10, "path")
    ridges, off = [1e-3, 1e-2, 0.1, 1.0, 10.0], 0.0
    for kernel in (Laplace(0.5), Laplace(3.0), Gaussian(3.0)):
        gram = kernel(x, x)
        each = torch.stack([loo_residuals(gram, y, ridge=r).square().mean() for r in ridges])
        off = max(off, (loo_path(gram, y, ridges=ridges) / each - 1).abs().max().item())
    claim("choice-loo-path", measured=0.0 if off < 1e-10 else off)
    assert off < 1e-10


def test_the_slope_is_that_of_differences(claim):
    x, y = waves(90, 10, "slope")
    theta = torch.linspace(0.5, 1.4, 11, dtype=F64)
    theta[10] = math.log(0.05)

    def value(t):
        widths, ridge = t[:10].exp(), t[10].exp()
        ones = torch.ones(1, 90, dtype=F64)
        return loo_slope(
            x[None], y[None, :, None], ones, kernel=Gaussian, bandwidths=widths, ridge=ridge
        )

    found, steps = value(theta), 1e-5 * torch.eye(11, dtype=F64)
    slope = torch.cat([found[1][0], found[2]])
    moved = torch.stack([(value(theta + e)[0] - value(theta - e)[0])[0] / 2e-5 for e in steps])
    off = ((slope - moved).norm() / slope.norm()).item()
    claim("choice-slope", measured=0.0 if off < 1e-7 else off)
    assert off < 1e-7


def ratios(target, rows, field):
    data = frozen("density").where(target=target, rows=rows)
    patches, random = (data.where(judged=j).rows for j in ("patches", "random"))
    logs = [math.log(p[field] / r[field]) for p, r in zip(patches, random, strict=True)]
    found = mean_interval(logs)
    return [math.exp(v) - 1 for v in (found.value, found.low, found.high)]


def test_random_rows_do_not_carry_over_where_the_truth_jumps(claim):
    value, low, high = ratios("edge", 32_000, "loo")
    claim("choice-density", measured=value, low=low, high=high)
    assert high < 0


def test_patches_cost_nothing_where_the_kernel_is_right(claim):
    value, low, high = ratios("smooth", 8000, "test")
    claim("choice-density-smooth", measured=value, low=low, high=high)
    assert high < 0.02


def test_many_bandwidths_must_be_cross_fitted(claim):
    logs, own, taken = [], [], 0
    for s in range(8):
        x, y = waves(1100, 10, "columns", s, noise=0.3)
        z, fresh = x[:100], x[100:]
        centred = (y[:100] - y[:100].mean())[:, None]
        chosen, found = choose(
            z, centred, torch.ones(100, dtype=F64), kernels=["gaussian"], bandwidths=None,
            ridge=None, generator=stream("choice", s),
        )  # fmt: skip
        taken += len(chosen.bandwidths) > 1
        errors = []
        for c in found:
            gram = Gaussian(1.0)(z / c.bandwidths, z / c.bandwidths)
            cross = Gaussian(1.0)(fresh / c.bandwidths, z / c.bandwidths)
            guess = (cross @ inverse(gram, c.ridge) @ centred)[:, 0] + y[:100].mean()
            errors.append((guess - y[100:]).square().mean().item())
        logs.append(math.log(errors[1] / errors[0]))
        own.append(found[1].loo < found[0].loo)
    found = mean_interval(logs)
    value, low, high = (math.exp(v) for v in (found.value, found.low, found.high))
    # The descents are stopped before their end, and where differs from processor to processor.
    claim("choice-cross-fitted", measured=value, low=low, high=high, within=5e-3)
    assert all(own)
    assert low > 1
    assert taken == 0


def product(s, n=1000):
    x, y = waves(n, 10, "product", s)
    draw = stream("pivots", s)
    factor = rpcholesky(x, kernel=Gaussian(3.0), rank=n // 4, generator=draw).factor
    return Gaussian(3.0)(x, x), y - y.mean(), factor


def test_the_stochastic_diagonal_is_unbiased_and_its_ratio_is_not(claim):
    gram, y, factor = product(0)
    off, ratio = 0.0, []
    for ridge in (10.0, 1.0, 0.1, 0.01, 0.001):
        a = inverse(gram, ridge)
        found, spread = stochastic_diagonal(
            lambda v, a=a: a @ v, factor, ridge=ridge, probes=32, generator=stream("signs")
        )
        off = max(off, ((found - a.diagonal()) / spread).abs().max().item())
        c = a @ y
        ratio.append(((c / found).square().mean() / (c / a.diagonal()).square().mean()).item())
    claim("choice-diagonal", measured=off)
    claim("choice-diagonal-ratio", measured=f"{ratio[-1]:.1f}")
    assert off < 6
    assert abs(ratio[0] - 1) < 0.01
    assert ratio[-1] > 1.5


def test_the_low_rank_alone_takes_the_smallest_ridge(claim):
    ridges, count = [1.0, 0.1, 0.01, 0.001], 0
    for s in range(8):
        gram, y, factor = product(s, n=600)
        exact, low = [], []
        for ridge in ridges:
            a, inner = inverse(gram, ridge), inverse(factor @ factor.T, ridge)
            c = a @ y
            exact.append((c / a.diagonal()).square().mean())
            low.append((c * ridge / (1 - (factor * (inner @ factor)).sum(0))).square().mean())
        assert all(a <= b for a, b in zip(low, exact, strict=True))
        count += min(low) is low[-1] and min(exact) is not exact[-1]
    claim("choice-low-rank", measured=count)
    assert count == 8


def test_optimism_of_the_choice(claim):
    logs = {}
    for name, given in (("fixed", {"bandwidth": 2.0, "penalty": 0.09}), ("chosen", {})):
        pairs = []
        for s in range(60):
            x, y = waves(1050, 3, "optimism", s, bandwidth=2.0, noise=0.3)
            model = KernelRidge("gaussian", **given).fit(x[:50], y[:50])
            error = (model.predict(x[50:]) - y[50:]).square().mean()
            pairs.append((model.record_.loo, error.item()))
        loo, test = torch.tensor(pairs, dtype=F64).T
        ratio = (loo.mean() / test.mean()).item()
        half = 2.0 * ((loo - ratio * test).std() / test.mean() / 60**0.5).item()
        logs[name] = ratio, ratio - half, ratio + half
    for name, (value, low, high) in logs.items():
        claim(f"choice-optimism-{name}", measured=value, low=low, high=high)
    assert logs["fixed"][1] < 1 < logs["fixed"][2]
    assert logs["chosen"][2] < 1


def test_leave_one_out_of_a_finished_fit_is_the_test_error(claim):
    rows = frozen("selected").rows
    found = mean_interval([math.log(r["selected_loo"] / r["selected"]) for r in rows])
    value, low, high = (math.exp(v) for v in (found.value, found.low, found.high))
    claim("choice-optimism-tables", measured=value, low=low, high=high)
    assert low < 1 < high
    assert 0.9 < value < 1.1


def test_what_is_selected_is_as_good_as_the_best_of_a_grid(claim):
    rows = frozen("selected").rows
    count = sum(r["selected"] <= 1.01 * r["best"] for r in rows)
    claim("choice-selected", measured=f"{count} of {len(rows)}")
    assert count >= 13


@pytest.mark.xfail(strict=True, reason="the ridge is bounded, and leave-one-out errs on one table")
def test_one_gaussian_bandwidth_is_as_good_as_the_best_of_a_grid(claim):
    rows = frozen("selected").rows
    count = sum(r["gaussian"] <= 1.01 * r["gaussian_best"] for r in rows)
    claim("choice-like-for-like", measured=f"{count} of {len(rows)}")
    assert count >= 13


def line(growing, s, n=400):
    g = stream("choice bands", s)
    x = torch.rand(n, 1, generator=g, dtype=F64)
    factor = torch.linalg.cholesky(Gaussian(0.2)(x, x) + 1e-9 * torch.eye(n, dtype=F64))
    f = factor @ torch.randn(n, generator=g, dtype=F64)
    noise = 0.3 * torch.randn(n, generator=g, dtype=F64)
    return x, f + noise * (2 * x[:, 0] if growing else 1)


def shares(draws, growing=False, **given):
    """The share of new answers inside a band, a number a draw."""
    found = []
    for s in range(draws):
        x, y = line(growing, s)
        model = KernelRidge("gaussian", **given).fit(x[:200], y[:200])
        mean, deviation = model.predict(x[200:], return_std=True)
        inside = ((y[200:] - mean).abs() < 1.96 * deviation).double()
        found.append(inside[x[200:, 0] > 0.75].mean() if growing else inside.mean())
    return mean_interval(torch.stack(found))


def test_bands_hold_what_they_say_of_the_process_itself(claim):
    given = shares(80, bandwidth=0.2, penalty=0.09)
    chosen = shares(40)
    for name, found in (("choice-coverage", given), ("choice-coverage-chosen", chosen)):
        claim(name, measured=found.value, low=found.low, high=found.high)
    assert given.low < 0.95 < given.high
    assert 0.93 < chosen.value < 0.97


def test_bands_are_too_narrow_where_the_noise_is_loud(claim):
    found = shares(20, growing=True)
    claim("choice-coverage-wrong", measured=found.value, low=found.low, high=found.high)
    assert found.high < 0.9
