"""Narrow fits embedded in every way: the gradient there, against what the theorem says of it."""

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
from ldyn.nets import ACTIVATIONS

SAMPLES, UNITS, INPUTS, SURPLUS = 40, 2, 3, 2
SHARES = (0.5, 0.8, -0.3)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One random regression problem and one start."""

    activation: str
    outputs: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return 2 problems a kind for smoke, 40 for laptop, 400 for full."""
    count = {"smoke": 2, "laptop": 40, "full": 400}[scale]
    return [
        Cell(activation=a, outputs=m, seed=s)
        for a in ("tanh", "relu")
        for m in (1, 2)
        for s in range(count)
    ]


def group(cell: Cell) -> tuple[str, int]:
    """Return the kind: problems of one kind are solved together."""
    return (cell.activation, cell.outputs)


def run_group(group: list[Cell]) -> list[dict[str, Any]]:
    """Return the norms of the gradient at the embedded points, measured and foretold."""
    first = group[0]
    net = UnitNet(inputs=INPUTS, outputs=first.outputs, activation=first.activation, bias=True)
    x, y, start = (torch.stack(t) for t in zip(*(_problem(net, c) for c in group), strict=True))
    theta = levenberg_marquardt(net.residuals, start, (x, y), steps=400).theta
    theta = newton(net.loss, theta, (x, y))
    return [_measure(net, c, *d) for c, *d in zip(group, theta, x, y, strict=True)]


def _problem(net: UnitNet, cell: Cell) -> tuple[Tensor, Tensor, Tensor]:
    """x (n, D) with a constant input, y (n, M) from five units, and a start θ (p,)."""
    draw = stream("stationarity", cell.activation, cell.outputs, cell.seed)
    x = torch.randn(SAMPLES, INPUTS, generator=draw, dtype=torch.float64)
    x[:, -1] = 1
    sizes = [h * (INPUTS + cell.outputs) + cell.outputs for h in (5, UNITS)]
    teacher, start = (torch.randn(p, generator=draw, dtype=x.dtype) for p in sizes)
    return x, net.values(teacher, x), start


def _measure(net: UnitNet, cell: Cell, theta: Tensor, x: Tensor, y: Tensor) -> dict[str, Any]:
    slope, r = grad(net.loss), net.values(theta, x) - y
    kept = slope(theta, x, y).abs().max() < 1e-9 and theta.abs().max() < 30 and r.norm() > 1e-3
    if net.activation == "relu":
        margin = kink_margin(net, theta, x)
        kept = kept and margin > 1e-5 and not inactive(net.split(theta)[1], x).any()
    row: dict[str, Any] = {"kept": bool(kept)}
    points = _points(net, cell, theta, x, r)
    for name, (wide, foretold) in points.items():
        row[name] = slope(wide, x, y).norm().item() if kept else 0.0
        row[f"{name}_foretold"] = foretold.norm().item() if kept else 0.0
    row["down"], row["down_foretold"] = 0, 0
    if kept:
        before, after = (_negative(net, t, x, y) for t in (theta, points["both"][0]))
        rank = torch.linalg.matrix_rank(_linear_gate(net, x, r), rtol=1e-9, atol=1e-9)
        row["down"], row["down_foretold"] = after - before, SURPLUS * int(rank)
    return row


def _negative(net: UnitNet, theta: Tensor, x: Tensor, y: Tensor) -> int:
    return int(inertia(dense_hessian(net.loss, theta, x, y), tolerance=1e-9).negative)


def _linear_gate(net: UnitNet, x: Tensor, r: Tensor) -> Tensor:
    """F_0 = σ'(0) Σ_ν r_ν x_νᵀ for tanh; for ReLU units in the cone nothing arrives."""
    return r.T @ x if net.activation == "tanh" else 0 * (r.T @ x)


def _points(
    net: UnitNet, cell: Cell, theta: Tensor, x: Tensor, r: Tensor
) -> dict[str, tuple[Tensor, Tensor]]:
    """Each embedded point, and the gradient in the new units that the theorem foretells."""
    v, w, b = net.split(theta)
    draw = stream("stationarity surplus", cell.activation, cell.outputs, cell.seed)
    free = torch.randn(SURPLUS, cell.outputs, generator=draw, dtype=x.dtype)
    loose = torch.randn(SURPLUS, INPUTS, generator=draw, dtype=x.dtype)
    still = torch.zeros_like(loose)
    if net.activation == "relu":
        still = sample_inactive(x, SURPLUS, scale=2.0, generator=draw)
    uneven = torch.cat([v[-1:] - free.sum(0), free])
    copies = torch.cat([w, w[-1:].expand(SURPLUS, -1)])
    gate = last_unit_forms(net, theta, x, net.values(theta, x) - r).gate

    def wider(v_new: Tensor, w_new: Tensor) -> Tensor:
        return net.join(torch.cat([v, v_new]), torch.cat([w, w_new]), b)

    none, shares = x.new_zeros(1), torch.tensor(SHARES, dtype=x.dtype)
    return {
        "shares": (net.replicate(theta, shares), none),
        "uneven": (net.join(torch.cat([v[:-1], uneven]), copies, b), uneven @ gate),
        "inactive": (wider(free, still), free @ _linear_gate(net, x, r)),
        "unpropagated": (
            wider(0 * free, loose),
            ACTIVATIONS[net.activation](x @ loose.mT).mT @ r,
        ),
        "both": (wider(0 * free, still), none),
    }
