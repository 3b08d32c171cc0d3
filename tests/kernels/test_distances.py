"""MMD in all its forms, mean embeddings and conditional ones, against sums written out."""

import itertools
import math

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import (
    Gaussian,
    Laplace,
    MultiGaussian,
    conditional_embedding,
    feature_squared_mmd,
    fit_ridge,
    half_squared_mmd,
    hsic,
    linear_squared_mmd,
    mean_features,
    mmd_variance,
    random_features,
    squared_mmd,
)

RATES = (0.005, 0.05, 0.25, 0.5, 1.0, 5.0, 50.0)


def points(n, d, name):
    return torch.randn(n, d, generator=stream("distances", name, n, d), dtype=torch.float64)


def brute(x, y, k, unbiased):
    """MMD² by loops over Python numbers."""
    x, y = x.tolist(), y.tolist()

    def mean(a, b, skip):
        terms = [
            k(u, v)
            for (i, u), (j, v) in itertools.product(enumerate(a), enumerate(b))
            if not (skip and i == j)
        ]
        return math.fsum(terms) / len(terms)

    return mean(x, x, unbiased) + mean(y, y, unbiased) - 2 * mean(x, y, False)


def gaussian(u, v):
    return math.exp(-(math.dist(u, v) ** 2) / (2 * 0.7**2))


def multi(u, v):
    return sum(math.exp(-g * math.dist(u, v) ** 2) for g in RATES) / len(RATES)


KERNELS = [(Gaussian(0.7), gaussian), (MultiGaussian(1.0), multi)]


@pytest.mark.parametrize(("kernel", "formula"), KERNELS)
@pytest.mark.parametrize("unbiased", [False, True])
def test_exact_mmd_is_the_sum_written_out(kernel, formula, unbiased):
    x, y = points(17, 2, "x"), points(23, 2, "y") + 0.5
    got = squared_mmd(x, y, kernel=kernel, unbiased=unbiased).item()
    assert abs(got - brute(x, y, formula, unbiased)) < 1e-10
    if not unbiased:
        assert abs(got - 2 * half_squared_mmd(x, y, kernel=kernel).item()) < 1e-14


def test_linear_time_mmd_is_the_mean_over_pairs_of_rows():
    x, y = points(21, 2, "x"), points(21, 2, "y")
    terms = []
    for i in range(10):
        a, b, c, e = (s[j].tolist() for s in (x, y) for j in (2 * i, 2 * i + 1))
        terms.append(gaussian(a, b) + gaussian(c, e) - gaussian(a, e) - gaussian(b, c))
    h = torch.tensor(terms, dtype=torch.float64)
    value, variance = linear_squared_mmd(x, y, kernel=Gaussian(0.7))
    assert abs(value - h.mean()) < 1e-10
    assert abs(variance - h.var() / 10) < 1e-10


ATOMS = torch.tensor([[0.0], [0.6], [2.0]], dtype=torch.float64)
OTHERS = torch.tensor([[0.3], [1.1]], dtype=torch.float64)


def everything(m, n, estimate):
    """The estimates of all samples of m points from ATOMS and n from OTHERS, equally likely."""
    return torch.stack(
        [
            estimate(ATOMS[list(a)], OTHERS[list(b)])
            for a in itertools.product(range(3), repeat=m)
            for b in itertools.product(range(2), repeat=n)
        ]
    )


@pytest.mark.parametrize("kernel", [Gaussian(0.7), Laplace(1.0), MultiGaussian(1.0)])
def test_unbiased_estimates_are_unbiased_and_have_the_variance_of_the_formula(kernel):
    truth = squared_mmd(ATOMS, OTHERS, kernel=kernel)
    found = everything(3, 4, lambda x, y: squared_mmd(x, y, kernel=kernel, unbiased=True))
    assert abs(found.mean() - truth) < 1e-13
    variance = mmd_variance(ATOMS, OTHERS, kernel=kernel, sizes=(3, 4))
    assert abs(found.var(correction=0) - variance) < 1e-13


def test_biased_estimate_is_too_large_by_what_the_page_says():
    kernel, m, n = Gaussian(0.7), 3, 4
    truth = squared_mmd(ATOMS, OTHERS, kernel=kernel)
    found = everything(m, n, lambda x, y: squared_mmd(x, y, kernel=kernel)).mean()
    excess = (1 - kernel(ATOMS, ATOMS).mean()) / m + (1 - kernel(OTHERS, OTHERS).mean()) / n
    assert abs(found - truth - excess) < 1e-13


