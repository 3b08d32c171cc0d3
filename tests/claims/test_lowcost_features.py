"""Chapter 5, features of kernels: variances and discrepancies exactly, gains and rates frozen."""

import math

import pytest
import torch

from ldyn.core import frozen, log_contrast, mean_interval, slope, stream
from ldyn.kernels import Gaussian, Laplace, Matern32, Matern52, median_bandwidth
from ldyn.lowcost import box_discrepancy, orthogonal_variance, pairs_for_uniform_error
from ldyn.solvers import (
    FourierFeatures,
    feature_variance,
    orthogonal_frequencies,
    uniform_points,
)

F64 = torch.float64
BOX = torch.tensor([1.5, 0.7, 1.1], dtype=F64)
NARROW = "median/√2"


def normal(n, dim, *names):
    return torch.randn(n, dim, generator=stream(*names), dtype=F64)


def drawn(kernel, count, dim, *names, sampler="iid"):
    return kernel.frequencies(
        uniform_points(count, dim + 1, sampler=sampler, generator=stream(*names))
    )


def deviation(squares, exact):
    """How many standard errors the mean of draws is from its formula, at worst."""
    error = squares.std(0) / len(squares) ** 0.5
    return ((squares.mean(0) - exact).abs() / error).max().item()


def test_variances_are_exact(claim):
    """Of four kernels at five displacements, from 10,000 sets of four frequencies."""
    worst, delta = 0.0, normal(5, 2, "claim", "variance")
    for law in (Gaussian(0.8), Laplace(0.8), Matern32(0.8), Matern52(0.8)):
        w = drawn(law, 40_000, 2, "claim", type(law).__name__)
        values = (w @ delta.T).cos().reshape(-1, 4, 5).mean(1)
        squares = (values - values.mean(0)).square()
        worst = max(worst, deviation(squares, feature_variance(law, delta, count=4)))
    claim("features-variance", measured=worst)
    assert worst < 4


def test_variances_of_orthogonal_frequencies_are_exact(claim):
    worst, kernel = 0.0, Gaussian(1.0)
    for dim in (2, 5, 20, 50):
        delta = normal(3, dim, "claim", "orthogonal", dim) * (1.4 / dim) ** 0.5
        draws = (stream("claim", "orthogonal", dim, s) for s in range(3000))
        sets = (orthogonal_frequencies(dim, dim, kernel=kernel, generator=g) for g in draws)
        values = torch.stack([(delta @ w.T).cos().mean(1) for w in sets])
        squares = (values - values.mean(0)).square()
        worst = max(worst, deviation(squares, orthogonal_variance(kernel, delta, count=dim)))
    claim("features-orthogonal", measured=worst)
    assert worst < 4


def test_the_uniform_bound_holds(claim):
    """The level that 95 of 100 draws stay below, over the level the theorem gives."""
    kernel, worst = Gaussian(1.0), 0.0
    for dim, count in ((1, 200), (1, 2000), (2, 1000)):
        at = torch.linspace(-6, 6, 241 if dim == 1 else 41, dtype=F64)
        grid = at[:, None] if dim == 1 else torch.cartesian_prod(at, at)
        grid = grid[grid.norm(dim=1) <= 6]
        ws = (drawn(kernel, count, dim, "claim", "uniform", dim, count, s) for s in range(100))
        exact = kernel.profile(grid.norm(dim=1))
        found = torch.stack([((grid @ w.T).cos().mean(1) - exact).abs().max() for w in ws])
        low, high = 1e-3, 10.0  # the ε at which the theorem asks for `count` pairs
        for _ in range(60):
            level = (low * high) ** 0.5
            asked = pairs_for_uniform_error(
                level, dim=dim, diameter=6.0, spread=dim**0.5, chance=0.05
            )
            low, high = (level, high) if asked > count else (low, level)
        worst = max(worst, found.quantile(0.95).item() / high)
    claim("features-uniform", measured=worst)
    assert worst <= 1


def test_box_discrepancy_is_the_mean_over_displacements(claim):
    worst, kernel = 0.0, Gaussian(0.4)
    for dim in (1, 2, 3):
        unit = uniform_points(2**17, dim, generator=stream("claim", "displacements"))
        delta = (2 * unit - 1) * BOX[:dim]
        exact = kernel.profile(delta.norm(dim=1) / kernel.bandwidth)
        for sampler in ("iid", "sobol"):
            w = drawn(kernel, 64, dim, "claim", "box", sampler=sampler)
            angles = delta @ w.T
            real, imaginary = angles.cos().mean(1) - exact, angles.sin().mean(1)
            mean = (real.square() + imaginary.square()).mean()
            closed = box_discrepancy(w, kernel=kernel, box=BOX[:dim])
            ratio = closed * (math.pi / BOX[:dim]).prod() / mean
            worst = max(worst, abs(ratio.item() - 1))
    claim("features-box", measured=worst)
    assert worst < 0.01


def test_the_mean_box_discrepancy_of_independent_frequencies(claim):
    b, kernel, count = 0.9, Gaussian(0.4), 16
    values = torch.stack([
        box_discrepancy(drawn(kernel, count, 2, "claim", "mean", s), kernel=kernel, box=b)
        for s in range(600)
    ])  # fmt: skip
    h = kernel.bandwidth
    inner = (h * math.erf(b / h) / (2 * math.sqrt(math.pi))) ** 2
    found = mean_interval(values / (((b / math.pi) ** 2 - inner) / count))
    claim("features-box-mean", measured=found.value, low=found.low, high=found.high)
    assert found.low <= 1 <= found.high


