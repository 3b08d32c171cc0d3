"""The diagonal of (K + λI)⁻¹ where K is only a product, from a few random solves."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive


def stochastic_diagonal(
    solve: Callable[[Tensor], Tensor],
    factor: Tensor,
    *,
    ridge: float,
    probes: int,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Return an estimate of diag (K + λI)⁻¹ and its standard error, both (n,), from few solves.

    g = diag P⁻¹ + mean_s z_s ∘ ((K + λI)⁻¹ − P⁻¹) z_s, z_s independent random signs, with
    P = FᵀF + diag(1 − diag FᵀF) + λI, whose inverse is known: unbiased, and the less random the
    nearer P is to K + λI. Clamped to [1/(1 + λ), 1/λ], where the truth lies.

    Arguments: `solve` of v to (K + λI)⁻¹v, K of diagonal 1, (n, p) ↦ (n, p); `factor` F (k, n).
    Raises: ValueError for a ridge that is not > 0, or fewer than 2 probes.
    Source: hutchinson1990, snelson2006, prop-stochastic-diagonal.
    """
    require_positive(ridge, "ridge")
    require_count(probes, "probes", at_least=2)
    f = factor.double()
    d = (1 - f.square().sum(0)).clamp(min=0) + ridge
    scaled = f / d
    inner = torch.linalg.cholesky(torch.eye(len(f)).to(f) + scaled @ f.T)
    half = torch.linalg.solve_triangular(inner, scaled, upper=False)  # P⁻¹ = D⁻¹ − halfᵀ half
    z = torch.randint(2, (f.shape[1], probes), generator=generator, device=generator.device)
    z = (2 * z - 1).to(f)
    terms = z * (solve(z).double() - z / d[:, None] + half.T @ (half @ z))
    values = 1 / d - half.square().sum(0) + terms.mean(1)
    return values.clamp(1 / (1 + ridge), 1 / ridge), terms.std(1) / math.sqrt(probes)
