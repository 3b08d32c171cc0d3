"""Particles: the generator whose constants are known, descending on the discrepancy of kernels."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive
from ldyn.gans.steps import shaped_like_its_argument


@dataclass(frozen=True, kw_only=True)
class ParticlePath:
    """What a descent of n particles passed through.

    Fields: `points` (T + 1, n, d) at the looks, the start first; `gradient` (steps,) the squared
    norm ‖∇G‖² = Σ_i ‖∇Φ(x_i)‖²/n² before each step.
    """

    points: Tensor
    gradient: Tensor


def particle_descent(
    field: Callable[[Tensor], Tensor], start: Tensor, *, step: float, steps: int, looks: int = 100
) -> ParticlePath:
    """Return the path of x_i ← x_i − η ∇Φ_μ(x_i), gradient descent on G with step ηn.

    Arguments: `field` gives ∇Φ_μ at the particles, whose measure is μ, in their shape and dtype;
    `start` (n, d); `step` η, in units of 1/curvature; `steps` a multiple of `looks`.
    Raises: ValueError for a step that is not > 0, steps not a multiple of looks, or a field of
    another shape or dtype.
    Source: chu2020, cor-particles.
    """
    require_positive(step, "step")
    if require_count(steps, "steps") % require_count(looks, "looks"):
        raise ValueError(f"steps must be a multiple of looks, got {steps} and {looks}; try 100")
    x, points, gradient, field = start, [start], [], shaped_like_its_argument(field)
    for now in range(1, steps + 1):
        slope = field(x)
        gradient.append(slope.square().sum() / len(x) ** 2)
        x = x - step * slope
        if now % (steps // looks) == 0:
            points.append(x)
    return ParticlePath(points=torch.stack(points), gradient=torch.stack(gradient))


def mmd_hessian(x: Tensor, y: Tensor, *, bandwidth: float) -> Tensor:
    """Return the Hessian of G(x_1, …, x_n) = ½ MMD² by the particles, (nd, nd).

    n ∇²_ii G = (1/n) Σ_{j≠i} ∇²k(x_i − x_j) − (1/m) Σ_l ∇²k(x_i − y_l),
    n ∇²_ij G = −(1/n) ∇²k(x_i − x_j),  ∇²k(u) = (uuᵀ/σ⁴ − I/σ²) exp(−‖u‖²/2σ²).

    Arguments: `x` (n, d) and `y` (m, d); `bandwidth` σ of the Gaussian
    kernel; memory grows as (nd)² and nmd².
    Raises: ValueError for a bandwidth that is not > 0.
    Source: chu2020, prop-no-sensitivity.
    """
    require_positive(bandwidth, "bandwidth")
    n, d = x.shape
    among, apart = _second(x, x, bandwidth), _second(x, y, bandwidth)
    blocks = -among / n
    blocks[range(n), range(n)] += among.mean(1) - apart.mean(1)
    return blocks.permute(0, 2, 1, 3).reshape(n * d, n * d) / n


def _second(x: Tensor, y: Tensor, bandwidth: float) -> Tensor:
    """Return ∇²k(x_i − y_j) for the Gaussian kernel, (n, m, d, d)."""
    u = (x[:, None] - y[None]) / bandwidth
    weight = (-u.square().sum(-1) / 2).exp() / bandwidth**2
    eye = torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    return weight[..., None, None] * (u[..., :, None] * u[..., None, :] - eye)
