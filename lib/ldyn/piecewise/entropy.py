"""How many networks there are: the covering number of the class G(L, S, B)."""

import math

from ldyn.core import require_count, require_positive


def parameter_sensitivity(depth: int, width: int, largest: float) -> float:
    """Return L B^(L−1) (W + 1)^L: the most that g moves on the cube, per unit of each parameter.

    |g(x; θ) − g(x; θ′)| ≤ L B^(L−1) (W + 1)^L max_i |θ_i − θ′_i| for parameters within ±B, B ≥ 1,
    layers of at most W ≥ D units, x in [0, 1]^D.
    Raises: ValueError unless depth, width ≥ 1 and largest ≥ 1.
    Source: lem-sensitivity.
    """
    _require_class(depth, width, largest, "width")
    return depth * largest ** (depth - 1) * (width + 1) ** depth


def log_covering_number(radius: float, *, depth: int, nonzero: int, largest: float) -> float:
    """Return S log(2 L² B^L (S + 1)^(L+2) / δ), a bound on log 𝒩(δ, G(L, S, B), sup-norm).

    Arguments: `radius` 0 < δ ≤ 1, `depth` L, `nonzero` S ≥ D, `largest` B ≥ 1.
    Raises: ValueError for anything else.
    Source: schmidthieber2020, lem-entropy.
    """
    if require_positive(radius, "radius") > 1:
        raise ValueError(f"radius must be at most 1, got {radius}; try radius=1.0")
    _require_class(depth, nonzero, largest, "nonzero")
    return nonzero * (
        math.log(2 / radius)
        + 2 * math.log(depth)
        + depth * math.log(largest)
        + (depth + 2) * math.log(nonzero + 1)
    )


def _require_class(depth: int, count: int, largest: float, name: str) -> None:
    require_count(depth, "depth")
    require_count(count, name)
    if require_positive(largest, "largest") < 1:
        raise ValueError(f"largest must be >= 1, got {largest}; the bound is for B >= 1, try 1.0")
