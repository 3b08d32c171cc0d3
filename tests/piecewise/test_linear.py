"""Linear methods are linear in the responses, and exact where they can be."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace, fit_ridge
from ldyn.piecewise import (
    LINEAR,
    candidates,
    fit_cosine,
    fit_haar_projection,
    fit_neighbours,
    fit_spline,
    half_space_covariance,
)
from ldyn.piecewise.linear import cosine_basis, neighbour_means

METHODS = {
    "cosine": lambda x, y: fit_cosine(x, y, cutoff=3),
    "spline": lambda x, y: fit_spline(x, y, penalty=1e-4),
    "neighbours": lambda x, y: fit_neighbours(x, y, neighbours=4),
    "haar": lambda x, y: fit_haar_projection(x, y, level=3),
    "ridge Gaussian": lambda x, y: fit_ridge(x, y, kernel=Gaussian(0.2), ridge=1e-2),
    "ridge Laplace": lambda x, y: fit_ridge(x, y, kernel=Laplace(1.0), ridge=1e-2),
    "kriging": lambda x, y: fit_ridge(x, y, kernel=half_space_covariance, ridge=0.09),
}
CASES = [(m, d) for m in METHODS for d in (1, 2) if not (m == "spline" and d == 2)]


def data(n=60, d=1, seed=0):
    draw = stream("linear", n, d, seed)
    x = torch.rand(n, d, generator=draw, dtype=torch.float64)
    y1, y2 = torch.randn(2, n, generator=draw, dtype=torch.float64)
    return x, y1, y2


@pytest.mark.parametrize(("method", "dim"), CASES)
@given(a=st.floats(-4, 4), b=st.floats(-4, 4))
@settings(max_examples=5)
def test_fits_are_linear_in_the_responses(method, dim, a, b):
    x, y1, y2 = data(d=dim)
    z = data(n=80, d=dim, seed=1)[0]
    fit = METHODS[method]
    left = fit(x, a * y1 + b * y2)(z)
    right = a * fit(x, y1)(z) + b * fit(x, y2)(z)
    torch.testing.assert_close(left, right, rtol=0, atol=1e-10)


@pytest.mark.parametrize("method", LINEAR)
def test_every_grid_of_a_linear_method_is_linear(method):
    x, y1, y2 = data()
    z = data(seed=1)[0]
    first, second, both = (candidates(method, x, y, z)[0] for y in (y1, y2, y1 - 2 * y2))
    assert len(both) >= 6
    for label, values in both.items():
        # the smallest ridges amplify rounding by the condition of the Gram matrix
        scale = 1 + first[label].abs().max() + second[label].abs().max()
        gap = (values - first[label] + 2 * second[label]).abs().max()
        assert gap < 1e-8 * scale, label


@pytest.mark.parametrize("dim", [1, 2])
def test_the_cosine_basis_is_orthonormal(dim):
    side = 64
    axis = (torch.arange(side, dtype=torch.float64) + 0.5) / side
    x = axis[:, None] if dim == 1 else torch.cartesian_prod(axis, axis)
    basis = cosine_basis(x, 5)
    assert basis.shape == (side**dim, 5**dim)
    torch.testing.assert_close(
        basis.T @ basis / side**dim, torch.eye(5**dim).double(), rtol=0, atol=1e-13
    )


@pytest.mark.parametrize("dim", [1, 2])
def test_cosines_are_reproduced(dim):
    x = data(n=200, d=dim)[0]
    f = lambda x: 2 - (3 * torch.pi * x[:, 0]).cos() * (torch.pi * x[:, -1]).cos()  # noqa: E731
    z = data(n=50, d=dim, seed=1)[0]
    fit = fit_cosine(x, f(x), cutoff=6 if dim == 1 else 4)
    torch.testing.assert_close(fit(z), f(z), rtol=0, atol=1e-6)
    # one term less cannot
    poor = fit_cosine(x, f(x), cutoff=3)
    assert (poor(z) - f(z)).abs().max() > 0.1


def test_the_cosine_fit_is_least_squares():
    x, y, _ = data()
    fit = fit_cosine(x, y, cutoff=7)
    residual = y - fit(x)
    assert (cosine_basis(x, 7).T @ residual).abs().max() < 1e-5
    best = torch.linalg.lstsq(cosine_basis(x, 7), y).solution
    torch.testing.assert_close(fit(x), cosine_basis(x, 7) @ best, rtol=0, atol=1e-6)


@pytest.mark.parametrize("penalty", [1e-6, 1e-2, 1e3])
def test_the_spline_reproduces_lines(penalty):
    x = data()[0]
    z = x.min() + (x.max() - x.min()) * data(seed=1)[0]
    fit = fit_spline(x, 3 * x[:, 0] - 1, penalty=penalty)
    # rounding in the banded system grows with the penalty
    tolerance = 1e-8 * max(1.0, penalty)
    torch.testing.assert_close(fit(z), 3 * z[:, 0] - 1, rtol=0, atol=tolerance)


def cubic_ridge(x, y, z, penalty):
    """The spline as ridge with the kernel ∫ (s − u)₊ (t − u)₊ du and free lines, by one solve."""
    small = torch.minimum(x[:, None], x)
    gram = small**2 * (3 * torch.maximum(x[:, None], x) - small) / 6
    lines = torch.stack([torch.ones_like(x), x], 1)
    system = torch.zeros(len(x) + 2, len(x) + 2, dtype=torch.float64)
    system[:-2, :-2] = gram + penalty * torch.eye(len(x))
    system[:-2, -2:], system[-2:, :-2] = lines, lines.T
    solution = torch.linalg.solve(system, torch.cat([y, y.new_zeros(2)]))
    small = torch.minimum(z[:, None], x)
    cross = small**2 * (3 * torch.maximum(z[:, None], x) - small) / 6
    return cross @ solution[:-2] + solution[-2] + solution[-1] * z


@pytest.mark.parametrize("penalty", [1e-5, 1e-3, 1e-1])
@pytest.mark.parametrize("ties", [False, True])
def test_the_spline_minimises_its_penalised_sum(penalty, ties):
    x, y, _ = data(n=30)
    if ties:
        x = (10 * x).round() / 10
    z = x.min() + (x.max() - x.min()) * data(n=40, seed=1)[0]
    exact = cubic_ridge(x[:, 0], y, z[:, 0], penalty)
    fit = fit_spline(x, y, penalty=penalty)
    torch.testing.assert_close(fit(z), exact, rtol=0, atol=1e-7)


def test_the_spline_is_constant_beyond_the_data():
    x, y, _ = data()
    fit = fit_spline(x, y, penalty=1e-3)
    ends = torch.stack([x.min(), x.max()])[:, None]
    far = torch.tensor([[-3.0], [4.0]], dtype=torch.float64)
    assert torch.equal(fit(far), fit(ends))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("dim", [1, 3])
@pytest.mark.parametrize("count", [1, 5, 60])
def test_neighbours_are_the_nearest(count, dim, dtype):
    x, y, _ = data(d=dim)
    z = data(n=25, d=dim, seed=1)[0]
    x, y, z = (t.to(dtype) for t in (x, y, z))
    values = fit_neighbours(x, y, neighbours=count)(z)
    for i in range(25):
        gaps = (x - z[i]).double().square().sum(1)
        mean = y[gaps.argsort()[:count]].double().mean().item()
        assert values[i].item() == pytest.approx(
            mean, abs=1e-14 if dtype == torch.float64 else 1e-6
        )


def test_close_neighbours_are_told_apart_in_float32():
    x = (torch.arange(4096, dtype=torch.float32)[:, None] / 4096) ** 1.1
    y = torch.arange(4096, dtype=torch.float32)
    assert torch.equal(fit_neighbours(x, y, neighbours=1)(x), y)


def test_all_counts_come_from_one_search():
    x, y, _ = data(d=2)
    z = data(d=2, seed=1)[0]
    many = neighbour_means(x, y, z, [1, 7, 20])
    for row, count in zip(many, [1, 7, 20], strict=True):
        torch.testing.assert_close(row, fit_neighbours(x, y, neighbours=count)(z))


@pytest.mark.parametrize("dim", [1, 2])
@pytest.mark.parametrize("level", [0, 1, 4])
def test_the_haar_projection_is_the_mean_of_each_cell(dim, level):
    x, y, _ = data(d=dim)
    z = data(n=100, d=dim, seed=1)[0]
    values = fit_haar_projection(x, y, level=level)(z)
    for i in range(len(z)):
        for j in range(level, -1, -1):  # an empty cell takes its smallest non-empty ancestor
            here = ((x * 2**j).floor() == (z[i] * 2**j).floor()).all(1)
            if here.any():
                break
        assert values[i].item() == pytest.approx(y[here].mean().item(), abs=1e-13)


def test_the_cube_s_far_edge_belongs_to_the_last_cell():
    x = torch.tensor([[0.1], [0.9]], dtype=torch.float64)
    fit = fit_haar_projection(x, torch.tensor([1.0, 2.0], dtype=torch.float64), level=1)
    assert fit(torch.tensor([[0.0], [1.0]], dtype=torch.float64)).tolist() == [1.0, 2.0]


def test_sizes_that_do_not_fit_the_sample_are_refused():
    x, y, _ = data(n=20, d=2)
    with pytest.raises(ValueError, match=r"16 coefficients from 20 samples; try .* at most 3"):
        fit_cosine(x, y, cutoff=4)
    fit_cosine(x, y, cutoff=3)
    with pytest.raises(ValueError, match="21 neighbours from 20 samples; try at most 20"):
        fit_neighbours(x, y, neighbours=21)
    with pytest.raises(ValueError, match="the spline is for d = 1, got d = 2; try fit_cosine"):
        fit_spline(x, y, penalty=1.0)
    with pytest.raises(ValueError, match="5 distinct points, got 2; draw more"):
        fit_spline(x[:, :1].round(), y, penalty=1.0)
    with pytest.raises(ValueError, match="cutoff must be an integer >= 1"):
        cosine_basis(x, 0)
