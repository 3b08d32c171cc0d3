"""Random boundaries of chosen smoothness, as graphs over the other coordinates."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ldyn.core import require_count, require_points, require_positive

Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class Weierstrass:
    """A lacunary cosine series, exactly as rough as its exponent says.

    h(x) = centre + amplitude · Σ_k 2^(−αk) cos(2^k π ⟨w_k, x⟩ + φ_k) / Σ_k 2^(−αk),  k = 0 … K−1.

    With infinitely many terms h is α-Hölder (α not an integer; no smoother, as measured; for
    integer α it misses the Hölder class by a logarithm). K terms show this down to scale 2^(−K).
    Fields: `alpha` > 0, `directions` (K, d) with unit rows, `phases` (K,).
    Source: imaizumi2022, def-rough-boundary.
    """

    alpha: float
    directions: Tensor
    phases: Tensor
    centre: float = 0.5
    amplitude: float = 0.3

    def __call__(self, x: Tensor) -> Tensor:
        """Return h, (n,), in centre ± amplitude, at points `x` (n, d)."""
        require_points(x, dim=self.directions.shape[1])
        k = torch.arange(len(self.phases), dtype=x.dtype, device=x.device)
        weights = 2 ** (-self.alpha * k)
        angles = torch.pi * 2**k * (x @ self.directions.to(x).T) + self.phases.to(x)
        return self.centre + self.amplitude * (angles.cos() @ weights) / weights.sum()


def rough_boundary(
    alpha: float, *, generator: torch.Generator, dim: int = 1, terms: int = 14
) -> Weierstrass:
    """Return a random boundary graph of Hölder exponent `alpha` over [0, 1]^dim.

    The phases are uniform and, for dim ≥ 2, so are the directions; values lie in [0.2, 0.8].
    Raises: ValueError unless alpha > 0 and dim, terms ≥ 1.
    Source: imaizumi2022, def-rough-boundary, prop-rough-boundary.
    """
    require_positive(alpha, "alpha")
    require_count(dim, "dim")
    require_count(terms, "terms")
    kind: dict[str, Any] = {
        "generator": generator,
        "dtype": torch.float64,
        "device": generator.device,
    }
    normal = torch.randn(terms, dim, **kind)
    directions = normal / normal.norm(dim=1, keepdim=True)
    phases = 2 * math.pi * torch.rand(terms, **kind)
    return Weierstrass(alpha=float(alpha), directions=directions, phases=phases)


def smooth_part(beta: float, *, dim: int, generator: torch.Generator, level: float) -> Function:
    """Return a random part of Hölder exponent `beta` on [0, 1]^dim, with values in level ± 0.2.

    Raises: ValueError unless beta > 0 and dim ≥ 1.
    Source: imaizumi2022, def-piecewise-2022.
    """
    require_positive(beta, "beta")
    h = rough_boundary(beta, generator=generator, dim=dim)
    return Weierstrass(
        alpha=h.alpha, directions=h.directions, phases=h.phases, centre=level, amplitude=0.2
    )


def values_at(function: Function, x: Tensor, name: str) -> Tensor:
    """Return function(x) if it is one value a point, which nothing broadcasts against others.

    Raises: ValueError for another shape.
    Source: def-piecewise-2022.
    """
    values = function(x)
    got = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
    if got != x.shape[:1]:
        raise ValueError(
            f"{name} must map (n, d) points to (n,) values, got {got} from {tuple(x.shape)}; "
            f"try lambda x: {name}(x).reshape(-1)"
        )
    return values


def hypersurface_side(h: Function, x: Tensor, direction: int) -> Tensor:
    """Return which points lie on or above the graph x_d = h(x_{−d}), as an (n,) bool tensor.

    Raises: ValueError when `direction` is no coordinate of x.
    Source: imaizumi2022, def-piecewise-2022.
    """
    require_points(x)
    if not 0 <= direction < x.shape[1]:
        raise ValueError(
            f"direction must be a coordinate 0 … {x.shape[1] - 1}, got {direction}; "
            "the last one is the usual choice"
        )
    others = [j for j in range(x.shape[1]) if j != direction]
    return x[:, direction] >= values_at(h, x[:, others], "h")
