"""Claims on the choice of a basis: what is left of the trace, the error of the fit, rounding."""

import math

import numpy as np
import pytest
import torch

from ldyn.core import frozen, log_contrast, slope, stream
from ldyn.kernels import Gaussian, Matern32
from ldyn.lowcost import columns_enough, expected_traces
from ldyn.solvers import NystromFeatures, rpcholesky, uniform_points

F32, F64 = torch.float32, torch.float64
TABLES = ("square", "clusters", "strays", "eight", "twenty")


def column(field, **fields):
    return torch.tensor(frozen("basis").where(**fields).column(field), dtype=F64)


def ratio(one, other):
    """The mean of one column over that of another, paired, with its interval."""
    value, half = log_contrast(one[:, None], torch.ones(1, dtype=F64), over=other[:, None])
    found = [math.exp(float(v)) for v in (value, value - half, value + half)]
    return dict(zip(("measured", "low", "high"), found, strict=True))


def rules(field, table, one, other, k):
    return ratio(*(column(field, table=table, rule=r, centres=k) for r in (one, other)))


def test_the_trace_left_is_within_the_bound(claim):
    worst, floor = {"high": 0.0}, math.inf
    for table in TABLES:
        for k in (16, 32, 64, 128, 256):
            where = {"table": table, "rule": "rpcholesky", "centres": k}
            left, bound, best = (column(f, **where) for f in ("left", "bound", "best"))
            worst = max(worst, ratio(left, bound), key=lambda r: r["high"])
            floor = min(floor, (left - best).min().item())
    claim("basis-bound", **worst)
    assert worst["high"] <= 1
    assert floor >= -1e-9  # no k columns are better than the best rank k


def test_so_many_columns_are_enough(claim):
    points = torch.rand(300, 2, generator=stream("claim columns"), dtype=F64)
    worst, draw = {"high": 0.0}, stream("claim pivots")
    for kernel, rank, slack in ((Gaussian(0.3), 10, 0.5), (Matern32(0.4), 15, 1.0)):
        values = torch.linalg.eigvalsh(kernel(points, points)).flip(0)
        k, allowed = (
            columns_enough(values, rank=rank, slack=slack),
            (1 + slack) * values[rank:].sum(),
        )
        assert expected_traces(values, count=k)[-1] <= allowed
        left = torch.tensor(
            [rpcholesky(points, kernel=kernel, rank=k, generator=draw).left for _ in range(40)]
        )
        worst = max(worst, ratio(left.double(), allowed.expand(40)), key=lambda r: r["high"])
    claim("basis-columns", **worst)
    assert worst["high"] <= 1


def test_uniform_draws_miss_clusters(claim):
    left = rules("left", "clusters", "uniform", "rpcholesky", 128)
    error = rules("error", "clusters", "uniform", "rpcholesky", 128)
    claim("basis-clusters", **left)
    claim("basis-clusters-error", **error)
    assert min(left["low"], error["low"]) > 1


def test_the_greedy_rule_goes_astray(claim):
    found = rules("left", "strays", "greedy", "rpcholesky", 64)
    claim("basis-greedy", **found)
    assert found["low"] > 1


def test_leverage_draws_do_not_see_each_other(claim):
    found = rules("left", "clusters", "leverage", "rpcholesky", 128)
    claim("basis-leverage", **found)
    assert found["low"] > 1


@pytest.mark.xfail(strict=True, reason="uniform draws predict better among strays")
def test_pivots_fit_no_worse_among_strays(claim):
    found = rules("error", "strays", "uniform", "rpcholesky", 32)
    claim("basis-strays-error", **found)
    assert found["low"] >= 1


@pytest.mark.xfail(strict=True, reason="no lead is shown: the intervals contain 1")
def test_pivots_fit_better_in_normal_columns(claim):
    both = [rules("error", t, "uniform", "rpcholesky", 256) for t in ("eight", "twenty")]
    worst = min(both, key=lambda r: r["low"])
    claim("basis-even", **worst)
    assert worst["low"] > 1


