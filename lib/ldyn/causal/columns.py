"""Two columns of numbers: checks at the border, and the scales on which methods see them."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ldyn.core import stream

LEAST = 10  # rows; with fewer, nothing distinguishes the directions


def require_columns(x: Any, y: Any) -> tuple[Tensor, Tensor]:
    """Return two columns (n,) as float64 if they are finite, of one length n ≥ 10 and not constant.

    Masked values count as missing.

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
            raise ValueError(
                f"{name} is constant ({column[0].item():g}); a column that never changes has "
                "neither cause nor effect here"
            )
    return columns


def _as_column(values: Any, name: str) -> Tensor:
    try:
        if isinstance(values, np.ma.MaskedArray):
            values = np.ma.filled(values.astype(float), np.nan)
        if hasattr(values, "__array__") and not isinstance(values, Tensor):
            array = np.asarray(values)  # torch takes no reversed view and no foreign byte order
            values = array.astype(array.dtype.newbyteorder("="), order="C")
        column = torch.as_tensor(values)
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
    """Return x with mean 0 and standard deviation 1 (of the sample, divided by n)."""
    # A power of two first, which rounds nothing: squares of 1e200 are no numbers.
    x = x / 2.0 ** (int(torch.frexp(x.abs().max()).exponent) - 1)
    x = x - x.mean()
    return x / x.square().mean().sqrt()


def to_unit(x: Tensor) -> Tensor:
    """Return x moved and scaled to [0, 1]."""
    return (x - x.min()) / (x.max() - x.min())


def mid_ranks(x: Tensor) -> Tensor:
    """Return the ranks 1 … n of x, tied values sharing the mean of theirs."""
    values = x.sort().values.contiguous()
    below = torch.searchsorted(values, x.contiguous())
    up_to = torch.searchsorted(values, x.contiguous(), right=True)
    return (below + up_to + 1).to(x.dtype) / 2


def normal_scores(x: Tensor) -> Tensor:
    """Return Φ⁻¹(r/(n + 1)), r the mid-ranks: any increasing map of x gives the same numbers."""
    return torch.special.ndtri(mid_ranks(x) / (len(x) + 1))


def at_most(rows: int, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the two columns, or `rows` random rows of both, always the same, if n is larger."""
    if len(x) <= rows:
        return x, y
    chosen = torch.randperm(len(x), generator=stream("rows", len(x), rows))[:rows].to(x.device)
    return x[chosen], y[chosen]
