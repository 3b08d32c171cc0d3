"""Gram matrices in tiles that stay in the processor's cache, stored or only multiplied with."""

import torch
from torch import Tensor

from ldyn.core import require_count
from ldyn.kernels import Gaussian, Laplace, Matern32, Matern52, Stationary

KERNELS: dict[str, type[Stationary]] = {
    "gaussian": Gaussian,
    "matern52": Matern52,
    "matern32": Matern32,
    "laplace": Laplace,
}
_ROWS, _COLUMNS = 128, 1024  # of a tile
_DIRECT = 16  # columns up to which a product in float64, or differences, cost little


def fill_gram(kernel: Stationary, a: Tensor, b: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return K_ij = k(a_i, b_j) of points `a` (n, d) and `b` (m, d), in `out` (n, m) if given.

    ‖a − b‖² = ‖a‖² − 2⟨a, b⟩ + ‖b‖², whose rounding is of the order of machine epsilon times
    (diameter / bandwidth)²; up to 16 columns in float64, or for float64 from differences.
    Source: rahimi2007, def-kernel.
    """
    gram = a.new_empty(len(a), len(b)) if out is None else out
    for i in range(0, len(a), _ROWS):
        for j in range(0, len(b), _COLUMNS):
            tile = _tile(kernel, a[i : i + _ROWS], b[j : j + _COLUMNS])
            gram[i : i + _ROWS, j : j + _COLUMNS] = tile
    return gram


def symmetric_gram(kernel: Stationary, x: Tensor, *, block: int = 1024) -> Tensor:
    """Return K_ij = k(x_i, x_j), (n, n), of `x` (n, d), exactly symmetric and 1 on its diagonal.

    Raises: ValueError unless `block`, the rows of a tile, is ≥ 1.
    Source: rahimi2007, def-kernel.
    """
    require_count(block, "block")
    gram = x.new_empty(len(x), len(x))
    for i in range(0, len(x), block):
        for j in range(i, len(x), block):
            tile = fill_gram(kernel, x[i : i + block], x[j : j + block])
            if j > i:
                gram[j : j + block, i : i + block] = tile.T.contiguous()  # in cache, then by rows
            else:
                tile.add_(tile.T.clone()).div_(2)  # a product of matrices rounds both sides apart
            gram[i : i + block, j : j + block] = tile
    gram.diagonal().fill_(1)
    return gram


def gram_product(kernel: Stationary, a: Tensor, b: Tensor, v: Tensor) -> Tensor:
    """Return Σ_j k(a_i, b_j) v_j, (n, c), without keeping K.

    Arguments: points `a` (n, d) and `b` (m, d); `v` (m, c), of a precision of its own.
    Source: rahimi2007, def-kernel.
    """
    parts = [fill_gram(kernel, part, b) @ v.to(b) for part in a.split(1024)]
    return torch.cat(parts) if parts else v.new_empty(0, v.shape[1])


def _tile(kernel: Stationary, a: Tensor, b: Tensor) -> Tensor:
    few, dtype = a.shape[1] <= _DIRECT, a.dtype
    if few and dtype == torch.float64:
        r = torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
    else:
        a, b = (a.double(), b.double()) if few else (a, b)
        squares = (a * a).sum(1)[:, None] + (b * b).sum(1)
        r = torch.addmm(squares, a, b.T, alpha=-2).to(dtype).clamp_(min=0).sqrt_()
    return kernel.profile(r.div_(kernel.bandwidth))
