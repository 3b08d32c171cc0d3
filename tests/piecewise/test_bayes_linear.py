"""The covariance of a random edge, and a floor that no linear rule passes."""

import math

import pytest
import torch

from ldyn.core import log_slope, stream
from ldyn.kernels import fit_ridge
from ldyn.piecewise import (
    covariance_eigenvalues,
    half_space_covariance,
    linear_risk_floor,
    prior_risk,
    random_half_space,
    sample,
)
from ldyn.piecewise.sampling import quadrature_points

NOISE = 0.3


def points(n, dim, name="points"):
    return torch.rand(n, dim, generator=stream(name, n, dim), dtype=torch.float64)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_on_the_line_the_covariance_is_that_of_brownian_motion(dtype):
    x, z = (torch.tensor(v, dtype=dtype)[:, None] for v in ([0.25, 0.5], [0.0, 0.125, 0.5, 1.0]))
    least = torch.tensor([[0.0, 0.125, 0.25, 0.25], [0.0, 0.125, 0.5, 0.5]], dtype=dtype)
    torch.testing.assert_close(half_space_covariance(x, z), least, rtol=0, atol=0)
    torch.testing.assert_close(half_space_covariance(z, x), least.T, rtol=0, atol=0)


@pytest.mark.parametrize("dim", [1, 2])
def test_the_covariance_is_that_of_random_half_spaces(dim):
    x, z = points(6, dim), points(5, dim, "others")
    if dim == 2:  # differences along one axis, the diagonal, and none
        z = torch.cat([z, x[:1] + torch.tensor([[0.1, 0.0]]), x[:1] + 0.1, x[:1]])
    draw, count, both = stream("planes", dim), 6000, torch.cat([x, z])
    seen = torch.stack([random_half_space(dim, draw)(both) for _ in range(count)])
    total = seen[:, : len(x)].T @ seen[:, len(x) :]
    exact = half_space_covariance(x, z)
    # each product is 0 or 1: a Bernoulli mean
    error = (exact * (1 - exact) / count).sqrt()
    assert ((total / count - exact).abs() <= 4 * error + 1e-12).all()
    assert error.max() < 0.0066
    # two points differ where the edge parts them: a rarer event, hence a sharper look
    apart = (seen[:, : len(x), None] != seen[:, None, len(x) :]).double().mean(0)
    variance = [half_space_covariance(t, t).diagonal() for t in (x, z)]
    gap = variance[0][:, None] + variance[1] - 2 * exact
    error = (gap * (1 - gap) / count).sqrt()
    assert ((apart - gap).abs() <= 4 * error + 1e-12).all()


@pytest.mark.parametrize("dim", [1, 2])
def test_the_gram_matrix_is_a_covariance(dim):
    x = points(60, dim)
    gram = half_space_covariance(x, x)
    assert torch.equal(gram, gram.T)
    assert torch.linalg.eigvalsh(gram).min() > -1e-12
    # f² = f, so that the diagonal is the mean
    mean = x[:, 0] if dim == 1 else (x.mean(1) + 1) / 3
    torch.testing.assert_close(gram.diagonal(), mean)


def test_in_dimension_one_it_is_brownian_motion():
    x, z = points(4, 1), points(5, 1, "others")
    torch.testing.assert_close(half_space_covariance(x, z), torch.minimum(x, z.T))
    exact = 1 / ((torch.arange(1, 21).double() - 0.5) * math.pi).square()
    nodes = quadrature_points(1, 1024, stream("nodes"))
    torch.testing.assert_close(covariance_eigenvalues(1, nodes)[:20], exact, rtol=2e-2, atol=0)


@pytest.mark.parametrize("dim", [1, 2])
def test_eigenvalues_decay_as_a_random_edge_s(dim):
    values = covariance_eigenvalues(dim, quadrature_points(dim, 1024, stream("nodes", dim)))
    assert (values[1:] <= values[:-1]).all()
    twice = points(40, dim).repeat(2, 1)
    assert min(values.min(), covariance_eigenvalues(dim, twice).min()) >= 0
    # their sum is the mean of the variance over the cube: ½ in both dimensions
    nodes = quadrature_points(dim, 1024, stream("nodes", dim))
    trace = half_space_covariance(nodes, nodes).diagonal().mean()
    torch.testing.assert_close(values.sum(), trace, rtol=1e-10, atol=0)
    assert trace.item() == pytest.approx(0.5, abs=1e-3)
    k = torch.arange(16, 97).double()
    found = log_slope(k, values[15:96])
    assert found == pytest.approx(-(dim + 1) / dim, abs=0.1)


def kriging_risk(dim, n, seed):
    """The mean risk of kriging at a random design, by its closed form."""
    x = torch.rand(n, dim, generator=stream("design", dim, n, seed), dtype=torch.float64)
    z = quadrature_points(dim, 1024, stream("judge", dim, seed))
    gram = half_space_covariance(x, x) + NOISE**2 * torch.eye(n)
    cross = half_space_covariance(x, z)
    explained = (cross * torch.linalg.solve(gram, cross)).sum(0)
    mean = z[:, 0] if dim == 1 else (z.mean(1) + 1) / 3
    return (mean - explained).mean().item()


