"""A symmetric matrix as the tiles of its lower triangle."""

from collections.abc import Callable

import torch
from torch import Tensor

from ldyn.core import require_count, require_points


class TriangleGram:
    """v (n, c) ↦ Kv, float64, from the tiles of the lower triangle of K: half the memory of all.

    Arguments: `kernel` maps (n, d), (m, d) to (n, m) and is symmetric; `x` (n, d), whose dtype the
    tiles have; `tile` their rows, few enough that a tile is in the cache for its second product.
    Source: prop-pcg, def-kernel.
    """

    def __init__(
        self, kernel: Callable[[Tensor, Tensor], Tensor], x: Tensor, *, tile: int = 512
    ) -> None:
        self.rows, tile = len(require_points(x)), require_count(tile, "tile")
        self.blocks = [slice(i, i + tile) for i in range(0, len(x), tile)]
        pairs = [(i, j) for i in range(len(self.blocks)) for j in range(i + 1)]
        self.tiles = {(i, j): kernel(x[self.blocks[i]], x[self.blocks[j]]) for i, j in pairs}

    def __call__(self, v: Tensor) -> Tensor:
        """Return Kv of `v` (n, c). Raises: ValueError for another number of rows."""
        require_points(v.T, name="v.T", dim=self.rows)
        rows = v.T.to(self.tiles[0, 0]).contiguous()  # with few columns the other way is slow
        found = torch.zeros_like(rows, dtype=torch.float64)
        for (i, j), tile in self.tiles.items():
            a, b = self.blocks[i], self.blocks[j]
            found[:, a] += rows[:, b] @ tile.T
            if i != j:
                found[:, b] += rows[:, a] @ tile
        return found.T
