"""Noise whose size changes from range to range: the shorter description wins."""

import math

import torch
from torch import Tensor

from ldyn.causal.columns import Column, require_columns, to_unit

BINS, LEAST, DEGREE, FLOOR = 20, 10, 3, 1e-12


def heci(x: Column, y: Column) -> float:
    """Return the score of heteroscedastic-noise inference: positive if x causes y.

    (l(y → x) − l(x → y))/n after both columns were brought to [0, 1]. l(x → y) is the least
    length, in bits, of a description of y in consecutive ranges of x, by dynamic programming over
    where they begin: a range with m rows and its best polynomial of degree d ≤ 3 costs
    m log₂(RSS/m) + (d + 2) log₂ n. Ranges begin at twenty equal steps, and have at
    least ten distinct values of x.

    Arguments: `x`, `y` (n,). Raises: ValueError for bad columns.

    Source: xu2022, def-anm.
    """
    a, b = (to_unit(c) for c in require_columns(x, y))
    return (_length(b, a) - _length(a, b)) / len(a)


def _length(x: Tensor, y: Tensor) -> float:
    order = x.argsort()
    x, y = x[order], y[order]
    starts = _starts(x)
    best = [0.0]
    for stop in range(1, len(starts)):
        rows = [slice(starts[j], starts[stop]) for j in range(stop)]
        best.append(min(best[j] + _range_length(x[r], y[r], len(x)) for j, r in enumerate(rows)))
    return best[-1]


def _starts(x: Tensor) -> list[int]:
    """Where ranges of the sorted x may begin and end."""
    edges = torch.arange(1, BINS, dtype=x.dtype, device=x.device) / BINS
    starts = [0]
    for place in [*torch.searchsorted(x, edges).tolist(), len(x)]:
        if len(x[starts[-1] : place].unique_consecutive()) >= LEAST:
            starts.append(place)
    return [*starts[: max(1, len(starts) - 1)], len(x)]


def _range_length(x: Tensor, y: Tensor, n: int) -> float:
    """The least cost over the degrees; columns of Q serve all degrees at once."""
    m, values = len(x), len(x.unique_consecutive())
    z = 2 * to_unit(x) - 1
    powers = torch.stack([z**k for k in range(min(DEGREE + 1, values))], 1)
    q = torch.linalg.qr(powers)[0]
    parts = q.T @ y
    left = y - q[:, :1] @ parts[:1]
    costs = []
    for d in range(1, powers.shape[1]):
        left = left - q[:, d] * parts[d]
        mean = max(left.square().mean().item(), FLOOR)
        costs.append(m * math.log2(mean) + (d + 2) * math.log2(n))
    return min(costs)