@pytest.mark.parametrize("dim", [1, 2])
@pytest.mark.parametrize("n", [8, 64, 256])
def test_the_floor_lies_below_the_exact_risk_of_kriging(dim, n):
    values = covariance_eigenvalues(dim, quadrature_points(dim, 1024, stream("nodes", dim)))
    floor = linear_risk_floor(values, n, noise=NOISE)
    risks = torch.tensor([kriging_risk(dim, n, s) for s in range(8)], dtype=torch.float64)
    assert floor < risks.mean() - 3 * risks.std() / math.sqrt(8)
    # and it is of the same order
    assert floor > risks.mean() / 4


@pytest.mark.parametrize("dim", [1, 2])
def test_kriging_has_the_risk_that_its_covariance_promises(dim):
    n, promised, found = 32, [], []
    z = quadrature_points(dim, 1024, stream("judge", dim))
    for seed in range(300):
        draw = stream("kriging", dim, seed)
        target = random_half_space(dim, draw)
        data = sample(target, n, noise=NOISE, generator=draw)
        fit = fit_ridge(data.x, data.y, kernel=half_space_covariance, ridge=NOISE**2)
        found.append((fit(z) - target(z)).square().mean())
        if seed < 30:
            promised.append(kriging_risk(dim, n, seed))
    found, promised = torch.stack(found), torch.tensor(promised).double()
    error = (found.var() / 300 + promised.var() / 30).sqrt()
    assert abs(found.mean() - promised.mean()) < 4 * error
    assert error < promised.mean() / 10


def test_the_floor_is_its_sum_and_falls_with_n():
    values = torch.tensor([1.0, 0.25], dtype=torch.float64)
    by_hand = 1 / (1 + 3 * 1 / 0.25) + 0.25 / (1 + 3 * 0.25 / 0.25)
    assert linear_risk_floor(values, 3, noise=0.5) == pytest.approx(by_hand)
    assert linear_risk_floor(values, 0, noise=0.5) == pytest.approx(1.25)
    exact = 1 / ((torch.arange(1, 200_001).double() - 0.5) * math.pi).square()
    sizes = 2.0 ** torch.arange(10, 18).double()
    floors = torch.tensor([linear_risk_floor(exact, int(n), noise=NOISE) for n in sizes])
    # Σ 1/(k²π² + n/σ²) ≈ σ/(2√n): Brownian motion's rate
    assert log_slope(sizes, floors) == pytest.approx(-0.5, abs=0.01)
    assert floors[-1].item() * math.sqrt(2**17) == pytest.approx(NOISE / 2, rel=0.01)


def test_draws_of_the_prior_come_back():
    for dim in (1, 2):
        x = points(20, dim)
        one, two = (random_half_space(dim, stream("prior", dim, 1))(x) for _ in range(2))
        assert torch.equal(one, two)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="d = 1 or 2 columns, got d = 3; try"):
        half_space_covariance(points(3, 3), points(3, 3))
    with pytest.raises(ValueError, match=r"z must be .* with d = 1 as in x, got shape \(3, 2\)"):
        half_space_covariance(points(3, 1), points(3, 2))
    with pytest.raises(ValueError, match="dim must be 1 or 2, got 3; try 2"):
        random_half_space(3, stream("bad"))
    with pytest.raises(ValueError, match=r"points must be .*\(n, 2\), got shape \(3, 1\)"):
        covariance_eigenvalues(2, points(3, 1))
    for noise in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match=r"noise must be a finite number( > 0)?, got"):
            linear_risk_floor(torch.ones(2), 3, noise=noise)


@pytest.mark.parametrize("dim", [1, 2])
def test_the_prior_risk_of_a_linear_rule_is_its_mean_over_draws(dim):
    x, z, draw = points(20, dim), points(50, dim, "nodes"), stream("prior risk", dim)
    weights = torch.randn(50, 20, generator=draw, dtype=torch.float64) / 20
    risks = []
    for _ in range(4000):
        f = random_half_space(dim, draw)
        y = f(x) + NOISE * torch.randn(20, generator=draw, dtype=torch.float64)
        risks.append((weights @ y - f(z)).square().mean())
    risks = torch.stack(risks)
    exact = prior_risk(weights, x, z, noise=NOISE)
    assert abs(risks.mean() - exact) < 4 * risks.std() / len(risks) ** 0.5
    assert risks.std() / len(risks) ** 0.5 < 0.02 * exact


@pytest.mark.parametrize("dim", [1, 2])
def test_kriging_has_the_least_prior_risk_and_it_is_the_posterior_variance(dim):
    x, z = points(30, dim), points(40, dim, "nodes")
    gram = half_space_covariance(x, x) + NOISE**2 * torch.eye(30, dtype=torch.float64)
    cross = half_space_covariance(z, x)
    weights = torch.linalg.solve(gram, cross, left=False)
    variance = half_space_covariance(z, z).diagonal() - (weights * cross).sum(1)
    best = prior_risk(weights, x, z, noise=NOISE)
    assert best == pytest.approx(variance.mean().item(), rel=1e-10)
    for j in range(3):
        other = weights + 0.01 * torch.randn(40, 30, generator=stream("w", j), dtype=torch.float64)
        assert prior_risk(other, x, z, noise=NOISE) > best
    with pytest.raises(ValueError, match="with n = 40 as in weights"):
        prior_risk(weights.T, x, z, noise=NOISE)
