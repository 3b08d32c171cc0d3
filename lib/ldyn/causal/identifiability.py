"""Which mechanisms a density admits: equations that hold if and only if the model fits."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import grad, vmap

from ldyn.causal.columns import Column, require_columns, standardised
from ldyn.kernels import Gaussian, hsic

LogDensity = Callable[[Tensor, Tensor], Tensor]


def additive_defect(log_density: LogDensity, x: Tensor, y: Tensor) -> Tensor:
    """Return ∂/∂y (π_xy/π_yy) at k points: zero everywhere if and only if y = f(x) + e.

    π is the log density and π_yy ≠ 0; where the model fits, −π_xy/π_yy = f′(x). Exchange the
    arguments of `log_density` to ask for x = g(y) + e.

    Arguments: `log_density` of x and y (), () ↦ (), three times differentiable; `x`, `y` (k,).
    Source: hoyer2009, thm-anm-identifiable.
    """
    in_y = grad(log_density, 1)
    speed = lambda a, b: grad(in_y, 0)(a, b) / grad(in_y, 1)(a, b)  # noqa: E731
    return vmap(grad(speed, 1))(x, y)


def location_scale_defect(log_density: LogDensity, x: Tensor, y: Tensor) -> Tensor:
    """Return the distances of a density from y = f(x) + σ(x)e, one for each x: zero if it fits.

    At each x the least ‖π_xy + aπ_y + (b + ay)π_yy‖ over numbers a, b, the norm over `y`, divided
    by the largest ‖π_xy‖ among the x; where the model fits, a = σ′/σ and b = f′ − af.

    Arguments: `log_density` of x and y (), () ↦ (), twice differentiable; `x` (k,); `y` (m,).
    Raises: ValueError unless m ≥ 3: two numbers fit two values.
    Source: immer2023, prop-lsnm.
    """
    if len(y) < 3:
        raise ValueError(f"y must have at least 3 values, got {len(y)}; try torch.linspace")
    in_y = grad(log_density, 1)
    grid = lambda f: vmap(vmap(f, (None, 0)), (0, None))(x, y)  # noqa: E731
    first, mixed, second = (grid(f) for f in (in_y, grad(in_y, 0), grad(in_y, 1)))
    columns = torch.stack([first + y * second, second], 2)
    best = torch.linalg.lstsq(columns, -mixed[..., None]).solution
    left = mixed + (columns @ best)[..., 0]
    return left.norm(dim=1) / mixed.norm(dim=1).max().clamp(min=torch.finfo(mixed.dtype).tiny)


def relative_hsic(x: Column, y: Column) -> float:
    """Return HSIC of two columns over its mean when they are paired at random: 1 if independent.

    (n − 1) Σ_ij K_ij L_ij / (tr K · tr L) with the centred matrices K, L of the kernel
    exp(−2(x − x′)²) on the columns with variance 1; the mean is over all n! pairings, exactly.

    Arguments: `x`, `y` (n,). Takes n² numbers of memory. Raises: ValueError for bad columns.
    Source: gretton2008, prop-random-pairing.
    """
    columns = [standardised(c)[:, None] for c in require_columns(x, y)]
    n, kernel = len(columns[0]), Gaussian(0.5)
    found = n**2 * (n - 1) * hsic(*columns, kernel_x=kernel, kernel_y=kernel)
    for column in columns:
        found = found / (n - kernel(column, column).mean() * n)
    return found.item()


def lingam(x: Column, y: Column) -> float:
    """Return the score of the linear non-Gaussian model: positive if x causes y.

    H(y) + H(x − ρy) − H(x) − H(y − ρx), columns and residuals with variance 1, ρ their
    correlation: the log-likelihood ratio a row of the two linear models. H is Hyvärinen's
    approximation of the entropy, −79.047 (E log cosh u − 0.37457)² − 7.4129 (E u e^(−u²/2))², up
    to a constant.

    Arguments: `x`, `y` (n,). Raises: ValueError for bad columns.
    Source: hyvarinen2013, thm-lingam.
    """
    a, b = map(standardised, require_columns(x, y))
    return _linear_cost(b, a) - _linear_cost(a, b)


def _linear_cost(x: Tensor, y: Tensor) -> float:
    left = y - (x * y).mean() * x
    spread = left.square().mean().sqrt()
    return _entropy(x) + (_entropy(left / spread) if spread > 1e-9 else 0.0)


def _entropy(u: Tensor) -> float:
    tails = (torch.logaddexp(u, -u).mean() - math.log(2) - 0.37457).square()
    skew = (u * (-u.square() / 2).exp()).mean().square()
    return -(79.047 * tails + 7.4129 * skew).item()