def table(value="error", **where):
    _, pairs, found = (
        frozen("features")
        .where(kernel="gaussian", **where)
        .table(value, columns="pairs", rows="seed")
    )
    return pairs, found


def ratio(above, below):
    """The ratio of two means over seeds, with its interval."""
    both = torch.stack([above, below], 1)
    value, half = log_contrast(both, both.new_tensor([1, -1]))
    return tuple((value + sign * half).exp().item() for sign in (0, -1, 1))


def against_iid(sampler, value="error", **where):
    pairs, alone = table(value, sampler="iid", **where)
    _, found = table(value, sampler=sampler, **where)
    at = pairs.index(1024)
    return ratio(alone[:, at], found[:, at])


@pytest.mark.parametrize(
    ("name", "dim", "bandwidth", "least"),
    [
        ("features-net-2", 2, "median", 10),
        ("features-net-8", 8, "median", 4),
        ("features-net-20", 20, "median", 2),
        ("features-net-2-narrow", 2, NARROW, 10),
    ],
)
def test_a_net_gains(claim, name, dim, bandwidth, least):
    value, low, high = against_iid("sobol", dim=dim, bandwidth=bandwidth)
    claim(name, measured=value, low=low, high=high)
    assert low >= least


@pytest.mark.xfail(strict=True, reason="at the smaller bandwidth more of the error is of order 4")
@pytest.mark.parametrize(
    ("name", "dim", "least"), [("features-net-8-narrow", 8, 4), ("features-net-20-narrow", 20, 2)]
)
def test_a_net_gains_as_much_at_the_smaller_bandwidth(claim, name, dim, least):
    value, low, high = against_iid("sobol", dim=dim, bandwidth=NARROW)
    claim(name, measured=value, low=low, high=high)
    assert value >= least


def test_at_fifty_dimensions_orthogonal_frequencies_are_ahead(claim):
    pairs, nets = table(dim=50, bandwidth="median", sampler="sobol")
    _, found = table(dim=50, bandwidth="median", sampler="orthogonal")
    at = pairs.index(1024)
    value, low, high = ratio(nets[:, at], found[:, at])
    claim("features-orthogonal-50", measured=value, low=low, high=high)
    assert low > 1


def test_higher_orders_stay_as_they_were(claim):
    """Root mean square of what is left after the second order, net over independent."""
    found = {}
    for dim in (20, 50):
        for bandwidth in ("median", NARROW):
            squares = [
                table("rest", dim=dim, bandwidth=bandwidth, sampler=s)[1][:, 3].square()
                for s in ("sobol", "iid")
            ]
            found[dim, bandwidth] = [v**0.5 for v in ratio(*squares)]
    value, low, high = max(found.values(), key=lambda v: abs(v[0] - 1))
    claim("features-higher-orders", measured=value, low=low, high=high)
    assert all(abs(v[0] - 1) <= 0.1 for v in found.values())


def test_independent_frequencies_have_the_rate_of_monte_carlo(claim):
    """Each kernel error is its own; the farthest of five dimensions and two bandwidths is told."""
    found = [
        slope(*table(dim=dim, bandwidth=bandwidth, sampler="iid"))
        for dim in (2, 4, 8, 20, 50)
        for bandwidth in ("median", NARROW)
    ]
    far = max(found, key=lambda s: abs(s.value + 0.5))
    claim("features-rate-iid", measured=far.value, low=far.low, high=far.high)
    assert all(abs(s.value + 0.5) <= 0.1 for s in found)


def test_nets_of_few_dimensions_have_their_rate(claim):
    found = [slope(*table(dim=dim, bandwidth="median", sampler="sobol")) for dim in (2, 4)]
    claim("features-rate-net", measured=found[0].value, low=found[0].low, high=found[0].high)
    assert all(s.low <= -1 <= s.high for s in found)


@pytest.mark.xfail(strict=True, reason="2,048 points are too few for the rate in 20 dimensions")
def test_nets_of_twenty_dimensions_have_their_rate(claim):
    found = slope(*table(dim=20, bandwidth="median", sampler="sobol"))
    claim("features-rate-net-20", measured=found.value, low=found.low, high=found.high)
    assert found.low <= -1 <= found.high


def test_ridge_regression_hardly_notices(claim):
    """Error with independent frequencies over that with a net, 1,024 pairs, the largest ratio."""
    ratios = [
        against_iid("sobol", "harm", dim=dim, bandwidth=bandwidth)
        for dim in (2, 4, 8, 20)
        for bandwidth in ("median", NARROW)
    ]
    value, low, high = max(ratios, key=lambda r: abs(math.log(r[0])))
    claim("features-ridge", measured=value, low=low, high=high)
    assert all(abs(r[0] - 1) <= 0.05 for r in ratios)


def test_one_point_more_than_a_power_of_two(claim):
    x = normal(200, 2, "claim", "powers")
    kernel = Gaussian(2**0.5 * median_bandwidth(x))
    gram, errors = kernel(x, x), {}
    for count in (128, 129):
        fs = (FourierFeatures(kernel, 2 * count, seed=s).fit_transform(x) for s in range(48))
        errors[count] = torch.stack([(f @ f.T - gram).norm() for f in fs])
    value, low, high = ratio(errors[129], errors[128])
    claim("features-powers", measured=value, low=low, high=high)
    assert low > 1
