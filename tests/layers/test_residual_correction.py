"""Level after level against one linear system, and kernels of all scales against their norm."""

import math

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace, Matern32
from ldyn.layers import MultiscaleKernel, Wendland, residual_correction

F64 = torch.float64


def points(n, d, *names):
    return torch.rand(n, d, generator=stream("resolution", *names), dtype=F64)


def levels(kernel=Wendland, count=4, ridge=0.0):
    """200 points of the plane, four levels of 12 to 200 rows, each with half the bandwidth."""
    x = points(200, 2, "x")
    y = (5 * x[:, 0]).sin() + (x[:, 1] > 0.5)
    kernels = [kernel(1.2 / 2**j) for j in range(count)]
    rows = [200 // 2 ** (count - 1 - j) for j in range(count)]
    return x, y, kernels, rows, residual_correction(x, y, kernels=kernels, rows=rows, ridge=ridge)


@pytest.mark.parametrize("kernel", [Wendland, Laplace, Matern32])
def test_each_level_interpolates_its_own_rows(kernel):
    x, y, _, rows, fit = levels(kernel)
    for m, values in zip(rows, fit.partial(x), strict=True):
        torch.testing.assert_close(values[:m], y[:m], rtol=0, atol=1e-9)
    assert torch.equal(fit(x), fit.partial(x)[-1])


@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_all_levels_at_once_are_one_triangular_system(ridge):
    """(K_ij over the rows of level i and the sites of level j ≤ i) c = y, for all levels."""
    x, y, kernels, rows, fit = levels(ridge=ridge)
    blocks = []
    for i, m in enumerate(rows):
        row = [
            k(x[:m], x[:p]) * (j <= i) for j, (k, p) in enumerate(zip(kernels, rows, strict=True))
        ]
        row[i].diagonal().add_(ridge)
        blocks.append(torch.cat(row, 1))
    c = torch.linalg.solve(torch.cat(blocks), torch.cat([y[:m] for m in rows]))
    found = torch.cat([level.coefficients for level in fit.levels])
    torch.testing.assert_close(found, c, rtol=1e-8, atol=1e-8)


def test_linear_in_the_responses_and_one_level_is_kernel_ridge():
    x, y, kernels, rows, fit = levels(ridge=0.1)
    other = points(200, 1, "other")[:, 0]
    z = points(9, 2, "z")
    together = residual_correction(x, 2 * y - 3 * other, kernels=kernels, rows=rows, ridge=0.1)
    alone = residual_correction(x, other, kernels=kernels, rows=rows, ridge=0.1)
    torch.testing.assert_close(together(z), 2 * fit(z) - 3 * alone(z))
    one = residual_correction(x, y, kernels=[Gaussian(0.3)], rows=[200], ridge=0.1)
    gram = Gaussian(0.3)(x, x) + 0.1 * torch.eye(200, dtype=F64)
    torch.testing.assert_close(one(z), Gaussian(0.3)(z, x) @ torch.linalg.solve(gram, y))


def test_the_condition_number_is_that_of_the_matrix():
    x, _, kernels, rows, fit = levels(ridge=0.2)
    gram = kernels[1](x[: rows[1]], x[: rows[1]]) + 0.2 * torch.eye(rows[1], dtype=F64)
    assert fit.levels[1].condition() == pytest.approx(torch.linalg.cond(gram).item(), rel=1e-9)


def test_wendlands_kernel_ends_and_is_positive_definite_in_space():
    k = Wendland(0.5)
    r = torch.tensor([[0.0], [0.25], [0.5], [0.9]], dtype=F64)
    assert k(r, r[:1])[:, 0].tolist() == [1.0, 0.5**4 * 3, 0.0, 0.0]
    x = points(80, 3, "space")
    gram = Wendland(0.7)(x, x)
    assert torch.linalg.eigvalsh(gram).min() > 0
    r = torch.linspace(0.01, 0.99, 50, dtype=F64, requires_grad=True)
    (slope,) = torch.autograd.grad(k.profile(r).sum(), r)
    torch.testing.assert_close(slope, -20 * r * (1 - r).pow(3))


def test_the_norm_of_a_sum_is_the_least_over_all_decompositions():
    x, f = points(6, 1, "norm"), points(6, 1, "values")[:, 0]
    parts, weights = (Gaussian(0.2), Laplace(0.7)), (2.0, 0.5)
    a, b = (w * k(x, x) for w, k in zip(weights, parts, strict=True))
    gram = MultiscaleKernel(parts, weights)(x, x)
    torch.testing.assert_close(gram, a + b)
    inverse, other = torch.linalg.inv(a), torch.linalg.inv(b)
    g = torch.linalg.solve(inverse + other, other @ f)  # where the gradient vanishes
    least = g @ inverse @ g + (f - g) @ other @ (f - g)
    assert least.item() == pytest.approx((f @ torch.linalg.solve(gram, f)).item(), rel=1e-8)
    for s in range(5):
        g2 = g + 0.1 * torch.randn(6, generator=stream("other parts", s), dtype=F64)
        assert g2 @ inverse @ g2 + (f - g2) @ other @ (f - g2) > least


def test_dtype_follows():
    x, y, kernels, rows, _ = levels()
    fit = residual_correction(x.float(), y.float(), kernels=kernels, rows=rows)
    assert fit(x.float()).dtype == torch.float32
    assert MultiscaleKernel((Gaussian(1.0),), (2.0,))(x.float(), x.float()).dtype == torch.float32


def test_bad_input_is_refused():
    x, y, kernels, rows, _ = levels()

    def fit(**change):
        given = {"x": x, "y": y, "kernels": kernels, "rows": rows} | change
        return residual_correction(given.pop("x"), given.pop("y"), **given)

    for bad in (rows[:3], rows[::-1], [*rows[:3], 201], []):
        with pytest.raises(ValueError, match=r"expected rows m_1 .* try \[200\]"):
            fit(rows=bad)
    with pytest.raises(ValueError, match="rows must be an integer >= 1"):
        fit(rows=[0, *rows[1:]])
    for bad in (-1.0, math.nan):
        with pytest.raises(ValueError, match=r"ridge must be .*, got .*; try"):
            fit(ridge=bad)
    with pytest.raises(ValueError, match=r"level 2 is singular to rounding; try a narrower"):
        fit(kernels=[Wendland(1.0), Gaussian(5.0), *kernels[2:]])
    with pytest.raises(ValueError, match="finite"):
        fit(y=y / 0)
    with pytest.raises(ValueError, match="one weight a kernel, got 1 weights for 2 kernels; give"):
        MultiscaleKernel((Gaussian(1.0), Gaussian(2.0)), (1.0,))
    with pytest.raises(ValueError, match="weights must be a finite number > 0"):
        MultiscaleKernel((Gaussian(1.0),), (0.0,))
    with pytest.raises(ValueError, match="kernels must be functions, got"):
        MultiscaleKernel((1.0,), (1.0,))
    with pytest.raises(ValueError, match="weights must be a finite number > 0, got nan"):
        MultiscaleKernel((Gaussian(1.0),), (math.nan,))
    with pytest.raises(ValueError, match="x must have at most 3 columns, got 4; try Matern32"):
        Wendland(1.0)(points(5, 4, "x"), points(5, 4, "x"))  # no longer positive definite
    with pytest.raises(ValueError, match="bandwidth must be a finite number > 0, got nan"):
        Wendland(math.nan)
    with pytest.raises(ValueError, match=r"x must be .*\(n, 2\), got shape \(200, 1\)"):
        fit()(x[:, :1])
