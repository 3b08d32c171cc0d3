"""Conditional quantiles on a scale that no marginal reaches."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ldyn.causal.columns import Column, at_most, normal_scores, require_columns
from ldyn.core import require_choice, require_count, require_positive, stream

WIDTHS, COUNTS = (0.15, 0.3, 0.5), (1, 3, 7)


def quantile_score(
    x: Column, y: Column, *, bandwidths: Sequence[float] = WIDTHS,
    counts: Sequence[int] = COUNTS, ties: str = "random",
) -> float:  # fmt: skip
    """Return the score of predicting conditional quantiles: positive if x causes y.

    c_{X|Y} − c_{Y|X}, mean over `bandwidths` and `counts`. The columns are normal scores of their
    ranks, so that no increasing map of either changes the score. c_{Y|X} is the pinball loss, mean
    over rows and weighted over the m levels τ of Gauss and Legendre, of the τ-quantile of the
    *other* rows' y under Gaussian weights in x. Of more than 1,000 rows, 1,000 at random are used.

    Arguments: `x`, `y` (n,); `bandwidths` on the scale of normal scores; `counts` of levels m;
    `ties` "random" (broken by draws that do not depend on the order of the rows) or "shared".
    Raises: ValueError for bad columns, bandwidths, counts or an unknown way with ties.
    Source: tagasovska2020, prop-ranks-only.
    """
    require_choice(ties, ("random", "shared"), "ties")
    if not len(bandwidths) or not len(counts):
        raise ValueError("bandwidths and counts must hold at least one, got none; try [0.3], [7]")
    for width in bandwidths:
        require_positive(width, "bandwidth")
    for count in counts:
        require_count(count, "count")
    x, y = at_most(1000, *require_columns(x, y))
    if ties == "shared" or min(len(x.unique()), len(y.unique())) == len(x):
        views = [(normal_scores(x), normal_scores(y))]
    else:  # each draw serves each column once, so that neither column is preferred
        views = [(_untied(x, y, k), _untied(y, x, 1 - k)) for k in (0, 1)]
    score = 0.0
    for a, b in views:
        score += _loss(b, a, bandwidths, counts) - _loss(a, b, bandwidths, counts)
    return score / len(views)


def _untied(x: Tensor, y: Tensor, draw: int) -> Tensor:
    """Normal scores of x; among equal values, random draws decide, dealt in the order of y."""
    order = y.argsort(stable=True)
    order = order[x[order].argsort(stable=True)]
    dealt = torch.rand(len(x), generator=stream("ties", len(x), draw), dtype=x.dtype)
    order = order[dealt.to(x.device).argsort()]
    order = order[x[order].argsort(stable=True)]
    ranks = torch.empty_like(x)
    ranks[order] = torch.arange(1, len(x) + 1, dtype=x.dtype, device=x.device)
    return torch.special.ndtri(ranks / (len(x) + 1))


def _loss(x: Tensor, y: Tensor, bandwidths: Sequence[float], counts: Sequence[int]) -> float:
    """The pinball loss of y given x: the mean over bandwidths and numbers of levels."""
    order = y.argsort(stable=True)
    x, y = x[order], y[order]
    squares = (x[:, None] - x).square()
    losses = []
    for width in bandwidths:
        below = (-squares / (2 * width**2)).exp().fill_diagonal_(0).cumsum(1)
        losses += [_pinball(below, y, count) for count in counts]
    return sum(losses) / len(losses)


def _pinball(below: Tensor, y: Tensor, count: int) -> float:
    """The loss of the weighted quantiles of y, sorted, at one number of levels."""
    nodes, masses = (torch.from_numpy(v).to(y) for v in np.polynomial.legendre.leggauss(count))
    levels = (1 + nodes) / 2
    place = torch.searchsorted(below, levels * below[:, -1:]).clamp(max=len(y) - 1)
    excess = y[:, None] - y[place]
    loss = torch.maximum(levels * excess, (levels - 1) * excess)
    return ((loss * masses / 2).sum(1).mean()).item()
