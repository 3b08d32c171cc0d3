"""Regression in both directions: which residual is smaller, or less dependent on the input?"""

import torch
from torch import Tensor

from ldyn.causal.columns import Column, at_most, require_columns, standardised, to_unit
from ldyn.core import require_choice
from ldyn.kernels import Gaussian, hsic, median_bandwidth

RIDGE, DEGREE, MOST_KNOTS = 1e-5, 5, 25


def reci(x: Column, y: Column, *, scale: str = "unit") -> float:
    """Return the score of comparing regression errors: positive if x causes y.

    e(y → x) − e(x → y), e the mean squared residual of the least-squares cubic, after both
    columns were brought to [0, 1] ("unit") or to mean 0 and variance 1 ("standard"). The scale
    decides: the two are different methods.

    Arguments: `x`, `y` (n,); `scale` "unit" or "standard".
    Raises: ValueError for bad columns or an unknown scale.
    Source: bloebaum2018, prop-error-scale.
    """
    scales = {"unit": to_unit, "standard": standardised}
    require_choice(scale, scales, "scale")
    a, b = (scales[scale](c) for c in require_columns(x, y))
    return _cubic_error(b, a) - _cubic_error(a, b)


def anm(x: Column, y: Column) -> float:
    """Return the score of the additive noise model: positive if x causes y.

    h(y → x) − h(x → y), h the HSIC of input and residual of a least-squares spline
    (`spline_basis`), Gaussian kernels of `median_bandwidth`. Of more than 2,000 rows, 2,000 at
    random are used.

    Arguments: `x`, `y` (n,). Raises: ValueError for bad columns.

    Source: hoyer2009, def-anm.
    """
    a, b = (standardised(c) for c in at_most(2000, *require_columns(x, y)))
    return _additive_dependence(b, a) - _additive_dependence(a, b)


def spline_basis(x: Tensor) -> Tensor:
    """Return B-splines of degree 5 on equal knots over the range of `x` (n,), as (n, knots + 4).

    They are ≥ 0 and sum to 1. Knots grow as 0.4 n^(3/5), at least 3 and at most 25, the number
    that is reached at n = 1,000.

    Raises: ValueError for an x that is constant.

    Source: immer2023, prop-lsnm.
    """
    spans = min(MOST_KNOTS, max(3, round(0.4 * len(x) ** 0.6))) - 1
    u = to_unit(x) * spans
    span = u.floor().clamp(max=spans - 1)
    t = torch.arange(-DEGREE, spans + DEGREE + 1, dtype=x.dtype, device=x.device)
    basis = (span[:, None] == t[:-1]).to(x.dtype)
    for d in range(1, DEGREE + 1):
        rising, falling = u[:, None] - t[: -d - 1], t[d + 1 :] - u[:, None]
        basis = (rising * basis[:, :-1] + falling * basis[:, 1:]) / d
    return basis


def dependence(x: Tensor, y: Tensor) -> float:
    """Return HSIC of two columns, Gaussian kernels with their median bandwidths."""
    x, y = x[:, None], y[:, None]
    kernels = (Gaussian(median_bandwidth(c)) for c in (x, y))
    return hsic(x, y, kernel_x=next(kernels), kernel_y=next(kernels)).item()


def _cubic_error(x: Tensor, y: Tensor) -> float:
    z = standardised(x)
    powers = torch.stack([z**k for k in range(4)], 1)
    fit = powers @ torch.linalg.lstsq(powers, y[:, None], driver="gelsd").solution
    return (y - fit[:, 0]).square().mean().item()


def _additive_dependence(x: Tensor, y: Tensor) -> float:
    basis = spline_basis(x)
    gram = basis.T @ basis
    gram.diagonal().add_(RIDGE)
    weights = torch.linalg.solve(gram, basis.T @ y)
    return dependence(x, y - basis @ weights)