def test_centres_of_the_data_are_ahead_of_frequencies(claim):
    found = [rules("error", t, "fourier", "uniform", 256) for t in ("square", "eight", "twenty")]
    least = min(found, key=lambda r: r["low"])
    other = rules("error", "clusters", "fourier", "uniform", 256)
    claim("basis-fourier", **least)
    claim("basis-fourier-clusters", **other)
    assert least["low"] > 1
    assert other["high"] < 1


def test_root_n_log_n_features_are_enough(claim):
    ns = frozen("basis").where(table="rate").values("n")
    counts = [math.ceil(n**0.5 * math.log(n)) for n in ns]
    rates, over = {}, {}
    for rule in ("uniform", "fourier"):
        cells = [{"table": "rate", "n": n, "rule": rule, "centres": k}
                 for n, k in zip(ns, counts, strict=True)]  # fmt: skip
        rates[rule] = slope(ns, torch.stack([column("error", **c) for c in cells], 1))
        over[rule] = ratio(*(column(f, **cells[-1]) for f in ("error", "full")))
    steepest = max(rates.values(), key=lambda r: r.high)
    claim("basis-root-log", measured=steepest.value, low=steepest.low, high=steepest.high)
    claim("basis-root-log-full", **over["uniform"])
    claim("basis-root-log-fourier", **over["fourier"])
    assert steepest.high <= -0.5
    assert over["uniform"]["high"] < 1.01
    assert over["fourier"]["high"] < 1.25


def test_the_trace_left_bounds_what_the_fit_loses(claim):
    draw, worst, stopped = stream("claim enough"), 0.0, 0.0
    for kernel, d in ((Gaussian(0.3), 2), (Matern32(0.8), 3)):
        x = torch.rand(300, d, generator=draw, dtype=F64)
        gram, ridge, one = kernel(x, x), 0.1, torch.eye(300, dtype=F64)
        f = torch.sin(5 * x[:, 0]) + (x[:, 1] > 0.5)

        def risk(a, ridge=ridge, one=one, f=f):
            inverse = torch.linalg.inv(a + ridge * one)
            return (ridge * inverse @ f).square().sum() + 0.09 * (a @ inverse).square().sum()

        for k in (2, 5, 10, 20, 40, 80, 160):
            factor = rpcholesky(x, kernel=kernel, rank=k, generator=draw).factor
            near = factor.T @ factor
            delta = torch.linalg.matrix_norm(gram - near, 2)
            allowed = (1 + delta / ridge) ** 2
            assert risk(near) <= allowed * risk(gram) * (1 + 1e-9)
            if delta > ridge / 10:  # below, both sides are 1
                worst = max(worst, (risk(near) / risk(gram) / allowed).item())
        enough = rpcholesky(x, kernel=kernel, rank=300, generator=draw, stop=ridge / 10, block=4)
        assert enough.left <= ridge / 10
        near = enough.factor.T @ enough.factor
        stopped = max(stopped, (risk(near) / risk(gram)).item())
    claim("basis-enough", measured=worst)
    claim("basis-stop", measured=stopped)
    assert worst <= 1
    assert stopped <= 1.21


