"""Exact leave-one-out errors of kernel ridge regression, and their slope in its parameters."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ldyn.core import require_positive
from ldyn.gate import holds
from ldyn.kernels import Gaussian, Laplace, Matern32, Matern52, Stationary

Profile = Callable[[Tensor], tuple[Tensor, Tensor]]


def loo_residuals(gram: Tensor, y: Tensor, *, ridge: float | Tensor) -> Tensor:
    """Return y_i − f̂^(−i)(x_i) of kernel ridge regression, of the shape of y, by one Cholesky.

    r_i = c_i / A_ii, A = (K + λI)⁻¹, c = A y: row i left out, and λ kept.

    Arguments: `gram` K (n, n), symmetric; `y` (n,) or (n, c); `ridge` λ (n,), one a row, λ/w_i
    under weights w, or one number, > 0.
    Raises: ValueError for shapes that do not match, or a ridge that does not lift K above rounding.
    Source: wahba1990, prop-loo, prop-loo-cells.
    """
    require_positive(float(ridge.min()) if isinstance(ridge, Tensor) else ridge, "ridge")
    lifted = gram.clone()
    lifted.diagonal().add_(ridge)
    factor, failed = torch.linalg.cholesky_ex(lifted)
    if not holds(failed == 0):
        raise ValueError(
            "K + ridge is not positive definite in this precision; try gram.double() or a ridge "
            f"above {torch.finfo(gram.dtype).eps * len(gram):.0e}"
        )
    inverse = torch.cholesky_inverse(factor)
    coefficients = inverse @ y
    diagonal = inverse.diagonal()
    return coefficients / (diagonal if y.ndim == 1 else diagonal[:, None])


def loo_slope(
    x: Tensor,
    y: Tensor,
    weights: Tensor,
    *,
    kernel: type[Stationary],
    bandwidths: Tensor,
    ridge: Tensor,
    judges: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the weighted mean squared leave-one-out residual of samples, and its slopes, exactly.

    E = Σ v_i r_i², v = w/(c Σw) over the judges, with A = (K + λ/w)⁻¹, a = A y, g = diag A, r = a/g
    and B = A(vr/g): dE = ⟨G, dK⟩, G = A diag(2 v r²/g) A − B aᵀ − a Bᵀ; dK is read off the kernel.

    Arguments: `x` (p, n, d), p samples, `y` (p, n, c), `weights` (p, n); `bandwidths` (k,), one or
    d, one a column; `ridge` λ, a scalar; `judges` (p, n), a mask of residuals that count, else all.
    Values (p,); slopes by log bandwidths (p, k) and by log λ (p,).
    A sample that cannot be factorised has a value without bound and slope 0.
    Raises: ValueError for weights, bandwidths or a ridge that are not > 0, or another kernel.
    Source: prop-loo-slope.
    """
    for name, given in (("weights", weights), ("bandwidths", bandwidths), ("ridge", ridge)):
        if not holds(given > 0):
            raise ValueError(f"{name} must be > 0, got {given.min():.3g}; try {name}.exp()")
    if kernel not in SLOPES or len(bandwidths) not in (1, x.shape[2]) or ridge.numel() != 1:
        raise ValueError(
            f"kernel must be one of {', '.join(k.__name__ for k in SLOPES)}, bandwidths 1 or "
            f"{x.shape[2]} and ridge one number, got {kernel.__name__}, {len(bandwidths)} and "
            f"{ridge.numel()}; try Gaussian"
        )
    z = x / bandwidths
    squares = _squares(z)
    gram, by_square = SLOPES[kernel](squares)
    gram.diagonal(dim1=1, dim2=2).add_(ridge / weights)
    factor, failed = torch.linalg.cholesky_ex(gram)
    bad = failed > 0
    factor[bad] = torch.eye(x.shape[1]).to(x)
    inverse = torch.cholesky_inverse(factor)
    a, g = inverse @ y, inverse.diagonal(dim1=1, dim2=2)[..., None]
    r = a / g
    v = weights if judges is None else weights * judges
    v = (v / v.sum(1, keepdim=True) / y.shape[2])[..., None]
    outer = inverse @ (v * r / g) @ a.mT
    slope = (inverse * (2 * (v * r.square() / g).sum(-1))[:, None]) @ inverse - outer - outer.mT
    w = slope * by_square
    by_bandwidth = -2 * (w * squares).sum((1, 2))[:, None]  # of one: nothing cancels
    if len(bandwidths) > 1:
        by_bandwidth = -4 * ((z.square() * w.sum(-1, keepdim=True)).sum(1) - (z * (w @ z)).sum(1))
    by_ridge = ridge * (slope.diagonal(dim1=1, dim2=2) / weights).sum(1)
    value = (v * r.square()).sum((1, 2)).masked_fill(bad, math.inf)
    return value, by_bandwidth.masked_fill(bad[:, None], 0), by_ridge.masked_fill(bad, 0)


def _squares(z: Tensor) -> Tensor:
    mode = "donot_use_mm_for_euclid_dist" if z.shape[-1] <= 32 else "use_mm_for_euclid_dist"
    return torch.cdist(z, z, compute_mode=mode).square_()


def _gaussian(s: Tensor) -> tuple[Tensor, Tensor]:
    k = s.mul(-0.5).exp_()
    return k, -0.5 * k


def _laplace(s: Tensor) -> tuple[Tensor, Tensor]:
    r = s.sqrt()
    k = (-r).exp()
    # At r = 0 the slope in r² is infinite, but such pairs do not move with the bandwidth.
    return k, torch.where(r > 0, k / (-2 * r.clamp(min=1e-12)), 0.0)


def _matern32(s: Tensor) -> tuple[Tensor, Tensor]:
    r = s.sqrt().mul_(math.sqrt(3.0))
    e = (-r).exp()
    return (1 + r) * e, -1.5 * e


def _matern52(s: Tensor) -> tuple[Tensor, Tensor]:
    r = s.sqrt().mul_(math.sqrt(5.0))
    e = (-r).exp()
    return (1 + r + r.square() / 3) * e, -5 / 6 * (1 + r) * e


# κ(r) and its slope in r², of r² in units of the bandwidth squared.
SLOPES: dict[type[Stationary], Profile] = {
    Gaussian: _gaussian,
    Laplace: _laplace,
    Matern32: _matern32,
    Matern52: _matern52,
}
