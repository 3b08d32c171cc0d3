"""Kernel ridge regression in cells: exact on the rows of a cell and the nearest ones around it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.kernels import Stationary
from ldyn.solvers.gram import fill_gram, symmetric_gram
from ldyn.solvers.record import Checkpoint


@dataclass(frozen=True)
class Cell:
    """A box low ≤ x < high (d,), the rows (m,) that answer in it and their coefficients (m, c)."""

    low: Tensor
    high: Tensor
    rows: Tensor
    coefficients: Tensor


def solve_rows(
    x: Tensor, y: Tensor, noise: Tensor, *, kernel: Stationary, rows: Tensor, own: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return coefficients (m, c) on `rows`, and residual and variance of the last `own`, left out.

    K + D = L Lᵀ with the own rows last: their block of (K + D)⁻¹ is (L₂₂ L₂₂ᵀ)⁻¹, so that exact
    leave-one-out costs no more than the solution: r_i = c_i/A_ii, and 1/A_ii is the predictive
    variance of y_i from all others, in units of the kernel's.

    Arguments: `x` (n, d) in units of the bandwidths, `y` (n, c), `noise` D, λ/w_i (n,).
    Raises: ValueError where K + D cannot be factorised in this precision.
    Source: wahba1990, prop-loo-cells.
    """
    gram = symmetric_gram(kernel, x[rows])
    gram.diagonal().add_(noise[rows])
    factor, failed = torch.linalg.cholesky_ex(gram)
    if failed:
        raise ValueError(
            f"K + ridge is not positive definite in {gram.dtype}; try dtype float64, or a larger "
            "ridge"
        )
    coefficients = torch.cholesky_solve(y[rows], factor)
    last = factor[len(rows) - own :, len(rows) - own :]
    diagonal = (
        torch.linalg.solve_triangular(last, torch.eye(own).to(last), upper=False)
        .square()
        .sum(0)[:, None]
    )
    return coefficients, coefficients[len(rows) - own :] / diagonal, 1 / diagonal


def predictive_variance(
    x: Tensor, noise: Tensor, points: Tensor, *, kernel: Stationary, rows: Tensor
) -> Tensor:
    """Return 1 − kᵀ(K + D)⁻¹k at points (m, d) given `rows`, (m, 1), in units of the kernel's.

    Source: rasmussen2006, prop-loo-cells.
    """
    gram = symmetric_gram(kernel, x[rows])
    gram.diagonal().add_(noise[rows])
    factor = torch.linalg.cholesky(gram)
    cross = fill_gram(kernel, x[rows], points)
    half = torch.linalg.solve_triangular(factor, cross, upper=False)
    return (1 - half.square().sum(0)).clamp(min=0)[:, None]


def around(x: Tensor, low: Tensor, high: Tensor, own: Tensor, halo: int) -> Tensor:
    """Return the `halo` rows nearest to a box, then its `own`."""
    gap = torch.maximum(low - x, x - high).clamp_(min=0).square_().sum(1)
    gap[own] = math.inf
    halo = min(halo, len(x) - len(own))
    return torch.cat([gap.topk(halo, largest=False).indices, own])


def split(x: Tensor, *, size: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield (rows, low, high) of boxes of at most `size` rows, or of equal ones, by medians of the
    widest column that can be cut.

    The boxes are disjoint and cover the space, ends at infinity included.
    """
    infinite = torch.full((x.shape[1],), math.inf).to(x)
    stack = [(torch.arange(len(x), device=x.device), -infinite, infinite)]
    while stack:
        rows, low, high = stack.pop()
        column, cut = _cut(x[rows]) if len(rows) > size else (0, None)
        if cut is None:
            yield rows, low, high
            continue
        left = x[rows, column] < cut
        middle_high, middle_low = high.clone(), low.clone()
        middle_high[column] = middle_low[column] = cut
        stack += [(rows[left], low, middle_high), (rows[~left], middle_low, high)]


def _cut(inside: Tensor) -> tuple[int, Tensor | None]:
    """Return a column and where to cut it, below some rows and above others; None if all are equal.

    Where half of the rows have a column's least value, as in a column of zeros and ones, the
    median cuts none off; the next value does.
    """
    few = inside[:: max(1, len(inside) // 4096)]
    ends = torch.quantile(few, inside.new_tensor([0.05, 0.95]), dim=0)
    for column in (ends[1] - ends[0]).argsort(descending=True).tolist():
        values = inside[:, column]
        cut = values.median()
        if (values < cut).any():
            return column, cut
        if (above := values[values > cut]).numel():
            return column, above.min()
    return 0, None


def fit_cells(
    x: Tensor,
    y: Tensor,
    noise: Tensor,
    *,
    kernel: Stationary,
    size: int,
    checkpoint: Checkpoint,
    report: Callable[[int, int], None],
) -> tuple[list[Cell], Tensor]:
    """Return the cells, each of at most `size` rows with as many around, and (n, c + 1) residuals,
    each row's left out of its own cell, with their variance in units of the kernel's.

    Source: wahba1990, prop-loo-cells.
    """
    boxes = list(split(x, size=size))
    saved = checkpoint.state.get("cells", [])
    cells = [Cell(*parts) for parts in saved]
    residuals = checkpoint.state.get("residuals", y.new_empty(len(y), y.shape[1] + 1))
    for rows, low, high in boxes[len(cells) :]:
        near = around(x, low, high, rows, size)
        coefficients, *left_out = solve_rows(x, y, noise, kernel=kernel, rows=near, own=len(rows))
        residuals[rows] = torch.cat(left_out, 1)
        cells.append(Cell(low, high, near, coefficients))
        checkpoint.put(
            cells=[(c.low, c.high, c.rows, c.coefficients) for c in cells], residuals=residuals
        )
        report(len(cells), len(boxes))
    return cells, residuals


def by_cell(cells: list[Cell], points: Tensor, answer: Callable[[Cell, Tensor], Tensor]) -> Tensor:
    """Return `answer`(cell, points in it) at points (m, d), each by the cell it lies in."""
    values: Tensor | None = None
    for cell in cells:
        inside = ((points >= cell.low) & (points < cell.high)).all(1).nonzero()[:, 0]
        if len(inside):
            found = answer(cell, points[inside])
            values = found.new_zeros(len(points), found.shape[1]) if values is None else values
            values[inside] = found
    assert values is not None
    return values