def test_linear_and_feature_estimates_are_unbiased():
    kernel, w = Gaussian(0.7), torch.tensor([[0.3], [1.7]], dtype=torch.float64)
    truth = squared_mmd(ATOMS, OTHERS, kernel=kernel)
    linear = everything(4, 4, lambda x, y: linear_squared_mmd(x, y, kernel=kernel)[0])
    assert abs(linear.mean() - truth) < 1e-13
    whole = feature_squared_mmd(ATOMS, OTHERS, frequencies=w)
    found = everything(3, 3, lambda x, y: feature_squared_mmd(x, y, frequencies=w, unbiased=True))
    assert abs(found.mean() - whole) < 1e-13


def test_variance_estimate_of_linear_time_mmd_is_unbiased():
    draws = everything(
        4, 4, lambda x, y: torch.stack(linear_squared_mmd(x, y, kernel=Gaussian(1.0)))
    )
    value, variance = draws.T
    assert abs(variance.mean() - value.var(correction=0)) < 1e-13


@pytest.mark.parametrize("unbiased", [False, True])
@pytest.mark.parametrize("kernel", [Gaussian(0.7), MultiGaussian(1.0)])
def test_random_features_within_six_standard_errors(kernel, unbiased):
    x, y, q = points(60, 2, "x"), points(50, 2, "y") + 0.4, 700
    exact = squared_mmd(x, y, kernel=kernel, unbiased=unbiased)
    uniform = torch.rand(200, q, 3, generator=stream("spectra"), dtype=torch.float64)
    uniform[..., 2] = (torch.arange(q) + 0.5) / q  # each bandwidth gets its share
    found = torch.stack(
        [
            feature_squared_mmd(x, y, frequencies=kernel.frequencies(u), unbiased=unbiased)
            for u in uniform
        ]
    )
    assert abs(found.mean() - exact) < 6 * found.std() / len(found) ** 0.5
    assert 0 < found.std() < 0.2 * exact


def test_features_of_a_batch_are_those_of_its_members():
    x, y = points(60, 2, "x").reshape(3, 20, 2), points(60, 2, "y").reshape(3, 20, 2)
    w = points(11, 2, "w")
    for unbiased in (False, True):
        together = feature_squared_mmd(x, y, frequencies=w, unbiased=unbiased)
        for j in range(3):
            alone = feature_squared_mmd(x[j], y[j], frequencies=w, unbiased=unbiased)
            assert abs(together[j] - alone) < 1e-14


def test_mean_features_are_means_of_random_features():
    u = torch.rand(9, 3, generator=stream("unit"), dtype=torch.float64)
    x, kernel = points(20, 2, "x"), Gaussian(0.8)
    rows = random_features(x, kernel=kernel, points=u)
    w = kernel.frequencies(u)
    torch.testing.assert_close(mean_features(x, frequencies=w), rows.mean(0), rtol=0, atol=1e-14)
    weights = torch.rand(20, generator=stream("weights"), dtype=torch.float64)
    got = mean_features(x, frequencies=w, weights=weights)
    torch.testing.assert_close(got, weights @ rows, rtol=0, atol=1e-13)


def test_mmd_is_the_distance_of_characteristic_functions():
    """thm-mmd-metric: ∫|φ_x − φ_y|² dΛ, Λ = N(0, 1/b²), by a fine sum over frequencies."""
    x, y, b = points(6, 1, "x"), points(5, 1, "y") + 0.3, 0.8
    w = torch.linspace(-12, 12, 4001, dtype=torch.float64)
    law = torch.exp(-(w * b).square() / 2) * b / math.sqrt(2 * math.pi)
    gap = (1j * w * x).exp().mean(0) - (1j * w * y).exp().mean(0)
    found = (law * gap.abs().square()).sum() * (w[1] - w[0])
    assert abs(found - squared_mmd(x, y, kernel=Gaussian(b))) < 1e-10


