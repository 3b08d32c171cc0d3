"""Kernel ridge in tiles: for samples too large to solve at once, and still linear."""

import math

import torch
from torch import Tensor

from ldyn.core import require_count, require_points, require_positive, require_samples
from ldyn.kernels import Stationary


def tiled_ridge(
    x: Tensor,
    y: Tensor,
    z: Tensor,
    *,
    kernel: Stationary,
    ridges: list[float],
    tile: int = 512,
    margin: float = 0.4,
) -> Tensor:
    """Return kernel ridge at each ridge, solved tile by tile, at points z in the unit square.

    The square is cut in T × T tiles, T² ≈ n / `tile`. The values in a tile come from kernel ridge
    on the samples in it and in a margin of `margin` tiles around it. The weights depend on the
    design alone, so this is a linear estimator; with T = 1 it is kernel ridge itself.

    Arguments: x (n, 2), y (n,), z (m, 2). Returns (r, m), float64.
    Raises: ValueError for bad samples, d ≠ 2, tile < 1, or a ridge or margin that is not > 0.
    Source: def-linear-estimator.
    """
    require_samples(x, y)
    require_count(tile, "tile")
    require_positive(margin, "margin")
    for ridge in ridges:
        require_positive(ridge, "ridge")
    if x.shape[1] != 2:
        raise ValueError(f"tiles are for d = 2, got d = {x.shape[1]}; try fit_ridge")
    require_points(z, name="z", dim=2)
    x, y, z = x.double(), y.double(), z.double()
    side = max(1, round(math.sqrt(len(y) / tile)))
    found = z.new_zeros(len(ridges), len(z))
    cell = (z * side).long().clamp(0, side - 1)
    for corner in torch.cartesian_prod(torch.arange(side), torch.arange(side)).to(z.device):
        inside = (cell == corner).all(1)
        near = ((x * side - corner - 0.5).abs() <= 0.5 + margin).all(1)
        if inside.any():
            found[:, inside] = _solve(x[near], y[near], z[inside], kernel, ridges)
    return found


def _solve(x: Tensor, y: Tensor, z: Tensor, kernel: Stationary, ridges: list[float]) -> Tensor:
    """Kernel ridge at every ridge; where there are no samples it is zero, as the prior says."""
    if not len(y):
        return z.new_zeros(len(ridges), len(z))
    gram, cross = kernel(x, x), kernel(z, x)
    rows = []
    for ridge in ridges:
        factor = torch.linalg.cholesky(gram + ridge * torch.eye(len(y)).to(gram))
        rows.append(cross @ torch.cholesky_solve(y[:, None], factor)[:, 0])
    return torch.stack(rows)
