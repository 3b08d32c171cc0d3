"""Judges of answers that are programs: a network, and a fitting rule."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ldyn.core import stream
from ldyn.piecewise.adaptive import fit_one_split
from ldyn.piecewise.relunet import ReluNet

Fit = Callable[[Tensor, Tensor], Callable[[Tensor], Tensor]]
_WHERE_GREEDY_FAILS = ((37, 12), (32, 20), (36, 28))


def judge_maximum(answer: Any) -> str:
    """Return what is wrong with a `ReluNet` for max(x, y) at points of [−100, 100]².

    Source: ex-max.
    """
    if misfit := _misfit(answer):
        return misfit
    axis = torch.tensor([-100, -1, -0.5, 0, 0.5, 1, 100], dtype=torch.float64)
    z = torch.cartesian_prod(axis, axis)
    values = answer(z)
    hit = (values - z.amax(1)).abs() < 1e-9
    cases = {"x ≥ y": z[:, 0] >= z[:, 1], "x < y": z[:, 0] < z[:, 1]}
    negative, whole = (z < 0).any(1), {name: hit[part].all() for name, part in cases.items()}
    if hit.all():
        return ""
    if hit[~negative].all():
        return "Right where both numbers are ≥ 0, but wrong for some negative ones."
    for name, part in cases.items():
        if whole[name]:
            other = next(n for n in cases if n != name)
            return f"Right where {name}, but wrong where {other}."
        if not hit[part].any() and hit[~part].any():
            return f"Nowhere right where {name}."
    return "It is right at some points at most: try it at (1, 0) and at (0, 1)."


def _misfit(answer: Any) -> str:
    if not isinstance(answer, ReluNet):
        return "A ReluNet is expected: from ldyn.piecewise import ReluNet."
    inputs, outputs = answer.layers[0][0].shape[1], answer.layers[-1][0].shape[0]
    if (inputs, outputs) != (2, 1):
        return f"Two inputs and one output are expected, your network has {inputs} and {outputs}."
    return ""


def judge_triangle(answer: Any) -> str:
    """Return what is wrong with a `ReluNet` for 1{x₁ + x₂ ≤ 1} with ramps of slope 200.

    Its squared error on the square should be at most 1/(12 · 200), within a twentieth.
    Source: ex-triangle.
    """
    if misfit := _misfit(answer):
        return misfit
    across, along = ((torch.arange(m, dtype=torch.float64) + 0.5) / m for m in (64, 4096))
    z = torch.cartesian_prod(across, along)
    gap = 1 - z.sum(1)
    error = (answer(z) - (gap >= 0).double()).square()
    rim = (z < 0.02).any(1) | (z > 0.98).any(1)
    for name, part in {"inside": gap > 0.02, "outside": gap < -0.02}.items():
        if error[part & ~rim].max() > 1e-6:
            return f"Wrong {name} the triangle, away from its sides."
    if error.mean() * 12 * 200 <= 1.05:
        return ""
    if error[~rim].mean() * 12 * 200 <= 1.05:
        return "The long side is right. Within the square, are the two short sides a boundary?"
    return "The squared error is too large: is the ramp centred on the long side, and steep enough?"


def piecewise_constant_loss(x: Tensor, y: Tensor, pieces: int) -> float:
    """Return the least Σ_i (y_i − f(x_i))² over step functions with `pieces` levels, d = 1.

    Every set of cuts is tried. Source: ex-two-jumps.
    """
    y = y[x[:, 0].argsort()]
    cuts = itertools.combinations(range(1, len(y)), pieces - 1)
    return min(
        sum(_within(part) for part in y.tensor_split(torch.tensor(c, dtype=torch.long)))
        for c in cuts
    )


def judge_two_jumps(answer: Any) -> str:
    """Return what is wrong with a rule fit(x, y) → predictor with two jumps. Source: ex-two-jumps.

    It must reach the least sum of squares among step functions with three levels, and be one.
    """
    if not callable(answer):
        return "A function fit(x, y) is expected, that returns a predictor."
    for seed, n in _WHERE_GREEDY_FAILS:
        x, y = _two_jump_sample(n, stream("two-jumps", seed, n))
        found = _fitted_loss(answer, x, y)
        if isinstance(found, str):
            return found
        loss, levels = found
        if levels > 3:
            return f"With n = {n} your predictor has {levels} levels; two jumps make three."
        if loss > piecewise_constant_loss(x, y, 3) * (1 + 1e-9):
            return _worse(x, y, loss, n)
    return ""


def _worse(x: Tensor, y: Tensor, loss: float, n: int) -> str:
    one = (y - fit_one_split(x, y)(x)).square().sum().item()
    if loss > one * (1 - 1e-9):
        return f"With n = {n} your sum of squares is no smaller than that of the best single jump."
    if math.isclose(loss, _greedy_loss(x, y), rel_tol=1e-9):
        return (
            f"With n = {n} your sum of squares is that of the greedy rule: the best single jump, "
            "then the best second one. The best pair need not contain the best single jump."
        )
    return f"With n = {n} there is a step function with two jumps and a smaller sum of squares."


def _fitted_loss(fit: Fit, x: Tensor, y: Tensor) -> tuple[float, int] | str:
    z = torch.linspace(0, 1, 2001, dtype=x.dtype)[:, None]
    # Whatever a reader's rule raises is worth a hint, and no reason to stop.
    try:
        predictor = fit(x, y)
        values, curve = (torch.as_tensor(predictor(points)) for points in (x, z))
    except Exception as error:
        return (
            f"fit(x, y) with x of shape {tuple(x.shape)} and y of shape {tuple(y.shape)}, or the "
            f"predictor that it returned, raised {type(error).__name__} ({error})."
        )
    if values.shape != y.shape:
        return (
            "The predictor should map (m, 1) points to (m,) values; "
            f"{len(y)} points gave {tuple(values.shape)}."
        )
    levels = len((curve * 1e9).round().unique())
    return (y - values.to(y)).square().sum().item(), levels


def _two_jump_sample(n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    x = torch.rand(n, 1, generator=generator, dtype=torch.float64)
    bump = ((x[:, 0] > 0.35) & (x[:, 0] < 0.7)).double()
    return x, bump + 0.4 * torch.randn(n, generator=generator, dtype=torch.float64)


def _greedy_loss(x: Tensor, y: Tensor) -> float:
    y = y[x[:, 0].argsort()]
    first = min(range(1, len(y)), key=lambda k: _within(y[:k]) + _within(y[k:]))
    second = (k for k in range(1, len(y)) if k != first)
    return min(
        sum(_within(part) for part in y.tensor_split(torch.tensor(sorted((first, k)))))
        for k in second
    )


def _within(part: Tensor) -> float:
    return (part - part.mean()).square().sum().item()
