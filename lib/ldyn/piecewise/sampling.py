"""Samples of the regression model, and the risk of a predictor."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ldyn.core import require_count
from ldyn.piecewise.boundaries import values_at
from ldyn.piecewise.classes import Target


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A sample Y_i = f*(X_i) + ξ_i: `x` (n, d) uniform on the cube, `y` (n,)."""

    x: Tensor
    y: Tensor


def sample(
    target: Target,
    n: int,
    *,
    noise: float = 0.3,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float64,
) -> Sample:
    """Return n independent samples X_i ∼ U[0,1]^D, Y_i = f*(X_i) + σ ε_i, ε_i ∼ N(0, 1).

    Arguments: `noise` the standard deviation σ ≥ 0; the device is the generator's.
    Raises: ValueError unless n ≥ 1 and noise ≥ 0.
    Source: imaizumi2022, def-piecewise-2022.
    """
    require_count(n, "n")
    if not 0 <= noise < float("inf"):
        raise ValueError(f"noise must be a finite standard deviation >= 0, got {noise}; try 0.3")
    device = generator.device
    x = torch.rand(n, target.dim, generator=generator, dtype=torch.float64, device=device)
    errors = torch.randn(n, generator=generator, dtype=torch.float64, device=device)
    y = target(x) + noise * errors
    return Sample(x=x.to(dtype), y=y.to(dtype))


def quadrature_points(dim: int, points: int, generator: torch.Generator) -> Tensor:
    """Return `points` quasi-random points of [0,1]^dim (points, d), float64, unbiased for the mean.

    Dimension 1: a uniform grid with a random shift; above: a scrambled Sobol' net. The device is
    the generator's.
    """
    device = generator.device
    if dim == 1:
        shift = torch.rand(1, generator=generator, dtype=torch.float64, device=device)
        return ((torch.arange(points, dtype=shift.dtype, device=device) + shift) / points)[:, None]
    seed = int(torch.randint(2**31, (1,), generator=generator, device=device))
    net = torch.quasirandom.SobolEngine(dim, scramble=True, seed=seed)
    return net.draw(points, dtype=torch.float64).to(device)


def risk(
    predictor: Callable[[Tensor], Tensor],
    target: Target,
    *,
    generator: torch.Generator,
    points: int | None = None,
    dtype: torch.dtype = torch.float64,
) -> float:
    """Return ‖f̂ − f*‖² = ∫ (f̂(x) − f*(x))² dx over the cube, by randomised quasi-Monte Carlo.

    Arguments: `points` the number of nodes (2^16 in dimension 1, else 2^14), `dtype` what the
    predictor takes. The estimate is unbiased over the generator.
    Raises: ValueError unless points ≥ 1 and the predictor gives one value a point.
    Source: imaizumi2022, def-piecewise-2022.
    """
    if points is None:
        points = 2**16 if target.dim == 1 else 2**14
    require_count(points, "points")
    x = quadrature_points(target.dim, points, generator)
    error = values_at(predictor, x.to(dtype), "predictor").to(x) - target(x)
    return error.square().mean().item()


def grid_values(
    function: Callable[[Tensor], Tensor], side: int, *, dim: int | None = None
) -> Tensor:
    """Return a function of (m, d) points at the centres of a regular grid, as (side, …, side).

    Arguments: `dim` d; where it is not given, that of a target, else 2.
    Raises: ValueError unless side, dim ≥ 1 and the function gives one value a point.
    Source: prop-grid-floor.
    """
    require_count(side, "side")
    dim = getattr(function, "dim", 2) if dim is None else require_count(dim, "dim")
    axis = (torch.arange(side, dtype=torch.float64) + 0.5) / side
    mesh = torch.stack(torch.meshgrid(*[axis] * dim, indexing="ij"), -1).reshape(-1, dim)
    parts = [values_at(function, part, "function") for part in mesh.split(2**15)]
    return torch.cat(parts).reshape([side] * dim)


def sample_jittered(
    target: Target, side: int, *, noise: float = 0.3, generator: torch.Generator
) -> Sample:
    """Return a sample with one point in each of the side^D cells of a grid, uniform in its cell.

    Points come in the order of the cells: y.reshape([side] * D) goes into `haar_transform`.
    Arguments: `noise` the standard deviation σ ≥ 0. Returns x (side^D, D), y (side^D,), float64.
    Raises: ValueError unless side ≥ 1 and noise ≥ 0.
    Source: def-jittered.
    """
    require_count(side, "side")
    if not 0 <= noise < float("inf"):
        raise ValueError(f"noise must be a finite standard deviation >= 0, got {noise}; try 0.3")
    kind: Any = {"dtype": torch.float64, "device": generator.device}
    cells = torch.arange(side, **kind) / side
    corners = torch.cartesian_prod(*[cells] * target.dim).reshape(-1, target.dim)
    shifts = torch.rand(corners.shape, generator=generator, **kind)
    x = corners + shifts / side
    errors = torch.randn(len(x), generator=generator, **kind)
    return Sample(x=x, y=target(x) + noise * errors)
