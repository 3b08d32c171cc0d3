"""Rates: the slope of log risk against log n, with its interval."""

from typing import Any

import torch
from torch import Tensor

from ldyn.core.intervals import Interval, log_contrast, require_numbers


class Slope(Interval):
    """An estimated exponent with its interval at `level`."""


def slope(sizes: Any, risks: Any, *, upper_half: bool = False, level: float = 0.95) -> Slope:
    """Return the least-squares slope of log mean risk against log size, with its interval.

    value = Σ_j w_j log r̄_j, w_j = (u_j − ū)/Σ_k (u_k − ū)², u = log n, r̄_j the mean of column j.
    The interval is that of `log_contrast`, which says how well it covers and what is assumed.

    Arguments: `sizes` (m,), increasing; `risks` (r, m), positive, r ≥ 2 replications at each size;
    `upper_half` keeps the largest ⌈m/2⌉ sizes, at least three.
    Raises: ValueError for fewer than two sizes or replications, sizes out of order, mismatched
    shapes, or risks that are not positive.
    """
    weights, kept = _weights(sizes, risks, upper_half)
    value, half = log_contrast(kept, weights, level=level)
    return _slope(value, half, level)


def slope_difference(
    sizes: Any,
    risks: Any,
    others: Any,
    *,
    paired: bool = True,
    upper_half: bool = False,
    level: float = 0.95,
) -> Slope:
    """Return the slope of `risks` minus that of `others`, with the interval of the difference.

    It is the slope of log r̄_j/r̄′_j. Paired rows are of the same samples, and what both owe to a
    sample cancels; else all columns are independent. Two intervals of slopes may overlap although
    that of their difference leaves out 0.

    Arguments: as for `slope`; `others` has the shape of `risks`.
    Raises: ValueError as `slope`, and for different shapes.
    """
    weights, kept = _weights(sizes, risks, upper_half)
    _, below = _weights(sizes, others, upper_half)
    if paired or kept.shape != below.shape:
        value, half = log_contrast(kept, weights, over=below, level=level)
    else:
        both, signs = torch.cat([kept, below], 1), torch.cat([weights, -weights])
        value, half = log_contrast(both, signs, level=level)
    return _slope(value, half, level)


def log_slope(sizes: Any, values: Any, *, upper_half: bool = False) -> float:
    """Return the least-squares slope of log value against log size, of numbers that are not random.

    Arguments: `sizes` (m,), increasing; `values` (m,), positive; `upper_half` as for `slope`.
    Raises: ValueError for fewer than two sizes, sizes out of order, or values not positive.
    """
    line = require_numbers(values, "values", ("m",), positive=True)
    weights, kept = _weights(sizes, line[None], upper_half)
    return float(kept[0].log() @ weights)


def _weights(sizes: Any, risks: Any, upper_half: bool) -> tuple[Tensor, Tensor]:
    """The weights of the logarithms in a slope, and the columns of `risks` that they are for."""
    r = require_numbers(risks, "risks", ("r", "m"), positive=True)
    n = require_numbers(sizes, "sizes", ("m",), positive=True).to(r.device)
    m = len(n)
    if m < 2 or r.shape[1] != m:
        raise ValueError(
            f"expected sizes (m,) with m >= 2 and risks (r, m), got {tuple(n.shape)} and "
            f"{tuple(r.shape)}; put replications in rows"
        )
    if not (n.diff() > 0).all():
        raise ValueError(
            f"sizes must increase, got {n.tolist()}; sort them and the risks with them"
        )
    if upper_half:
        keep = min(m, max(3, (m + 1) // 2))
        n, r = n[-keep:], r[:, -keep:]
    u = n.log() - n.log().mean()
    return u / u.square().sum(), r


def _slope(value: Tensor, half: Tensor, level: float) -> Slope:
    at, reach = value.item(), half.item()
    return Slope(value=at, low=at - reach, high=at + reach, level=level)
