"""Features against the kernels they stand for: errors, variances, and exactness on the centres."""

import math

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace, Matern32, Matern52, median_bandwidth, random_features
from ldyn.solvers import (
    FourierFeatures,
    NystromFeatures,
    feature_variance,
    orthogonal_frequencies,
    uniform_points,
)

KERNELS = [Gaussian, Laplace, Matern32, Matern52]


def normal(n, dim, *names):
    return torch.randn(n, dim, generator=stream(*names), dtype=torch.float64)


def kernel_errors(dim, *, sampler, scale, pairs=1024, seeds=8):
    """Relative Frobenius errors of the kernel matrix of 500 normal points, one a seed."""
    x = normal(500, dim, "kernel error", dim)
    kernel = Gaussian(scale * median_bandwidth(x))
    gram, errors = kernel(x, x), []
    for seed in range(seeds):
        f = FourierFeatures(kernel, 2 * pairs, sampler=sampler, seed=seed).fit_transform(x)
        errors.append((f @ f.T - gram).norm() / gram.norm())
    return torch.stack(errors)


# At the median distance over √2 more of the error is of fourth order, which no net of 1,024
# points balances in many dimensions: there it gains 3.5 at d = 8 and 1.8 at d = 20.
@pytest.mark.parametrize(
    ("dim", "scale", "gain"),
    [(2, 2**0.5, 10), (8, 2**0.5, 4), (20, 2**0.5, 2), (2, 1, 10), (8, 1, 2.5), (20, 1, 1.6)],
)
def test_a_net_has_a_smaller_kernel_error_than_random_features(dim, scale, gain):
    """Gaussian kernel whose bandwidth is the median distance times scale/√2, 1,024 pairs."""
    iid = kernel_errors(dim, sampler="iid", scale=scale)
    sobol = kernel_errors(dim, sampler="sobol", scale=scale)
    assert iid.mean() / sobol.mean() > gain


def test_a_net_of_the_half_space_has_a_smaller_error_than_one_of_the_space():
    x = normal(500, 2, "kernel error", 2)
    kernel, errors = Gaussian(median_bandwidth(x)), []
    for seed in range(8):
        points = uniform_points(1024, 3, generator=stream("space", seed))
        f = random_features(x, kernel=kernel, points=points)
        errors.append((f @ f.T - kernel(x, x)).norm() / kernel(x, x).norm())
    half = kernel_errors(2, sampler="sobol", scale=1)
    assert torch.stack(errors).mean() > 1.25 * half.mean()


def test_one_point_more_than_a_power_of_two_is_one_too_many():
    one, other = (kernel_errors(2, sampler="sobol", scale=1, pairs=q, seeds=32) for q in (128, 129))
    more = other - one
    assert more.mean() > 3 * more.std() / len(more) ** 0.5


@pytest.mark.parametrize("sampler", ["sobol", "orthogonal", "iid"])
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("dim", [1, 3])
def test_all_samplers_are_unbiased(kernel, sampler, dim):
    x, law = normal(4, dim, "unbiased"), kernel(1.3)
    draws = torch.stack([
        f @ f.T for s in range(400)
        if len(f := FourierFeatures(law, 16, sampler=sampler, seed=s).fit_transform(x))
    ])  # fmt: skip
    error = draws.std(0) / len(draws) ** 0.5
    assert ((draws.mean(0) - law(x, x)).abs() <= 6 * error + 1e-12).all()


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_variance_of_independent_features_is_exact(kernel):
    law, delta = kernel(0.8), normal(5, 2, "variance")
    points = uniform_points(40_000, 3, sampler="iid", generator=stream("variance", "points"))
    values = (delta @ law.frequencies(points).T).cos().reshape(5, -1, 4).mean(2)
    squares = (values - values.mean(1, keepdim=True)).square()
    error = squares.std(1) / squares.shape[1] ** 0.5
    assert ((squares.mean(1) - feature_variance(law, delta, count=4)).abs() < 6 * error).all()


