"""Exact least squares over piecewise linear boundaries, by dynamic programming."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_count, require_points, require_samples
from ldyn.piecewise.constructions import indicator_net
from ldyn.piecewise.relunet import ReluNet


@dataclass(frozen=True, kw_only=True)
class BoundaryFit:
    """The minimiser over 1{x₂ ≥ h_K(x₁)}: heights `values` (K + 1,) and residual `loss`.

    Called with (m, 2) points it returns the fitted 0/1 values (m,).
    """

    values: Tensor
    loss: float

    def height(self, u: Tensor) -> Tensor:
        """Return h_K at abscissae `u` (m,). Raises: ValueError for those outside [0, 1]."""
        require_points(u[:, None], name="u", cube=True)
        values, pieces = self.values.to(u.device), len(self.values) - 1
        left = (u * pieces).long().clamp(0, pieces - 1)
        share = u * pieces - left
        return (1 - share) * values[left] + share * values[left + 1]

    def __call__(self, x: Tensor) -> Tensor:
        """Return the fitted 0/1 values at `x` (m, d). Raises: ValueError outside the square."""
        require_points(x, dim=2, cube=True)
        return (x[:, 1] >= self.height(x[:, 0])).to(x)

    def network(self, slope: float) -> ReluNet:
        """Return the same function as a ReLU network, its step replaced by a ramp of `slope`."""
        return indicator_net(self.values, slope)


def fit_boundary(
    x: Tensor, y: Tensor, *, pieces: int, levels: int, low: float = 0.1, high: float = 0.9
) -> BoundaryFit:
    """Return the exact least-squares fit among 1{x₂ ≥ h_K(x₁)}, h_K linear on [k/K, (k+1)/K].

    min over heights v_0, …, v_K on a grid of `levels` values in [low, high] of
    Σ_i (y_i − 1{x_i2 ≥ h_K(x_i1)})², by the Viterbi recursion
    V_{k+1}(v′) = min_v V_k(v) + cost_k(v, v′). Members are networks with S = 4K + 6 parameters.

    Arguments: `x` (n, d) in the square, `y` (n,). Cost: (n + pieces) · levels² comparisons.
    Raises: ValueError for bad samples, points outside, d ≠ 2, fewer than 1 piece or 2 levels, or
    low ≥ high.
    Source: imaizumi2019, prop-viterbi.
    """
    require_samples(x, y, cube=True)
    require_count(pieces, "pieces")
    require_count(levels, "levels", at_least=2)
    if x.shape[1] != 2:
        raise ValueError(
            f"x must lie in the square, d = 2, got d = {x.shape[1]}; try fit_one_split for d = 1"
        )
    if not low < high:
        raise ValueError(f"heights must have low < high, got {low} and {high}; try 0.1 and 0.9")
    heights = torch.linspace(low, high, levels, dtype=x.dtype, device=x.device)
    interval = (x[:, 0] * pieces).long().clamp(0, pieces - 1)
    order = interval.argsort(stable=True)
    counts = interval.bincount(minlength=pieces).tolist()
    share = (x[:, 0] * pieces - interval)[order]
    # (y − 1)² − y² = 1 − 2y: what it costs to call a point 1.
    gain, above = (1 - 2 * y)[order], x[order, 1]
    best = x.new_zeros(levels)
    back, start = [], 0
    for count in counts:
        rows = slice(start, start + count)
        cost = _pair_cost(share[rows], above[rows], gain[rows], heights)
        total = best[:, None] + cost
        best, origin = total.min(0)
        back.append(origin)
        start += count
    index = [int(best.argmin())]
    for origin in reversed(back):
        index.append(int(origin[index[-1]]))
    loss = (best.min() + y.square().sum()).item()
    return BoundaryFit(values=heights[torch.tensor(index[::-1], device=x.device)], loss=loss)


def _pair_cost(share: Tensor, above: Tensor, gain: Tensor, heights: Tensor) -> Tensor:
    """Σ_i gain_i 1{above_i ≥ (1 − s_i) v + s_i v′} for all pairs of heights (v, v′)."""
    cost = heights.new_zeros(len(heights), len(heights))
    for s, a, g in zip(share.split(16), above.split(16), gain.split(16), strict=True):
        line = (1 - s)[:, None, None] * heights[:, None] + s[:, None, None] * heights
        cost += torch.einsum("i,ivw->vw", g, (a[:, None, None] >= line).to(g))
    return cost
