"""Information-geometric inference: the direction in which the slopes are small."""

import torch
from torch import Tensor

from ldyn.causal.columns import Column, require_columns, standardised, to_unit
from ldyn.core import require_choice

_SCALES = {"uniform": to_unit, "normal": standardised}


def igci(x: Column, y: Column, *, reference: str = "uniform", estimator: str = "entropy") -> float:
    """Return the score of information-geometric causal inference: positive if x causes y.

    Ĉ(y → x) − Ĉ(x → y) after scaling both columns to [0, 1] or to mean 0 and variance 1, where
    Ĉ(x → y) = Ĥ(y) − Ĥ(x), Ĥ(x) = mean log|Δx| over neighbours in the order of x ("entropy"), or
    Ĉ(x → y) = mean log|Δy/Δx| over neighbours in the order of x, and of y where x is tied
    ("slope"; with ties, turning a column round changes it a little). Steps of length 0 are left
    out. For y a function of x that increases, both are the same.

    Arguments: `x`, `y` (n,); `reference` "uniform" or "normal"; `estimator` "entropy" or "slope".
    Raises: ValueError for bad columns, an unknown reference or estimator.
    Source: janzing2012, page-99-pairs.
    """
    require_choice(reference, _SCALES, "reference")
    require_choice(estimator, ("entropy", "slope"), "estimator")
    a, b = (_SCALES[reference](c) for c in require_columns(x, y))
    if estimator == "entropy":
        return 2 * (_entropy(a) - _entropy(b))
    return _log_slope(b, a) - _log_slope(a, b)


def _entropy(x: Tensor) -> float:
    """The mean log spacing: the entropy of the law of x but for a constant of n."""
    steps = x.sort().values.diff()
    return torch.log(steps[steps > 0]).mean().item()


def _log_slope(x: Tensor, y: Tensor) -> float:
    order = y.argsort(stable=True)  # ties in x go by y, whatever the order of the rows
    order = order[x[order].argsort(stable=True)]
    dx, dy = x[order].diff(), y[order].diff().abs()
    kept = (dx > 0) & (dy > 0)
    return torch.log(dy[kept] / dx[kept]).mean().item() if kept.any() else 0.0
