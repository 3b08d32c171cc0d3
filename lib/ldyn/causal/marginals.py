"""What each column shows alone: rules that never look at a pair, and columns made alike."""

import math

import torch
from torch import Tensor

from ldyn.causal.columns import Column, mid_ranks, require_columns, standardised, to_unit


def wider_range(x: Column, y: Column) -> float:
    """Return the score of the rule "the cause fills its range": positive if x causes y.

    sd(x)/(max x − min x) − sd(y)/(max y − min y); no row is looked at as a pair.

    Arguments: `x`, `y` (n,). Raises: ValueError for bad columns.
    Source: mooij2016, prop-marginal-limit.
    """
    a, b = (_sd(to_unit(c)) for c in require_columns(x, y))
    return a - b


def closer_to_normal(x: Column, y: Column) -> float:
    """Return the score of the rule "the cause is closer to normal": positive if x causes y.

    k(y) − k(x), k(x) = sup_t |F(t) − Φ(t)|, F the distribution function of the standardised x.

    Arguments: `x`, `y` (n,). Raises: ValueError for bad columns.
    Source: tagasovska2020, prop-marginal-limit.
    """
    a, b = (_distance_to_normal(c) for c in require_columns(x, y))
    return b - a


def more_values(x: Column, y: Column) -> float:
    """Return the score of the rule "the effect has more values": positive if x causes y.

    The difference of the numbers of distinct values, over n; 0 for columns without ties.

    Arguments: `x`, `y` (n,). Raises: ValueError for bad columns.
    Source: mooij2016, prop-marginal-limit.
    """
    a, b = (len(c.unique()) for c in require_columns(x, y))
    return (b - a) / len(x)


def exchanged_marginals(x: Column, y: Column, *, share: float = 0.5) -> tuple[Tensor, Tensor]:
    """Return the columns after increasing maps that mix or exchange their marginals, in float64.

    With Q_x, Q_y the quantile functions of the standardised columns and u, v their ranks,
    x_t = (1 − t)Q_x(u) + t Q_y(u), y_t = (1 − t)Q_y(v) + t Q_x(v) for the share t: 0 only
    standardises, at ½ both have one law (up to ties), at 1 each has that of the other. The
    copula stays. Ties remain ties, at every share; at 1 a column takes over those of the other.

    Arguments: `x`, `y` (n,); `share` from 0 to 1.
    Raises: ValueError for bad columns, or a share outside [0, 1].
    Source: agueh2011, prop-matched.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be a number from 0 to 1, got {share!r}; try share=0.5")
    a, b = (standardised(c) for c in require_columns(x, y))
    return _mixed(a, b, share), _mixed(b, a, share)


def _mixed(x: Tensor, y: Tensor, share: float) -> Tensor:
    ranks = mid_ranks(x) - 1
    below, above = ranks.floor().long(), ranks.ceil().long()
    y = y.sort().values
    return (1 - share) * x + share * (y[below] + y[above]) / 2


def _sd(x: Tensor) -> float:
    return x.std(correction=0).item()


def _distance_to_normal(x: Tensor) -> float:
    n = len(x)
    law = torch.special.erf(standardised(x).sort().values / math.sqrt(2)) / 2 + 0.5
    steps = torch.arange(n + 1, dtype=x.dtype, device=x.device) / n
    return torch.maximum(steps[1:] - law, law - steps[:-1]).max().item()
