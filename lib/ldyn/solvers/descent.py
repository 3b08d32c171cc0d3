"""Quasi-Newton steps on the leave-one-out error of samples of rows, within bounds."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ldyn.core import few_threads
from ldyn.kernels import Laplace, Stationary
from ldyn.solvers.leave_one_out import loo_slope

Parts = tuple[Tensor, Tensor, Tensor]  # samples x (p, n, d), y (p, n, c) and weights (p, n)
Value = Callable[[Tensor], tuple[float, Tensor]]
ENOUGH = 1e-4  # of the error: a step that gains less is the last
RIDGE = 3.0  # the error is flatter in the ridge: its logarithm is taken in units of so much
FIRST, FARTHEST = 0.5, 2.0  # length of a step along the slope, and longest step
SINGLE = 1e-3  # ridge from which leave-one-out and its slope are right in float32


def descend(
    parts: Parts,
    theta: Tensor,
    kernel: type[Stationary],
    low: Tensor,
    high: Tensor,
    *,
    most: int = 20,
    judges: Tensor | None = None,
) -> Tensor:
    """Return (log bandwidths, log ridge) after at most `most` evaluations within bounds.

    Steps on the log of the mean leave-one-out error of `parts`, in float32 unless rounding counts:
    with a ridge that may be small; with up to two columns and many rows, where a wide kernel has
    hardly any rank; between rows that nearly coincide, where slopes of Laplace kernels cancel.
    Source: liu1989, prop-loo-slope.
    """
    x, y, weights = parts
    exact = (x.shape[2] <= 2 and x.shape[1] > 128) or (kernel is Laplace and len(theta) > 2)
    if not exact and low[-1] >= math.log(SINGLE) - 1e-9:
        x, y, weights = x.float(), y.float(), weights.float()
    scale = torch.tensor([1.0] * (len(low) - 1) + [RIDGE]).to(low)

    def value(at: Tensor) -> tuple[float, Tensor]:
        h, ridge = (scale * at).exp().to(x).tensor_split([len(at) - 1])
        error, by_bandwidth, by_ridge = loo_slope(
            x, y, weights, kernel=kernel, bandwidths=h, ridge=ridge, judges=judges
        )
        error = error.clamp(min=torch.finfo(x.dtype).tiny)  # constant answers leave none
        slope = torch.cat([by_bandwidth.sum(0), by_ridge.sum()[None]]) / error.sum()
        return float(error.mean().log()), slope.cpu().double() * scale

    with few_threads(x.shape[0] * x.shape[1] ** 3):
        return downhill(value, theta / scale, low / scale, high / scale, most=most) * scale


def downhill(value: Value, at: Tensor, low: Tensor, high: Tensor, *, most: int) -> Tensor:
    """Return the lowest point between `low` and `high` that at most `most` evaluations of `value`,
    with its slope, found.

    The step is −Hg with the inverse curvature H that the steps so far imply, in the coordinates
    that are not pushed against a bound, and is shortened to where a parabola has its minimum until
    a ten-thousandth of the descent that the slope promises is there.

    Arguments: `at`, `low`, `high` (p,), float64; `value` returns a number and its slope (p,).
    Source: liu1989.
    """
    best, slope = value(at := at.clamp(low, high))
    eye = torch.eye(len(at)).to(at)
    inverse, reach, step = None, FIRST, None
    for _ in range(most - 1):
        if step is None:
            free = ~((at <= low) & (slope >= 0) | (at >= high) & (slope <= 0))
            step = -free.to(at) * ((eye if inverse is None else inverse) @ (slope * free))
            far = float(step.norm().clamp(min=1e-300))
            step *= reach / far if inverse is None else min(FARTHEST / far, 1.0)
        to = (at + step).clamp(low, high)
        drop = float(slope @ (to - at))
        if -drop < ENOUGH / 2:
            break
        found, new = value(to)
        if not found <= best + 1e-4 * drop:
            step *= min(max(-drop / (2 * (found - best - drop)), 0.1), 0.5)
            continue
        s, c = to - at, new - slope
        if s @ c > 0:
            inverse = (s @ c) / (c @ c) * eye if inverse is None else inverse
            turn = eye - torch.outer(s, c) / (s @ c)
            inverse = turn @ inverse @ turn.T + torch.outer(s, s) / (s @ c)
        else:  # the slope grows downhill: what was known of the curvature is no longer so
            inverse, reach = None, 2 * float(s.norm())
        gain, at, best, slope, step = best - found, to, found, new, None
        if gain < ENOUGH:
            break
    return at
