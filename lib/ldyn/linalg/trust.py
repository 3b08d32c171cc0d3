"""Whether second derivatives from below are right: symmetric, and a quotient of first ones."""

from collections.abc import Callable

import torch
from torch import Tensor

from ldyn.core import stream

Map = Callable[[Tensor], Tensor]
ADVICE = (
    "a part of the model or of the loss has a wrong second derivative in torch, as weight_norm and "
    "sinc at 0 have; write that part out in elementary functions, or for weight_norm remove the "
    "parametrization first"
)


def require_symmetric_product(matvec: Map, theta: Tensor) -> None:
    """Raise the ValueError of a product v ↦ A v with uᵀA v ≠ vᵀA u, by random u and v."""
    u, v = _draws(theta)
    au, av = matvec(u), matvec(v)
    gap = (u @ av - v @ au).abs()
    if gap > 10 * torch.finfo(theta.dtype).eps ** 0.5 * (au.norm() + av.norm()):
        raise ValueError(
            f"expected a symmetric operator, got uᵀAv − vᵀAu = {gap:.2g} at |Av| = "
            f"{av.norm():.2g}; {ADVICE}"
        )


def require_quotient(product: Map, dtype: torch.dtype, slope: Map, theta: Tensor) -> None:
    """Raise the ValueError of a product, in `dtype`, that is not the derivative of `slope` at θ.

    `slope` and `theta` θ are in double precision. Two quotients that agree with one another speak
    against the product; at kinks, and where rounding has the last word, they do not agree.
    """
    v = _draws(theta)[0]
    try:
        quotients = []
        for size in (1e-6, 1e-7):
            step = size * (1 + theta.norm()) / v.norm() * v
            away = slope(theta + step) - slope(theta - step)
            quotients.append(away * v.norm() / (2 * step.norm()))
    except RuntimeError:  # a loss with tensors of its own precision has no quotient in double
        return
    near, nearer = quotients
    gap = (product(v.to(dtype)).double() - nearer).norm()
    allowed = 1e-3 if dtype == torch.float64 else 1e-2
    if gap > allowed * nearer.norm() and (near - nearer).norm() < gap / 10:
        raise ValueError(
            f"expected the derivative of ∇L, got products {gap / nearer.norm():.1%} away from its "
            f"difference quotient; {ADVICE}"
        )


def _draws(theta: Tensor) -> Tensor:
    """Two vectors of the size of `theta`, always the same ones."""
    draws = torch.randn(2, len(theta), generator=stream("operator"), dtype=torch.float64)
    return draws.to(theta)
