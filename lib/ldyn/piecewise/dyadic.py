"""Dyadic cells of the cube: where points fall, sums over cells, and going up a level."""

import torch
from torch import Tensor


def cell_index(x: Tensor, level: int) -> Tensor:
    """Return the flat index (n,) of the dyadic cell of side 2^(−level) that holds each point."""
    side = 2**level
    coordinates = (x * side).long().clamp(0, side - 1)
    index = torch.zeros(len(x), dtype=torch.long, device=x.device)
    for j in range(x.shape[1]):
        index = index * side + coordinates[:, j]
    return index


def cell_sums(x: Tensor, values: Tensor, level: int) -> Tensor:
    """Return the sums of `values` (v, n) over the cells, as (v, 2^level, …, 2^level)."""
    side, d = 2**level, x.shape[1]
    sums = values.new_zeros(len(values), side**d)
    sums.index_add_(1, cell_index(x, level), values)
    return sums.reshape(len(values), *[side] * d)


def coarsen(grid: Tensor) -> Tensor:
    """Return the sums of a (side, …, side) grid over its 2^d blocks."""
    d, half = grid.ndim, grid.shape[0] // 2
    return grid.reshape(*[n for _ in range(d) for n in (half, 2)]).sum(tuple(range(1, 2 * d, 2)))


def refine(grid: Tensor) -> Tensor:
    """Return the grid with every cell split in 2^d equal ones."""
    for axis in range(grid.ndim):
        grid = grid.repeat_interleave(2, axis)
    return grid
