"""Narrow ReLU fits: where they end, and the inertia that silent and replicated units add there."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.func import grad

from ldyn.core import stream
from ldyn.landscape import (
    UnitNet,
    dense_hessian,
    inactive,
    inertia,
    kink_margin,
    last_unit_forms,
    levenberg_marquardt,
    newton,
    sample_inactive,
)

SAMPLES = 40
SHAPES = [(2, 2, 1), (3, 3, 1), (3, 3, 2)]  # units H_0, inputs D with the constant one, outputs M
MARGIN, TOLERANCE = 1e-5, 1e-9


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One random regression problem and one start."""

    units: int
    inputs: int
    outputs: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return 3 problems a shape for smoke, 100 for laptop, 1,000 for full."""
    count = {"smoke": 3, "laptop": 100, "full": 1000}[scale]
    return [Cell(units=h, inputs=d, outputs=m, seed=s) for h, d, m in SHAPES for s in range(count)]


def group(cell: Cell) -> tuple[int, int, int]:
    """Return the shape: problems of one shape are solved together."""
    return (cell.units, cell.inputs, cell.outputs)


def run_group(group: list[Cell]) -> list[dict[str, Any]]:
    """Return where each fit ended and, off the kinks, what surplus units add to its Hessian."""
    net = UnitNet(inputs=group[0].inputs, outputs=group[0].outputs, activation="relu", bias=True)
    x, y, start = (torch.stack(t) for t in zip(*(_problem(net, c) for c in group), strict=True))
    theta = levenberg_marquardt(net.residuals, start, (x, y), steps=400).theta
    theta = newton(net.loss, theta, (x, y))
    return [_measure(net, c, *d) for c, *d in zip(group, theta, x, y, strict=True)]


def _problem(net: UnitNet, cell: Cell) -> tuple[Tensor, Tensor, Tensor]:
    """x (n, D), y (n, M) from a teacher with five ReLU units, and a start θ (p,)."""
    draw = stream("relu units", cell.units, cell.inputs, cell.outputs, cell.seed)
    x = torch.randn(SAMPLES, cell.inputs, generator=draw, dtype=torch.float64)
    x[:, -1] = 1
    size = net.inputs + net.outputs
    teacher, start = (
        torch.randn(h * size + net.outputs, generator=draw, dtype=torch.float64)
        for h in (5, cell.units)
    )
    return x, net.values(teacher, x), start


def _measure(net: UnitNet, cell: Cell, theta: Tensor, x: Tensor, y: Tensor) -> dict[str, Any]:
    gradient = grad(net.loss)(theta, x, y).abs().max().item()
    margin = kink_margin(net, theta, x).item()
    v, w, b = net.split(theta)
    if inactive(w, x).any():
        end = "silent"
    elif margin < MARGIN:
        end = "kink"
    else:
        end = "smooth" if gradient < TOLERANCE else "moving"
    row = {"end": end, "loss": net.loss(theta, x, y).item(), "margin": margin}
    added: dict[str, Any] = {"silent": [], "copied": [], "rank": 0, "gate": 0.0, "lowest": 0.0}
    if end != "smooth":
        return row | added
    hessian = dense_hessian(net.loss, theta, x, y)
    sizes = torch.linalg.svdvals(last_unit_forms(net, theta, x, y).gate)
    added["rank"] = int((sizes > TOLERANCE * hessian.abs().max()).sum())
    added["gate"] = sizes[0].item() if added["rank"] else 0.0
    draw = stream("relu surplus", cell.units, cell.inputs, cell.outputs, cell.seed)
    for surplus in (1, 2, 4):
        silent = sample_inactive(x, surplus, scale=2.0, generator=draw)
        free = torch.randn(surplus, net.outputs, generator=draw, dtype=v.dtype)
        wide = net.join(torch.cat([v, free]), torch.cat([w, silent]), b)
        added["silent"].append(_increase(hessian, dense_hessian(net.loss, wide, x, y)))
    for weights in ([0.5, 0.5], [1.5, -0.5], [0.2, 0.3, 0.5]):
        wide = net.replicate(theta, torch.tensor(weights, dtype=v.dtype))
        curvature = dense_hessian(net.loss, wide, x, y)
        added["copied"].append(_increase(hessian, curvature))
        if added["rank"] and weights == [0.5, 0.5]:
            added["lowest"] = torch.linalg.eigvalsh(curvature)[0].item()
    return row | added


def _increase(narrow: Tensor, wide: Tensor) -> list[int]:
    """How many more negative, zero and positive eigenvalues."""
    a, b = (inertia(h, tolerance=TOLERANCE) for h in (narrow, wide))
    pairs = ((b.negative, a.negative), (b.zero, a.zero), (b.positive, a.positive))
    return [int(p - q) for p, q in pairs]
