"""The model that leave-one-out selects, against the best on the test rows of a grid of models."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ldyn.core import stream
from ldyn.kernels import Gaussian, Stationary
from ldyn.solvers import KernelRidge
from ldyn.solvers.choice import choose, typical_distance
from ldyn.solvers.gram import KERNELS
from ldyn.studies.lowcost.tables import table

TABLES = (
    "friedman1", "friedman2", "friedman3", "process", "digits", "mnist", "fashion", "cones",
    "cones and colour", "diamonds", "flights", "doctor", "housing", "weather", "fair",
)  # fmt: skip
COMPARED = ("gaussian", "matern32", "laplace")
WIDTHS = [2.0**k for k in range(-3, 3)]  # bandwidths, in median distances
RIDGES = [10.0 ** (k / 2) for k in range(-8, 2)]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A table, and the training rows taken of it."""

    table: str
    rows: int


def cells(scale: str) -> list[Cell]:
    """Return one table of 200 rows for smoke, all with 1,500 for laptop and 4,000 for full."""
    rows = {"smoke": 200, "laptop": 1500, "full": 4000}[scale]
    return [Cell(table=t, rows=rows) for t in (TABLES[:1] if scale == "smoke" else TABLES)]


def run(cell: Cell) -> dict[str, Any]:
    """Return mean squared errors on test rows, ± standard error, and by exact leave-one-out: of the
    Gaussian with one bandwidth that is selected, against the best of a grid of 6 bandwidths × 10
    ridges; and of what `KernelRidge` takes by itself against the best of three grids."""
    data = table(cell.table, rows=cell.rows)
    model = KernelRidge().fit(data.x, data.y)
    x, at = ((z - model.mean_) / model.scale_ for z in (data.x, data.x_test))
    parts = x, data.y - model.intercept_, at, data.y_test - model.intercept_
    squares = (model.predict(data.x_test) - data.y_test).square().mean(1)
    widths = model.bandwidth_ / model.scale_
    one = choose(
        *parts[:2], torch.ones(len(x)).double(), kernels=["gaussian"], bandwidths=None, ridge=None,
        generator=stream("choice", 0), most_columns=1,
    )[0]  # fmt: skip
    loo, test = _errors(parts, Gaussian(float(one.bandwidths)), [one.ridge])
    median = typical_distance(x, stream("selected"))
    grids = [
        torch.cat([_errors(parts, KERNELS[name](w * median), RIDGES) for w in WIDTHS], 1)
        for name in COMPARED
    ]
    first, three = (g[:, g[0].argmin()] for g in (grids[0], torch.cat(grids, 1)))
    return {
        "train": len(x),
        "columns": x.shape[1],
        "kernel": model.kernel_,
        "bandwidths": 1 if widths.max() < 1.000001 * widths.min() else len(widths),
        "selected_loo": model.record_.loo,
        "selected": float(squares.mean()),
        "error": float(squares.std()) / math.sqrt(len(squares)),
        "gaussian_loo": float(loo),
        "gaussian": float(test),
        "gaussian_picked": float(first[1]),
        "gaussian_best": float(grids[0][1].min()),
        "picked": float(three[1]),
        "best": min(float(g[1].min()) for g in grids),
        "spread": float(parts[3].square().mean()),
    }


def _errors(parts: tuple[Tensor, ...], kernel: Stationary, ridges: Sequence[float]) -> Tensor:
    """Return leave-one-out and test errors at each ridge, (2, r)."""
    x, y, at, truth = parts
    values, q = torch.linalg.eigh(kernel(x, x))
    rotated, squares, cross = q.T @ y, q.square(), kernel(at, x) @ q
    found = torch.empty(2, len(ridges), dtype=x.dtype)
    for j, ridge in enumerate(ridges):
        shrunk = 1 / (values.clamp(min=0) + ridge)
        c = shrunk[:, None] * rotated
        found[0, j] = ((q @ c) / (squares @ shrunk)[:, None]).square().mean()
        found[1, j] = (cross @ c - truth).square().mean()
    return found