def test_orthogonal_frequencies_have_less_variance_in_many_dimensions():
    """d = 50, 50 frequencies: at the median distance less than a fifth of the exact variance."""
    law, dim = Gaussian(10.0), 50
    delta = normal(1, dim, "orthogonal")
    delta *= 10 / delta.norm()
    draws = (stream("orthogonal", s) for s in range(600))
    sets = (orthogonal_frequencies(50, dim, kernel=law, generator=draw) for draw in draws)
    values = torch.stack([(w @ delta[0]).cos().mean() for w in sets])
    exact = feature_variance(law, delta, count=50).item()
    assert abs(values.mean() - math.exp(-0.5)) < 6 * values.std() / len(values) ** 0.5
    assert values.var() < exact / 5


@pytest.mark.parametrize(("count", "dim"), [(7, 3), (2, 5), (4, 1)])
def test_orthogonal_frequencies_are_normal_and_orthogonal_in_blocks(count, dim):
    draws = torch.stack([
        orthogonal_frequencies(count, dim, kernel=Gaussian(0.5), generator=stream("blocks", s))
        for s in range(300)
    ])  # fmt: skip
    for power, exact in ((1, 0.0), (2, 4.0), (4, 48.0)):  # moments of N(0, 1/0.5²)
        moment, error = (draws**power).mean(0), (draws**power).std(0) / len(draws) ** 0.5
        assert ((moment - exact).abs() < 6 * error).all()
    w = draws[0]
    assert w.shape == (count, dim)
    for block in w.split(dim):
        gram = block @ block.T
        torch.testing.assert_close(gram, gram.diagonal().diag(), atol=1e-10, rtol=0)


def test_fourier_features_are_those_of_their_frequencies(monkeypatch):
    monkeypatch.setattr("ldyn.solvers.features._ROWS", 5)
    x = normal(12, 3, "order")
    fitted = FourierFeatures(Gaussian(0.7), 8, sampler="iid", seed=3).fit(x)
    points = uniform_points(4, 4, sampler="iid", generator=stream("Fourier features", 3))
    exact = random_features(x, kernel=Gaussian(0.7), points=points)
    torch.testing.assert_close(fitted.transform(x), exact)
    single = fitted.transform(x.float())
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), exact, atol=1e-5, rtol=0)


@pytest.mark.parametrize("selection", ["rpcholesky", "uniform"])
def test_whitened_features_are_exact_on_their_centres(selection, monkeypatch):
    monkeypatch.setattr("ldyn.solvers.features._ROWS", 30)
    x, law = normal(100, 2, "centres"), Matern32(0.8)
    fitted = NystromFeatures(law, 40, selection=selection).fit(x)
    k = law(x, fitted.centres_)
    exact = k @ torch.linalg.solve(law(fitted.centres_, fitted.centres_), k.T)
    f = fitted.transform(x)
    assert f.shape == (100, 40)
    torch.testing.assert_close(f @ f.T, exact, atol=1e-10, rtol=0)
    assert torch.equal(x[fitted.chosen_], fitted.centres_)
    own = fitted.transform(fitted.centres_)
    torch.testing.assert_close(own @ own.T, law(fitted.centres_, fitted.centres_),
                               atol=1e-10, rtol=0)  # fmt: skip


def test_blocks_of_the_whitening_are_the_whole():
    """300 centres are three blocks of columns, and 1,500 rows two of rows."""
    x = normal(1500, 3, "blocks")
    f = NystromFeatures(Laplace(1.0), 300, selection="uniform").fit(x)
    whole = f.kernel_(x, f.centres_) @ f.whitening_.T
    torch.testing.assert_close(f.transform(x), whole, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("dtype", "slack"), [(torch.float64, 1e-10), (torch.float32, 1e-4)])
