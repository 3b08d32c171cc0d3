"""What a linear rule sees of a random edge: its covariance, and the risk that it cannot beat."""

import torch
from torch import Tensor

from ldyn.core import require_count, require_points, require_positive
from ldyn.gate import holds
from ldyn.piecewise.classes import Target, half_space, step


def half_space_covariance(x: Tensor, z: Tensor) -> Tensor:
    """Return E f(x_i) f(z_j), (n, m), for the indicator f of a random half-space, d = 1 or 2.

    d = 1: f = 1{x ≥ t}, t ∼ U[0, 1], gives min(x, z): Brownian motion.
    d = 2: f = 1{x_e ≥ a x_{−e} + t}, e a fair choice of coordinate, a ∼ U[−1, 1],
    t ∼ U[−1, 2], gives ½ (p(x) + p(z) − s(x − z)/3), p(x) = ((x_1 + x_2)/2 + 1)/3,
    s(u) = (3 M² + m²)/(4 M), M and m the larger and the smaller of |u_1|, |u_2|.

    Arguments: `x` (n, d), `z` (m, d). Raises: ValueError for points outside the cube or d > 2.
    Source: thm-linear-sharp.
    """
    require_points(x, cube=True)
    require_points(z, name="z", dim=x.shape[1], cube=True)
    if x.shape[1] > 2:
        raise ValueError(f"x must have d = 1 or 2 columns, got d = {x.shape[1]}; try x[:, :2]")
    if x.shape[1] == 1:
        return torch.minimum(x, z.T)
    gaps = (x[:, None] - z[None]).abs()
    small, large = gaps.amin(2), gaps.amax(2)
    apart = torch.where(large > 0, (3 * large**2 + small**2) / (4 * large), 0.0) / 3
    inside = lambda u: (u.mean(1) + 1) / 3  # noqa: E731
    return (inside(x)[:, None] + inside(z) - apart) / 2


def random_half_space(dim: int, generator: torch.Generator) -> Target:
    """Return a draw from the prior of `half_space_covariance`.

    Raises: ValueError unless dim is 1 or 2.
    Source: thm-linear-sharp.
    """
    if dim not in (1, 2):
        raise ValueError(f"dim must be 1 or 2, got {dim}; try 2")
    u = torch.rand(3, generator=generator, dtype=torch.float64, device=generator.device)
    if dim == 1:
        return step(u[0].item())
    slope = (2 * u[0] - 1).item()
    normal = (-slope, 1.0) if u[1] < 0.5 else (1.0, -slope)
    return half_space(normal, (3 * u[2] - 1).item())


def prior_risk(weights: Tensor, x: Tensor, z: Tensor, *, noise: float) -> float:
    """Return the exact mean risk, over random half-spaces and the noise, of a linear rule.

    mean_j [K(z_j, z_j) − 2 Σ_i w_ji K(x_i, z_j) + Σ_il w_ji (K(x_i, x_l) + σ² δ_il) w_jl]
    for f̂(z_j) = Σ_i w_ji Y_i: it depends on the prior through K alone.

    Arguments: `weights` (m, n); the design `x` (n, d); nodes `z` (m, d), uniform or quasi-random.
    Raises: ValueError for points outside the cube, d > 2, or unless noise > 0.
    Source: lem-genie.
    """
    require_positive(noise, "noise")
    own = torch.stack([half_space_covariance(p[None], p[None])[0, 0] for p in z])
    cross, gram = half_space_covariance(z, x), half_space_covariance(x, x)
    gram.diagonal().add_(noise**2)
    return (own - 2 * (weights * cross).sum(1) + ((weights @ gram) * weights).sum(1)).mean().item()


def covariance_eigenvalues(dim: int, points: Tensor) -> Tensor:
    """Return approximate eigenvalues λ_1 ≥ λ_2 ≥ … of the random half-space on [0, 1]^dim.

    Those of the Gram matrix over m nodes, divided by m (Nyström). In dimension 1 the exact ones
    are 1/((k − ½)² π²).

    Arguments: `points` (m, dim) in the cube, uniform or quasi-random.
    Raises: ValueError for other points or dim > 2.
    Source: opper1998, lem-genie.
    """
    require_points(points, name="points", dim=dim)
    gram = half_space_covariance(points, points)
    return torch.linalg.eigvalsh(gram).flip(0).clamp(min=0) / len(points)


def linear_risk_floor(eigenvalues: Tensor, n: int, *, noise: float) -> float:
    """Return Σ_k λ_k / (1 + n λ_k / σ²), below which no linear rule's mean risk can fall.

    Arguments: `eigenvalues` (k,), all ≥ 0. Raises: ValueError unless they are, n ≥ 0 and noise > 0.
    Source: opper1998, lem-genie.
    """
    require_positive(noise, "noise")
    require_count(n, "n", at_least=0)
    if not holds(eigenvalues >= 0):
        raise ValueError(
            f"eigenvalues of a covariance must be >= 0, got {eigenvalues.min():.3g}; where that is "
            "rounding, try eigenvalues.clamp(min=0)"
        )
    return (eigenvalues / (1 + n * eigenvalues / noise**2)).sum().item()
