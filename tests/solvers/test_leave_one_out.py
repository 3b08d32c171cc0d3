import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace, Matern32, Matern52, MultiGaussian
from ldyn.solvers import loo_residuals, loo_slope

KERNELS = [Gaussian, Laplace, Matern32, Matern52]


def draw(*shape, name="draw"):
    return torch.randn(*shape, generator=stream("leave one out", name, *shape), dtype=torch.float64)


def brute_force(gram, y, ridge):
    """Each row left out in turn, the rest solved anew."""
    residuals = torch.empty_like(y)
    noise = torch.as_tensor(ridge, dtype=gram.dtype).expand(len(y))
    for i in range(len(y)):
        rest = [j for j in range(len(y)) if j != i]
        lifted = gram[rest][:, rest] + torch.diag(noise[rest])
        residuals[i] = y[i] - gram[i, rest] @ torch.linalg.solve(lifted, y[rest])
    return residuals


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("columns", [(), (3,)])
def test_residuals_are_those_of_brute_force(kernel, columns):
    x, y = draw(30, 2), draw(30, *columns, name="y")
    gram = kernel(0.7)(x, x)
    found = loo_residuals(gram, y, ridge=0.1)
    assert torch.allclose(found, brute_force(gram, y, 0.1), rtol=0, atol=1e-10)


def test_weights_are_ridges_of_rows():
    x, y = draw(20, 2), draw(20, name="y")
    noise = 0.1 / (0.5 + draw(20, name="w").square())
    gram = Gaussian(0.7)(x, x)
    found = loo_residuals(gram, y, ridge=noise)
    assert torch.allclose(found, brute_force(gram, y, noise), rtol=0, atol=1e-10)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("columns", [1, 3])
def test_slopes_are_those_of_differences(kernel, columns):
    x, y = draw(2, 25, 3), draw(2, 25, 2, name="y")
    weights = 0.5 + draw(2, 25, name="w").square()
    theta = torch.tensor([0.3, -0.1, 0.2])[:columns].double()
    theta = torch.cat([theta, torch.tensor([-1.5]).double()])

    def value(t):
        h, ridge = t[:-1].exp(), t[-1].exp()
        return loo_slope(x, y, weights, kernel=kernel, bandwidths=h, ridge=ridge)

    error, by_bandwidth, by_ridge = value(theta)
    slopes = torch.cat([by_bandwidth, by_ridge[:, None]], 1)
    for k, step in enumerate(1e-5 * torch.eye(columns + 1, dtype=torch.float64)):
        difference = (value(theta + step)[0] - value(theta - step)[0]) / 2e-5
        assert torch.allclose(slopes[:, k], difference, rtol=1e-7, atol=1e-9)
    z = x[0] / theta[:-1].exp()
    residuals = loo_residuals(kernel(1.0)(z, z), y[0], ridge=theta[-1].exp() / weights[0])
    mean = (weights[0][:, None] * residuals.square()).sum() / weights[0].sum() / 2
    assert torch.allclose(error[0], mean, rtol=1e-12, atol=0)


def test_what_cannot_be_factorised_has_an_infinite_error():
    x = torch.zeros(1, 30, 1, dtype=torch.float64)
    one = torch.ones(1, dtype=torch.float64)
    found = loo_slope(
        x, x, torch.ones(1, 30).double(), kernel=Gaussian, bandwidths=one, ridge=1e-18 * one[0]
    )
    assert found[0].isinf().all()
    assert not found[1].any()
    assert not found[2].any()


@pytest.mark.parametrize(
    ("gram", "y", "ridge", "words"),
    [
        (torch.eye(3), torch.ones(4), 0.1, "gram"),
        (torch.eye(3)[:2], torch.ones(2), 0.1, "gram"),
        (torch.eye(3), torch.ones(3), 0.0, "ridge"),
        (torch.eye(3), torch.ones(3), torch.tensor([1.0, 1.0, 0.0]), "ridge must be a finite"),
        (torch.eye(3), torch.ones(3), torch.ones(3, 1), "ridge"),
        (torch.eye(3), torch.ones(3, 1, 1), 0.1, "y must be a tensor of shape"),
        (torch.ones(3, 3), torch.ones(3), 1e-12, "positive definite"),
    ],
)
def test_bad_input(gram, y, ridge, words):
    with pytest.raises(ValueError, match=words):
        loo_residuals(gram, y, ridge=ridge)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("weights", torch.zeros(2, 5).double()),
        ("bandwidths", torch.tensor([1.0, -1.0, 1.0]).double()),
        ("bandwidths", torch.ones(2).double()),
        ("ridge", torch.tensor(0.0).double()),
        ("ridge", torch.ones(2, 5).double()),
        ("kernel", MultiGaussian),
    ],
)
def test_slopes_are_of_positive_numbers_and_known_kernels(name, wrong):
    given = {"x": draw(2, 5, 3), "y": draw(2, 5, 1), "weights": torch.ones(2, 5).double()}
    given |= {"kernel": Gaussian, "bandwidths": draw(3).exp(), "ridge": torch.tensor(0.1).double()}
    with pytest.raises(ValueError, match=rf"{name}.*got.*; try"):
        loo_slope(**given | {name: wrong})
