"""Small Hessians in full, and the numbers of their negative, zero and positive eigenvalues."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import hessian, vmap

from ldyn.core import require_positive


def dense_hessian(function: Callable[..., Tensor], theta: Tensor, *data: Tensor) -> Tensor:
    """Return ∇²f(θ), (p, p), or (k, p, p) for k parameters at once.

    Arguments: `function` (p,), *data ↦ (); `theta` θ (…, p), one or k of them; `data` further
    arguments of f, each with the leading k where θ has it.
    Raises: ValueError for another shape of θ.
    """
    if theta.ndim not in (1, 2):
        raise ValueError(
            f"theta must have shape (p,) or (k, p), got {tuple(theta.shape)}; flatten it first"
        )
    curvature = hessian(function)
    found: Tensor = (vmap(curvature) if theta.ndim == 2 else curvature)(theta, *data)
    return found


@dataclass(frozen=True, kw_only=True)
class Inertia:
    """How many eigenvalues of a symmetric matrix are negative, zero and positive, each (…).

    `gap` (…) says how far the count is from any other: the smallest |μ| counted as non-zero over
    the largest counted as zero, the latter at least machine epsilon × max |μ|; infinite when all
    are zero.
    """

    negative: Tensor
    zero: Tensor
    positive: Tensor
    gap: Tensor


def inertia(matrix: Tensor, tolerance: float | None = None) -> Inertia:
    """Return the inertia of `matrix` (…, p, p), symmetric; |μ| ≤ tolerance · max |μ| is zero.

    The tolerance is 10⁻¹⁰ unless given, or p · machine epsilon where rounding is larger than that.
    Raises: ValueError unless the matrix is square and symmetric and the tolerance > 0.
    """
    values = torch.linalg.eigvalsh(matrix)
    if tolerance is None:
        tolerance = max(1e-10, matrix.shape[-1] * torch.finfo(matrix.dtype).eps)
    require_positive(tolerance, "tolerance")
    size = values.abs()
    largest = size.amax(-1, keepdim=True)
    zero = size <= tolerance * largest
    above = size.masked_fill(zero, float("inf")).amin(-1)
    below = size.masked_fill(~zero, 0.0).amax(-1)
    rounding = torch.finfo(matrix.dtype).eps * largest[..., 0]
    return Inertia(
        negative=(~zero & (values < 0)).sum(-1),
        zero=zero.sum(-1),
        positive=(~zero & (values > 0)).sum(-1),
        gap=above / torch.maximum(below, rounding),
    )
