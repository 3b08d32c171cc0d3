"""Piecewise smooth functions: the targets of the chapter and random members of its classes."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_count, require_points, require_positive
from ldyn.piecewise.boundaries import Function, hypersurface_side, rough_boundary, smooth_part


@dataclass(frozen=True, kw_only=True)
class Target:
    """A piecewise smooth function f* = Σ_m f_m · 1_{R_m} on [0, 1]^dim.

    Fields: `pieces` the M functions f_m, (n, d) → (n,); `piece` the label m of each point,
    (n, d) → (n,) integers; `alpha` and `beta` the smoothness of boundaries and parts (inf when
    analytic).
    Source: imaizumi2022, def-piecewise-2022.
    """

    name: str
    dim: int
    pieces: tuple[Function, ...]
    piece: Callable[[Tensor], Tensor]
    alpha: float = math.inf
    beta: float = math.inf

    def __call__(self, x: Tensor) -> Tensor:
        """Return f*, (n,), at points `x` (n, d). Raises: ValueError for points outside the cube."""
        require_points(x, dim=self.dim, cube=True)
        values = torch.stack([f(x) for f in self.pieces])
        return values.gather(0, self.piece(x)[None].to(torch.int64))[0]


def _constant(value: float) -> Function:
    return lambda x: torch.full((len(x),), value, dtype=x.dtype, device=x.device)


def _indicator(name: str, dim: int, inside: Callable[[Tensor], Tensor], alpha: float) -> Target:
    parts = (_constant(0.0), _constant(1.0))
    return Target(name=name, dim=dim, pieces=parts, piece=lambda x: inside(x).long(), alpha=alpha)


def step(theta: float = 1 / 3) -> Target:
    """Return 1{x ≥ θ} on [0, 1]. Raises: ValueError unless θ is in [0, 1].

    Source: donoho1998, def-piecewise-2022.
    """
    if not 0 <= theta <= 1:
        raise ValueError(f"theta must lie in [0, 1], got {theta}; try 1 / 3")
    return _indicator("step", 1, lambda x: x[:, 0] >= theta, math.inf)


def ball(center: tuple[float, ...] = (0.48, 0.52, 0.5), radius: float = 0.35) -> Target:
    """Return the indicator of {‖x − center‖ ≤ radius} in dimension len(center).

    Raises: ValueError unless radius > 0.
    Source: imaizumi2022, def-piecewise-2022.
    """
    require_positive(radius, "radius")

    def inside(x: Tensor) -> Tensor:
        return (x - x.new_tensor(center)).square().sum(1) <= radius**2

    return _indicator("ball", len(center), inside, math.inf)


def disk(center: tuple[float, float] = (0.48, 0.52), radius: float = 0.3) -> Target:
    """Return the indicator of a disk in the square. Source: imaizumi2022, def-piecewise-2022."""
    return ball(center, radius)


def fragment(h: Function, dim: int, *, alpha: float = math.inf) -> Target:
    """Return the boundary fragment 1{x_D ≥ h(x_{−D})}, α-smooth if h is.

    Raises: ValueError unless dim ≥ 2 and alpha > 0, infinite if h is analytic.
    Source: dudley1974, def-piecewise-2019.
    """
    require_count(dim, "dim", at_least=2)
    if not alpha > 0:
        raise ValueError(f"alpha must be > 0, got {alpha}; try alpha=1.0")
    return _indicator("fragment", dim, lambda x: hypersurface_side(h, x, dim - 1), alpha)


def wave() -> Target:
    """Return 1{x₂ ≥ h(x₁)} with h the boundary `wave_height`. Source: prop-ladder."""
    return fragment(lambda x: wave_height(x[:, 0]), 2)


def wave_height(u: Tensor) -> Tensor:
    """Return h(u) = 0.5 + 0.2 sin 2πu + 0.05 cos 6πu for `u` (m,). Source: prop-ladder."""
    return 0.5 + 0.2 * (2 * torch.pi * u).sin() + 0.05 * (6 * torch.pi * u).cos()


def half_space(normal: tuple[float, ...], offset: float) -> Target:
    """Return 1{⟨normal, x⟩ ≥ offset}. Raises: ValueError for a zero normal.

    Source: thm-linear-sharp.
    """
    if not any(normal):
        raise ValueError(f"normal must not be zero, got {normal}; try (0.3, 1.0)")
    inside = lambda x: x @ x.new_tensor(normal) >= offset  # noqa: E731
    return _indicator("half-space", len(normal), inside, math.inf)


def stripes(pieces: int) -> Target:
    """Return M wavy slanted stripes of the square with values 0, 1, 0, 1, …

    R_m = {m/M ≤ s(x) < (m+1)/M},  s(x) = (x₂ + 0.3 x₁ + 0.05 sin 2πx₁) / 1.3.

    Raises: ValueError unless pieces ≥ 2.
    Source: imaizumi2022, thm-upper.
    """
    require_count(pieces, "pieces", at_least=2)

    def piece(x: Tensor) -> Tensor:
        s = (x[:, 1] + 0.3 * x[:, 0] + 0.05 * (2 * torch.pi * x[:, 0]).sin()) / 1.3
        return (s * pieces).floor().clamp(0, pieces - 1).long()

    parts = tuple(_constant(float(m % 2)) for m in range(pieces))
    return Target(name="stripes", dim=2, pieces=parts, piece=piece)


def smooth_control(dim: int) -> Target:
    """Return the jump-free control f*(x) = ½ + ½ Π_j sin(π x_j + ½). Source: stone1982.

    Raises: ValueError unless dim ≥ 1.
    """
    require_count(dim, "dim")
    f = lambda x: 0.5 + 0.5 * (torch.pi * x + 0.5).sin().prod(1)  # noqa: E731
    return Target(name="smooth", dim=dim, pieces=(f,), piece=lambda x: x.new_zeros(len(x)).long())


def random_blob(generator: torch.Generator) -> Target:
    """Return the indicator of a random star-shaped region of the square with analytic boundary.

    R = {ρ ≤ 0.27 · exp Σ_{k=2}^{5} a_k cos(kφ + ψ_k)} in polar coordinates about a random
    centre, a_k ∼ U[−0.3, 0.3]/k, ψ_k uniform.
    Source: imaizumi2022, def-piecewise-2022.
    """
    u = torch.rand(10, generator=generator, dtype=torch.float64, device=generator.device)
    centre, k = 0.45 + 0.1 * u[:2], torch.arange(2, 6, device=u.device).to(u)
    size, turn = 0.6 * (u[2:6] - 0.5) / k, 2 * torch.pi * u[6:]

    def inside(x: Tensor) -> Tensor:
        d = x - centre.to(x)
        phi = torch.atan2(d[:, 1], d[:, 0])[:, None]
        rim = 0.27 * (size.to(x) * (k.to(x) * phi + turn.to(x)).cos()).sum(1).exp()
        return d.norm(dim=1) <= rim

    return _indicator("blob", 2, inside, math.inf)


def random_fragment(
    *, dim: int, alpha: float, beta: float, pieces: int, generator: torch.Generator
) -> Target:
    """Return a random member of F^PS_{α,β,M}: M layers between M − 1 random α-smooth graphs.

    Layer m lies above m of the graphs h_1, …, h_{M−1}, which may cross; its part has smoothness
    β and mean level alternating between 0.25 and 0.75. In dimension 1 the graphs are points.

    Raises: ValueError unless dim ≥ 1, pieces ≥ 2, alpha, beta > 0.
    Source: imaizumi2022, def-piecewise-2022, prop-two-classes.
    """
    require_count(dim, "dim")
    require_count(pieces, "pieces", at_least=2)
    require_positive(alpha, "alpha")
    parts = tuple(
        smooth_part(beta, dim=dim, generator=generator, level=0.25 + 0.5 * (m % 2))
        for m in range(pieces)
    )
    if dim == 1:
        device = generator.device
        cuts = torch.rand(pieces - 1, generator=generator, dtype=torch.float64, device=device)
        cuts = cuts.sort().values
        count = lambda x: torch.bucketize(x[:, 0].contiguous(), cuts.to(x), right=True)  # noqa: E731
    else:
        graphs = [rough_boundary(alpha, generator=generator, dim=dim - 1) for _ in parts[1:]]
        shifts = [(m + 1) / pieces - 0.5 for m in range(pieces - 1)]

        def count(x: Tensor) -> Tensor:
            z, last = x[:, :-1], x[:, -1]
            above = [last >= g(z) + s for g, s in zip(graphs, shifts, strict=True)]
            return torch.stack(above).sum(0)

    return Target(
        name="fragment", dim=dim, pieces=parts, piece=count, alpha=float(alpha), beta=float(beta)
    )
