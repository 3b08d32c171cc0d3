"""Two columns of numbers: checks at the border, and the scales on which methods see them."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ldyn.core import require_count, stream

Column = Any  # a tensor, a NumPy array, or a sequence of numbers: `require_columns` reads it
LEAST = 10  # rows; with fewer, nothing distinguishes the directions


def require_columns(x: Column, y: Column) -> tuple[Tensor, Tensor]:
    """Return two columns as float64 if they are finite, of one length n ≥ 10 and not constant.

    Arguments: `x`, `y` (n,) tensors, arrays or lists of numbers; masked values are missing ones.
    Raises: ValueError for anything else, with what to try.
    """
    columns = _as_column(x, "x"), _as_column(y, "y")
    n, m = (len(c) for c in columns)
    if n != m:
        raise ValueError(f"x and y must have one length, got {n} and {m}; drop incomplete rows")
    if columns[0].device != columns[1].device:
        devices = " and ".join(str(c.device) for c in columns)
        raise ValueError(f"x and y must be on one device, got {devices}; try y.to(x.device)")
    if n < LEAST:
        raise ValueError(f"at least {LEAST} rows are needed, got {n}; measure more")
    for name, column in zip("xy", columns, strict=True):
        if not torch.isfinite(column).all():
            raise ValueError(f"{name} must be finite, got NaN or infinity; drop those rows")
        if (column == column[0]).all():
            raise ValueError(f"{name} is constant ({column[0].item():g}): it has no cause here")
    return columns


def _as_column(values: Any, name: str) -> Tensor:
    try:
        if isinstance(values, np.ma.MaskedArray):
            values = np.ma.filled(values.astype(float), np.nan)
        if hasattr(values, "__array__") and not isinstance(values, Tensor):
            array = np.asarray(values)  # torch takes no reversed view and no foreign byte order
            values = array.astype(array.dtype.newbyteorder("="), order="C")
        column = torch.as_tensor(values, dtype=None if hasattr(values, "dtype") else torch.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"{name} must be a column of numbers, got {type(values).__name__} ({error}); "
            "turn text into numbers first"
        ) from error
    if column.ndim != 1 or column.is_complex():
        raise ValueError(
            f"{name} must be a column (n,) of real numbers, got shape {tuple(column.shape)} of "
            f"{column.dtype}; try {name}.reshape(-1)"
        )
    return column.detach().double()


def standardised(x: Tensor) -> Tensor:
    """Return `x` (n,) with mean 0 and variance 1, over n. Raises: ValueError if it is constant."""
    x = _of_size_one(x)
    x = x - x.mean()
    return x / x.square().mean().sqrt()


def to_unit(x: Tensor) -> Tensor:
    """Return `x` (n,) moved and scaled to [0, 1]. Raises: ValueError if it never changes."""
    x = _of_size_one(x)
    return (x - x.min()) / (x.max() - x.min())


def _of_size_one(x: Tensor) -> Tensor:
    """Over a power of two, which rounds nothing: squares and ranges of 1e308 are no numbers."""
    if x.min() == x.max():
        raise ValueError(f"x must not be constant, got {x[0].item():g} alone; measure another one")
    return x / 2.0 ** (int(torch.frexp(x.abs().max()).exponent) - 1)


def mid_ranks(x: Tensor) -> Tensor:
    """Return the ranks 1 … n of `x` (n,), tied values sharing the mean of theirs."""
    values = x.sort().values.contiguous()
    below = torch.searchsorted(values, x.contiguous())
    up_to = torch.searchsorted(values, x.contiguous(), right=True)
    return (below + up_to + 1).to(x.dtype) / 2


def normal_scores(x: Tensor) -> Tensor:
    """Return Φ⁻¹(r/(n + 1)), r the mid-ranks of `x` (n,): no increasing map of x changes it."""
    return torch.special.ndtri(mid_ranks(x) / (len(x) + 1))


def at_most(rows: int, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return `x` and `y` (n,), or `rows` random rows of both, always the same, if n is larger."""
    if len(x) <= require_count(rows, "rows"):
        return x, y
    chosen = torch.randperm(len(x), generator=stream("rows", len(x), rows))[:rows].to(x.device)
    return x[chosen], y[chosen]
