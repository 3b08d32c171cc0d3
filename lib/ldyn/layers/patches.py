"""Pictures at the border, their patches, and pooling over cells."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

WIDTH = 0.45  # of the pooling weights, in cells


def as_pictures(images: Any) -> Tensor:
    """Return pictures as a tensor (n, c, h, w), bytes or floating in [0, 1], as they came.

    Raises: ValueError for another shape, range, order of channels or type, with what to try.
    """
    x = (
        images.detach()
        if isinstance(images, Tensor)
        else torch.from_numpy(np.ascontiguousarray(images))
    )
    shape, problem = tuple(x.shape), ""
    if x.ndim not in (3, 4) or 0 in shape:
        problem = f"pictures must be (n, h, w) or (n, 3, h, w), got {shape}; for one try x[None]"
    elif x.ndim == 4 and shape[1] not in (1, 3):
        problem = f"axis 1 must hold 1 or 3 channels, got {shape}; try x.permute(0, 3, 1, 2)"
    elif x.dtype != torch.uint8 and not x.is_floating_point():
        problem = f"pictures must be uint8 or floating, got {x.dtype}; try x.to(torch.uint8)"
    elif x.is_floating_point() and not (x.min() >= 0 and x.max() <= 1):
        ends = f"[{x.min().item():.3g}, {x.max().item():.3g}]"
        problem = f"floating pictures must lie in [0, 1], got {ends}; divide by 255, mend NaN"
    if problem:
        raise ValueError(problem)
    return x[:, None] if x.ndim == 3 else x


def as_unit(x: Tensor) -> Tensor:
    """Return pictures in [0, 1]: of bytes and half precision in float32."""
    return (
        x.float() / 255 if x.dtype == torch.uint8 else x if x.dtype == torch.float64 else x.float()
    )


def picture_maps(x: Tensor) -> Tensor:
    """Return pictures (n, c, h, w) as float32 maps (n, h, w, c) in [0, 1]."""
    return as_unit(x).permute(0, 2, 3, 1).float()


def patches(maps: Tensor, side: int) -> Tensor:
    """Return all patches (n, h − side + 1, w − side + 1, side²·c) of maps (n, h, w, c)."""
    p = maps.unfold(1, side, 1).unfold(2, side, 1)
    return p.permute(0, 1, 2, 4, 5, 3).flatten(3)


def mirrored_entries(side: int, channels: int) -> Tensor:
    """Return where the entries of the mirror image of a patch stand in the patch."""
    return torch.arange(side * side * channels).reshape(side, side, channels).flip(1).flatten()


def normalised(p: Tensor, contrast: float, *, centre: bool) -> Tensor:
    """Return patches, minus their mean if `centre`, over √(mean square + contrast)."""
    p = p - p.mean(-1, keepdim=True) if centre else p
    return p * torch.rsqrt(p.square().mean(-1, keepdim=True) + contrast)


def cell_weights(length: int, cells: int) -> Tensor:
    """Return Gaussian weights (cells, length) with row sums 1, the same read backwards."""
    at = (torch.arange(length) + 0.5) / length * cells - 0.5
    weights = torch.exp(-(at - torch.arange(cells)[:, None]).square() / (2 * WIDTH**2))
    weights = weights + weights.flip(0, 1)
    return weights / weights.sum(1, keepdim=True)


def halving_weights(length: int) -> Tensor:
    """Return the means of pairs, (length // 2, length), of both ways to pair if length is odd."""
    weights = torch.zeros(length // 2, length)
    for i in range(length // 2):
        weights[i, 2 * i : 2 * i + 2] = 0.5
    return (weights + weights.flip(0, 1)) / 2


def pooled(maps: Tensor, *grids: tuple[Tensor, Tensor]) -> list[Tensor]:
    """Return √(rows · map · columnsᵀ) of maps (n, h, w, k) ≥ 0 for each grid of weights."""
    rows = torch.cat([down for down, _ in grids]).to(maps)
    halfway = torch.matmul(rows, maps.flatten(2)).unflatten(2, maps.shape[2:])
    parts = zip(halfway.split([len(down) for down, _ in grids], 1), grids, strict=True)
    means = [
        torch.matmul(across.to(maps), part.flatten(0, 1)).unflatten(0, part.shape[:2])
        for part, (_, across) in parts
    ]
    return [m.sqrt() for m in means]
