import pytest
import torch
from lowcost_tables import inverse
from lowcost_tables import noisy_rows as data

from ldyn.kernels import Gaussian, Laplace, Matern32, fit_ridge
from ldyn.solvers import loo_path, loo_solutions

RIDGES = [1e-3, 1e-1, 10.0]


def plain(gram, y, ridges):
    found = [(a @ y / a.diagonal()[:, None]).square().mean()
             for a in (inverse(gram, ridge) for ridge in ridges)]  # fmt: skip
    return torch.stack(found)


def test_it_equals_refitting_without_each_row():
    x, y = data(70)
    kernel, errors = Laplace(0.4), []
    for ridge in RIDGES:
        left = torch.empty_like(y)
        for i in range(70):
            keep = torch.arange(70) != i
            for j in range(2):
                fit = fit_ridge(x[keep], y[keep, j], kernel=kernel, ridge=ridge)
                left[i, j] = fit(x[i : i + 1])[0]
        errors.append((y - left).square().mean())
    torch.testing.assert_close(
        loo_path(kernel(x, x), y, ridges=RIDGES), torch.stack(errors), rtol=1e-10, atol=0
    )


@pytest.mark.parametrize("n", [2, 5, 63, 64, 65, 127, 128, 129, 200, 300])
@pytest.mark.parametrize("kernel", [Laplace(0.3), Gaussian(0.02), Gaussian(0.5)])
def test_every_size_equals_the_inverse(n, kernel):
    x, y = data(n)
    gram = kernel(x, x)
    before = gram.clone()
    found = loo_path(gram, y, ridges=RIDGES)
    assert torch.equal(gram, before)
    torch.testing.assert_close(found, plain(gram, y, RIDGES), rtol=1e-10, atol=0)
    one = loo_path(gram, y[:, 0], ridges=RIDGES)
    torch.testing.assert_close(one, plain(gram, y[:, :1], RIDGES), rtol=1e-10, atol=0)


@pytest.mark.parametrize("kernel", [Laplace(0.3), Gaussian(0.02), Gaussian(0.5)])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_the_coefficients_of_every_ridge_come_with_the_errors(kernel, dtype):
    x, y = data(200)
    gram, ridges = kernel(x, x), [0.1, 10.0]
    errors, found = loo_solutions(gram.to(dtype), y, ridges=ridges)
    exact = torch.stack([inverse(gram, ridge) @ y for ridge in ridges])
    tolerance = 1e-9 if dtype == torch.float64 else 1e-3
    assert (found - exact).norm() < tolerance * exact.norm()
    assert torch.equal(errors, loo_path(gram.to(dtype), y, ridges=ridges))
    one = loo_solutions(gram.to(dtype), y[:, 1], ridges=ridges)[1]
    torch.testing.assert_close(one, found[:, :, 1], rtol=0, atol=tolerance * exact.abs().max())


@pytest.mark.parametrize("kernel", [Gaussian(0.1), Gaussian(0.3), Gaussian(2.0), Matern32(1.0)])
@pytest.mark.parametrize("ridge", [1e-9, 1e-7, 1e-5])
def test_tiny_ridges_cost_no_more_than_the_rounding_of_the_matrix(kernel, ridge):
    x, y = data(300)
    gram = kernel(x, x)
    allowed = 2.3e-16 * torch.linalg.matrix_norm(gram, 2).item() / ridge
    found = loo_path(gram, y, ridges=[ridge])
    torch.testing.assert_close(found, plain(gram, y, [ridge]), rtol=max(allowed, 1e-10), atol=0)


@pytest.mark.parametrize(
    ("kernel", "low"), [(Gaussian(1.0), True), (Gaussian(0.02), False), (Laplace(1.0), False)]
)
def test_kernels_of_low_rank_are_not_reduced(monkeypatch, kernel, low):
    x, y = data(300)
    shapes, eigh = [], torch.linalg.eigh
    monkeypatch.setattr(torch.linalg, "eigh", lambda a: (shapes.append(len(a)), eigh(a))[1])
    loo_path(kernel(x, x), y, ridges=RIDGES)
    assert (len(shapes) == 1) == low
    assert all(size <= 75 for size in shapes)


@pytest.mark.parametrize("kernel", [Laplace(0.3), Gaussian(0.3), Gaussian(0.02)])
def test_float32_is_kept_where_it_is_safe_and_widened_where_it_is_not(monkeypatch, kernel):
    x, y = data(400)
    gram = kernel(x, x)
    safe = 2e-7 * gram.abs().sum(0).max().item()
    seen, geqrf = [], torch.geqrf
    monkeypatch.setattr(torch, "geqrf", lambda a: (seen.append(a.dtype), geqrf(a))[1])
    for ridge, dtype in ((1.5 * safe, torch.float32), (0.9 * safe, torch.float64)):
        seen.clear()
        found = loo_path(gram.float(), y.float(), ridges=[ridge, 1.0])
        assert set(seen) <= {dtype}
        assert found.dtype == torch.float64
        want = plain(gram.float(), y.float().double(), [ridge, 1.0])
        size = torch.linalg.matrix_norm(gram, 2).item()
        u = torch.finfo(dtype).eps / 2
        for j, least in enumerate((ridge, 1.0)):
            torch.testing.assert_close(found[j], want[j], rtol=u * size / least, atol=0)


def test_copies_and_isolated_points_are_reduced():
    """A column that is zero below the diagonal needs no reflection: τ = 0."""
    x, y = data(150)
    for points in (x[:75].repeat(2, 1), x * 1e4, torch.cat([x[:70], 1e4 * x[70:]])):
        gram = Laplace(0.3)(points, points)
        torch.testing.assert_close(
            loo_path(gram, y, ridges=[0.1]), plain(gram, y, [0.1]), rtol=1e-10, atol=0
        )


def test_bad_arguments_are_refused():
    x, y = data(70)
    gram = Laplace(0.3)(x, x)
    for k, right, words in (
        (gram[:5], y, "gram must be a tensor of shape"),
        (gram, y[:5], "y must be a tensor of shape"),
        (gram[:1, :1], y[:1], "at least 2 rows"),
        (gram, y[:, :, None], "y must be a tensor of shape"),
    ):
        with pytest.raises(ValueError, match=words):
            loo_path(k, right, ridges=[1.0])
    with pytest.raises(ValueError, match="at least one ridge"):
        loo_path(gram, y, ridges=[])
    with pytest.raises(ValueError, match="ridge must be a finite number > 0"):
        loo_path(gram, y, ridges=[1.0, 0.0])
    with pytest.raises(ValueError, match="lift the Gram matrix above rounding"):
        loo_path(gram - 0.9 * torch.eye(70, dtype=torch.float64), y, ridges=[1e-3])