def test_whitened_features_survive_float32(claim):
    draw, ridge, kernel = stream("claim rounding"), 0.01, Matern32(0.5)
    x, z = (torch.rand(n, 2, generator=draw, dtype=F64) for n in (4000, 1000))
    truth = lambda p: torch.sin(3 * p[:, 0]) * torch.cos(2 * p[:, 1])  # noqa: E731
    y = truth(x) + 0.1 * torch.randn(4000, generator=draw, dtype=F64)
    largest, errors = 0.0, {}
    for name, s in (("distinct", x[:200]), ("twice", x[:100].repeat(2, 1))):
        for dtype in (F32, F64):
            a, b, c, t = (v.to(dtype) for v in (x, z, s, y))
            features = NystromFeatures(kernel, len(c), selection="uniform").fit(c)
            phi = features.transform(a)
            assert (phi.square().sum(1) <= 1 + 1e-5).all()
            white = phi.T @ phi + ridge * torch.eye(len(c), dtype=dtype)
            largest = max(largest, torch.linalg.cond(white.double()).item() / (1 + 4000 / ridge))
            low, info = torch.linalg.cholesky_ex(white)
            assert info == 0
            w = torch.cholesky_solve((phi.T @ t)[:, None], low)[:, 0]
            errors[name, dtype] = (features.transform(b) @ w - truth(z)).square().mean().sqrt()
    a, c, t = (v.float() for v in (x, x[:200], y))
    raw = kernel(a, c)
    normal, right = raw.T @ raw + ridge * kernel(c, c), raw.T @ t
    assert torch.linalg.cholesky_ex(normal).info > 0
    # Solved as well as can be: what the product has lost is lost.
    late = kernel(z, x[:200]) @ torch.linalg.solve(normal.double(), right.double())
    worse = (late - truth(z)).square().mean().sqrt() / errors["distinct", F32]
    claim("basis-condition", measured=largest)
    claim("basis-float32", measured="fails" if worse > 1.2 else "works")
    assert largest <= 1
    assert all(errors[n, F32] < 1.05 * errors[n, F64] for n in ("distinct", "twice"))
    assert worse > 1.2


def test_pivots_are_nodes(claim):
    node, mass = (torch.from_numpy(v) / 2 for v in np.polynomial.legendre.leggauss(32))
    grid = torch.cartesian_prod(node + 0.5, node + 0.5)
    mass, draw = torch.outer(mass, mass).flatten(), stream("claim nodes")

    def best(kernel, nodes):
        low = torch.linalg.cholesky(kernel(nodes, nodes) + 1e-13 * torch.eye(len(nodes), dtype=F64))
        at = torch.linalg.solve_triangular(low, (kernel(nodes, grid) @ mass)[:, None], upper=False)
        return (mass @ kernel(grid, grid) @ mass - at.square().sum()).sqrt()

    found = {}
    for name, kernel in (("smooth", Gaussian(0.2)), ("rough", Matern32(0.3))):
        rows = []
        for _ in range(8):
            pool = torch.rand(1000, 2, generator=draw, dtype=F64)
            pivots = rpcholesky(pool, kernel=kernel, rank=128, generator=draw).chosen
            sobol = uniform_points(128, 2, sampler="sobol", generator=draw)
            rows.append([best(kernel, s) for s in (pool[:128], sobol, pool[pivots])])
        found[name] = torch.tensor(rows)
    ahead = [ratio(t[:, 0], t[:, 2]) for t in found.values()]
    smooth, rough = (ratio(t[:, 1], t[:, 2]) for t in found.values())
    claim("basis-nodes", **min(ahead, key=lambda r: r["low"]))
    claim("basis-nodes-sobol", **smooth)
    claim("basis-nodes-rough", **rough)
    assert min(r["low"] for r in ahead) > 1
    assert smooth["low"] > 1
    assert rough["high"] < 1


def test_pivots_bound_the_mmd_of_the_rows(claim):
    draw, worst = stream("claim mmd"), 0.0
    for kernel in (Gaussian(0.3), Matern32(0.5)):
        x = torch.rand(200, 2, generator=draw, dtype=F64)
        for k in (3, 10, 30):
            found = rpcholesky(x, kernel=kernel, rank=k, generator=draw)
            s, gram = found.chosen, kernel(x, x)
            w = torch.linalg.solve(gram[s][:, s], gram[s].mean(1))
            error = gram.mean() - 2 * w @ gram[s].mean(1) + w @ gram[s][:, s] @ w
            rest = gram - found.factor.T @ found.factor
            assert abs(error - rest.mean()) < 1e-10
            worst = max(worst, (error * 200 / found.left).item())
    claim("basis-mmd", measured=worst)
    assert worst <= 1