def test_hsic_is_the_mmd_of_joint_and_product_law():
    """def-hsic, by the samples (x_i, y_i) and all (x_i, y_j), with a product of Gaussians."""
    x, y = points(7, 1, "x"), points(7, 1, "y")
    joint = torch.cat([x, 2 * y], 1)
    product = torch.cat([x.repeat_interleave(7, 0), 2 * y.repeat(7, 1)], 1)
    expected = squared_mmd(joint, product, kernel=Gaussian(0.8))
    found = hsic(x, y, kernel_x=Gaussian(0.8), kernel_y=Gaussian(0.4))
    assert abs(found - expected) < 1e-14


def test_mmd_of_two_normal_laws():
    """E k(X, X′) for X − X′ ~ N(μ, s²): b/√(b² + s²) exp(−μ²/2(b² + s²))."""
    n, b, shift = 1500, 0.9, 0.6
    x, y = points(n, 1, "normal x"), points(n, 1, "normal y") + shift
    wide = b * b + 2
    truth = 2 * b / wide**0.5 * (1 - math.exp(-(shift**2) / (2 * wide)))
    spread = mmd_variance(x, y, kernel=Gaussian(b), sizes=(n, n)).sqrt()
    got = squared_mmd(x, y, kernel=Gaussian(b), unbiased=True)
    assert abs(got - truth) < 4 * spread
    assert spread < 0.2 * truth
    value, variance = linear_squared_mmd(x, y, kernel=Gaussian(b))
    assert abs(value - truth) < 4 * variance.sqrt()
    assert variance > spread**2


@pytest.mark.parametrize(("n", "p"), [(5, 12), (12, 5), (7, 7)])
def test_conditional_embedding_is_both_formulas(n, p):
    """And the minimiser of def-conditional-embedding, whose derivative vanishes there."""
    phi, psi, lam = points(n, p, "phi"), points(n, 4, "psi"), 1e-2
    tall = psi.T @ torch.linalg.solve(phi @ phi.T + n * lam * torch.eye(n).double(), phi)
    wide = torch.linalg.solve(phi.T @ phi + n * lam * torch.eye(p).double(), phi.T @ psi).T
    got = conditional_embedding(phi, psi, ridge=lam)
    torch.testing.assert_close(got, tall, rtol=0, atol=1e-10)
    torch.testing.assert_close(got, wide, rtol=0, atol=1e-10)
    slope = (got @ phi.T - psi.T) @ phi + n * lam * got
    assert slope.abs().max() < 1e-12
    batch = conditional_embedding(torch.stack([phi, -phi]), torch.stack([psi, psi]), ridge=lam)
    torch.testing.assert_close(batch, torch.stack([got, -got]), rtol=0, atol=1e-12)


def test_conditional_embedding_of_one_response_is_kernel_ridge():
    u = torch.rand(15, 2, generator=stream("unit"), dtype=torch.float64)
    x, at, kernel, lam = points(30, 1, "x"), points(8, 1, "at"), Gaussian(0.8), 1e-3
    y = x.sin()
    phi, there = (random_features(s, kernel=kernel, points=u) for s in (x, at))
    feature_kernel = lambda a, b: (  # noqa: E731
        random_features(a, kernel=kernel, points=u) @ random_features(b, kernel=kernel, points=u).T
    )
    expected = fit_ridge(x, y[:, 0], kernel=feature_kernel, ridge=30 * lam)(at)
    got = there @ conditional_embedding(phi, y, ridge=lam).T
    torch.testing.assert_close(got[:, 0], expected, rtol=0, atol=1e-10)


def test_bad_input_is_refused():
    x, one = points(5, 2, "x"), points(1, 2, "one")
    with pytest.raises(ValueError, match="number of points must be an integer >= 2"):
        squared_mmd(one, x, kernel=Gaussian(1.0), unbiased=True)
    with pytest.raises(ValueError, match=r"y must be .* with n = 5 as in x"):
        linear_squared_mmd(x, one, kernel=Gaussian(1.0))
    with pytest.raises(ValueError, match="each size"):
        mmd_variance(x, x, kernel=Gaussian(1.0), sizes=(1, 5))
    with pytest.raises(ValueError, match="the number of points"):
        feature_squared_mmd(one, x, frequencies=x, unbiased=True)
    with pytest.raises(ValueError, match="ridge must be"):
        conditional_embedding(x, x, ridge=0.0)
