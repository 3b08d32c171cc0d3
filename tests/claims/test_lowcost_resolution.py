"""Chapter 5, resolution: the trade-off, the constants of residual correction, and the wall."""

import itertools
import math

import pytest
import torch

from ldyn.core import frozen, mean_interval, slope, stream
from ldyn.kernels import Gaussian, Laplace, Matern32
from ldyn.layers import Wendland, residual_correction

F64 = torch.float64
LINE = torch.linspace(0, 1, 2**12 + 1, dtype=F64)
TRUTHS = (
    lambda t: (9 * t**1.5).sin() * (1 - 0.5 * t),
    lambda t: 0.9 - 2.4 * (t - 0.41).abs(),
    lambda t: (t - 0.3).abs().clamp(max=0.1),
)


def test_small_errors_mean_small_eigenvalues(claim):
    """Largest λ_min / P², over kernels, bandwidths, sites and a point that joins them."""
    worst = 0.0
    for law, width, s in itertools.product(
        (Gaussian, Laplace, Matern32, Wendland), (0.1, 0.4), range(8)
    ):
        x = torch.rand(20, 2, generator=stream("trade-off", s), dtype=F64)
        gram = law(width)(x, x)
        power = 1 / torch.linalg.inv(gram)[-1, -1]  # of the last point given the others
        near = gram[:-1, :-1]
        u = torch.linalg.solve(near, gram[:-1, -1])
        assert power.item() == pytest.approx((1 - u @ gram[:-1, -1]).item(), rel=1e-4)
        sharp = power / (1 + u @ u)
        least = torch.linalg.eigvalsh(gram)[0]
        assert least <= sharp * (1 + 1e-6)
        worst = max(worst, (least / power).item())
    claim("resolution-trade-off", measured=worst)
    assert worst <= 1


def sites(levels, ratio):
    x, counts = torch.tensor([], dtype=F64), []
    for j in range(levels):
        finer = torch.linspace(0, 1, 4 * ratio**j + 1, dtype=F64)
        x = torch.cat([x, finer[~torch.isin(finer, x)]])
        counts.append(len(x))
    return x, counts


def norm(e, delta):
    slopes = (e[1:] - e[:-1]) / (LINE[1] - LINE[0])
    return (e.square().mean() + delta**2 * slopes.square().mean()).sqrt()


CASES = [(2, 0.5), (2, 1.0), (2, 3.0), (4, 1.0), (4, 3.0)]


def test_levels_contract_and_stay_conditioned(claim):
    """Largest ratio of norms of what two levels in turn leave, over α; largest share of coth²."""
    worst, condition = 0.0, 0.0
    for (ratio, width), f in itertools.product(CASES, TRUTHS):
        levels, alpha = (6 if ratio == 2 else 4), math.hypot(1 / ratio, 1 / (math.pi * width))
        x, counts = sites(levels, ratio)
        scale = [width / (4 * ratio**j) for j in range(levels + 1)]
        kernels = [Laplace(d) for d in scale[:-1]]
        fit = residual_correction(x[:, None], f(x), kernels=kernels, rows=counts)
        errors, before = f(LINE) - fit.partial(LINE[:, None]), None
        for j, e in enumerate(errors[:-1]):  # the grid does not resolve the last
            after = norm(e, scale[j + 1])
            if before is not None:
                worst = max(worst, (after / (alpha * before)).item())
            before = after
        bound = 1 / math.tanh(1 / (2 * width)) ** 2
        condition = max(condition, *(level.condition() / bound for level in fit.levels))
    claim("resolution-contraction", measured=worst)
    claim("resolution-condition", measured=condition)
    assert worst <= 1
    assert 0.9 < condition <= 1


def test_a_bandwidth_of_three_gaps_stalls_and_levels_do_not(claim):
    """Error at 513 sites over that at 33, of one kernel, over the same ratio of levels."""
    f, found = TRUTHS[0], {}
    for levels in (4, 8):
        x, counts = sites(levels, 2)
        wide = [3 / (4 * 2**j) for j in range(levels)]
        for name, kernels, rows in (
            ("levels", [Wendland(w) for w in wide], counts),
            ("one", [Wendland(wide[-1])], counts[-1:]),
        ):
            fit = residual_correction(x[:, None], f(x), kernels=kernels, rows=rows)
            found[name, levels] = (fit(LINE[:, None]) - f(LINE)).square().mean().sqrt().item()
    one, many = (found[name, 8] / found[name, 4] for name in ("one", "levels"))
    claim("resolution-stall", measured=one / many)
    assert one > 0.9
    assert one / many > 100


def test_octaves_have_the_norm_of_a_sobolev_space(claim):
    """The symbol over (1 + ω²)^(−s) within its bounds; the largest share of the upper one."""
    omega, worst = torch.logspace(-2, 5, 500, dtype=F64), 0.0
    for sigma, s in ((1.0, 0.5), (2.5, 0.5), (2.5, 1.0), (2.5, 2.0)):
        m = sum(4 ** (-s * j) * (1 + 4.0**-j * omega**2) ** -sigma for j in range(70))
        ratio = m * (1 + omega**2) ** s
        upper = 4**s * (1 / (1 - 4 ** (s - sigma)) + 1 / (4**s - 1))
        assert ratio.min() >= 4**-s / 2**sigma
        worst = max(worst, ratio.max().item() / upper)
    claim("resolution-octaves", measured=worst)
    assert worst <= 1


def measured(method, *shapes):
    """The slope of the mean risk over shapes, over all four sizes."""
    study, tables = frozen("resolution"), []
    for shape in shapes:
        _, n, risks = study.where(shape=shape, method=method).table(
            "oracle", columns="n", rows="seed"
        )
        tables.append(risks)
    return slope(n, sum(tables) / len(tables))


@pytest.mark.parametrize("method", ["levels", "sum"])
def test_no_number_of_resolutions_passes_the_wall(claim, method):
    found = measured(method, "blob 1", "disk")
    claim(f"resolution-wall-{method}", measured=found.value, low=found.low, high=found.high)
    assert found.low - 0.05 <= -1 / 3 <= found.high + 0.05


def test_many_resolutions_gain_nothing_over_one(claim):
    """Risk of levels over that of one Laplace kernel, the same 12 samples of 1,024 rows."""
    logs = []
    for shape in ("blob 1", "disk"):
        many, one = (
            frozen(name).where(shape=shape, n=1024, method=method).rows[:6]
            for name, method in (("resolution", "levels"), ("trained", "ridge Laplace"))
        )
        assert [r["seed"] for r in many] == [r["seed"] for r in one]
        logs += [math.log(a["oracle"] / b["oracle"]) for a, b in zip(many, one, strict=True)]
    found = mean_interval(logs)
    ends = [math.exp(v) for v in (found.value, found.low, found.high)]
    claim("resolution-gain", **dict(zip(("measured", "low", "high"), ends, strict=True)))
    assert 0.95 < ends[1] <= ends[2] < 1.05


def test_without_a_jump_the_same_levels_are_faster(claim):
    found = measured("levels", "smooth")
    claim("resolution-control", measured=found.value, low=found.low, high=found.high)
    assert found.high < -1 / 3