@pytest.mark.parametrize("kernel", [Gaussian(0.2), Gaussian(5.0), Laplace(3.0), Matern52(30.0)])
def test_duplicated_centres_keep_the_norm_below_one(kernel, dtype, slack):
    """Every row five times, all of them centres, and a kernel matrix of low numerical rank."""
    x = normal(60, 2, "duplicates").repeat(5, 1).to(dtype)
    f = NystromFeatures(kernel, 300, selection="uniform").fit_transform(x).double()
    norms = f.square().sum(1)
    assert norms.max() < 1 + slack
    gram = kernel(x.double(), x.double())
    torch.testing.assert_close(f @ f.T, gram, atol=slack, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("selection", ["rpcholesky", "uniform"])
def test_a_ridge_of_next_to_nothing_can_be_solved(selection, dtype):
    """λ = 10⁻¹² with centres that repeat: ΦᵀΦ + λI factorises, and fits a smooth function."""
    x = normal(100, 2, "ridge").repeat(5, 1).to(dtype)
    y = (x[:, 0] + x[:, 1].sin()).double()
    f = NystromFeatures("gaussian", 300, selection=selection).fit_transform(x).double()
    gram = f.T @ f
    gram.diagonal().add_(1e-12)
    assert torch.linalg.cond(gram) < 1.1 * (1 + len(x) / 1e-12)
    weights = torch.cholesky_solve((f.T @ y)[:, None], torch.linalg.cholesky(gram))[:, 0]
    assert (f @ weights - y).abs().max() < (1e-6 if dtype == torch.float64 else 1e-3)


def test_pivots_stop_where_nothing_is_left_and_leave_less_than_uniform_centres():
    x = torch.cat([0.01 * normal(400, 2, "near"), 5 + normal(40, 2, "far")])
    left = {}
    for selection in ("rpcholesky", "uniform"):
        fs = [NystromFeatures(Gaussian(0.7), 30, selection=selection, seed=s) for s in range(10)]
        left[selection] = [len(x) - f.fit_transform(x).square().sum().item() for f in fs]
    assert max(left["rpcholesky"]) < min(left["uniform"]) / 10
    few = NystromFeatures(Gaussian(50.0), 400).fit(x)
    assert len(few.chosen_) < 100
    assert len(NystromFeatures(Laplace(1.0), 900).fit(x).chosen_) <= len(x)


def test_names_and_bandwidths():
    x = normal(50, 2, "names")
    fitted = NystromFeatures("matern52", 9).fit(x)
    assert fitted.kernel_ == Matern52(median_bandwidth(x))
    assert FourierFeatures("laplace", 8, bandwidth=0.3).fit(x).kernel_ == Laplace(0.3)
    again, other = (NystromFeatures("matern52", 9, seed=s).fit(x) for s in (0, 1))
    assert torch.equal(again.chosen_, fitted.chosen_)
    assert not torch.equal(other.chosen_, fitted.chosen_)


BAD = [
    (FourierFeatures(n_features=7), "n_features must be even, cosines and sines, got 7; try 8"),
    (FourierFeatures(n_features=0), "n_features must be an integer >= 2"),
    (FourierFeatures(sampler="halton"), "sampler must be one of iid, orthogonal, sobol"),
    (FourierFeatures("cosine"), "kernel must be one of gaussian"),
    (FourierFeatures(bandwidth="mean"), "must be one of median"),
    (FourierFeatures(bandwidth=-1.0), "bandwidth must be a finite number > 0"),
    (FourierFeatures(Gaussian(1.0), bandwidth=2.0), "has bandwidth 1.0, got another, 2.0; try"),
    (NystromFeatures(n_centres=0), "n_centres must be an integer >= 1"),
    (NystromFeatures(selection="greedy"), "selection must be one of rpcholesky, uniform"),
]


@pytest.mark.parametrize(("features", "says"), BAD)
def test_what_features_refuse(features, says):
    with pytest.raises(ValueError, match=says):
        features.fit(normal(5, 2, "bad"))


@pytest.mark.parametrize("features", [FourierFeatures(n_features=4), NystromFeatures(n_centres=2)])
def test_features_refuse_points_of_another_kind(features):
    features.fit(normal(5, 2, "bad"))
    with pytest.raises(ValueError, match="X has 3 features"):
        features.transform(normal(5, 3, "bad"))
    with pytest.raises(ValueError, match="contains NaN"):
        features.fit(torch.full((3, 2), math.nan))
