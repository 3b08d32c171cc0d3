"""Narrow minima with one unit replicated: the Hessian's inertia against the theorem."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ldyn.core import default_device, stream
from ldyn.landscape import (
    UnitNet,
    dense_hessian,
    inertia,
    last_unit_forms,
    levenberg_marquardt,
    newton,
    surplus_inertia,
)

SAMPLES = 60
# (units H_0; inputs D, the constant one included; outputs M; whether there is a constant input)
SHAPES = [
    (1, 1, 1, False),
    (1, 2, 1, False),
    (2, 2, 1, False),
    (2, 2, 1, True),
    (2, 3, 1, True),
    (2, 3, 2, True),
    (2, 2, 3, True),
]
SMOOTH = ("sigmoid", "softplus", "gelu")  # beside tanh, at the shapes in which G is a matrix
PATTERNS = [(0.5, 0.5), (1.5, -0.5), (0.2, 0.3, 0.5), (1.2, 0.3, -0.5)]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One random regression problem and one start."""

    activation: str
    units: int
    inputs: int
    outputs: int
    bias: bool
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return 2 problems a shape for smoke, 70 for laptop, 1,000 for full."""
    count = {"smoke": 2, "laptop": 70, "full": 1000}[scale]
    kinds = [("tanh", *shape) for shape in SHAPES]
    kinds += [(act, *shape) for act in SMOOTH for shape in SHAPES[2:5]]
    return [
        Cell(activation=act, units=h, inputs=d, outputs=m, bias=bias, seed=s)
        for act, h, d, m, bias in kinds
        for s in range(count)
    ]


def group(cell: Cell) -> tuple[str, int, int, int, bool]:
    """Return the kind: problems of one kind are solved together."""
    return (cell.activation, cell.units, cell.inputs, cell.outputs, cell.bias)


def problem(cell: Cell) -> tuple[Tensor, Tensor, Tensor]:
    """Return x (n, D), y (n, M) from a teacher with five units, and a start θ (p,)."""
    d, m = cell.inputs, cell.outputs
    draw = stream("inertia", cell.units, d, m, cell.bias, cell.seed)
    x = 4 * torch.rand(SAMPLES, d, generator=draw, dtype=torch.float64) - 2
    if cell.bias:
        x[:, -1] = 1
    teacher, start = (
        torch.randn(count * (d + m), generator=draw, dtype=torch.float64)
        for count in (5, cell.units)
    )
    net = UnitNet(inputs=d, outputs=m, activation=cell.activation)
    return x, net.values(teacher, x), start


def run_group(group: list[Cell]) -> list[dict[str, Any]]:
    """Return, for each problem, whether a proper minimum was found and what its replicas are."""
    kind = {name: getattr(group[0], name) for name in ("inputs", "outputs", "activation")}
    net = UnitNet(**kind)
    device = default_device()
    x, y, start = (torch.stack(t).to(device) for t in zip(*map(problem, group), strict=True))
    found = levenberg_marquardt(net.residuals, start, (x, y), linearise=net.linearise, steps=400)
    theta = newton(net.loss, found.theta, (x, y))
    narrow = torch.linalg.eigvalsh(dense_hessian(net.loss, theta, x, y))
    size = narrow.abs().amax(1)
    # A fit that runs away to infinity has no minimum; one that is exact has no residual forms.
    kept = found.converged & (theta.abs().amax(1) < 30) & (narrow[:, 0] > 1e-6 * size)
    kept &= net.loss(theta, x, y) > 1e-8
    forms = last_unit_forms(net, theta, x, y)
    zero = 1e-9 * size
    patterns = [torch.tensor(p, dtype=theta.dtype, device=device) for p in PATTERNS]
    counts = [_counts(net, theta, x, y, p, zero) for p in patterns]
    rank = (torch.linalg.svdvals(forms.gate) > zero[:, None]).sum(1)
    bend = torch.linalg.eigvalsh(forms.curvature)
    loss, up, down = net.loss(theta, x, y), (bend > 0).sum(1), (bend < 0).sum(1)
    return [
        {
            "kept": bool(kept[j]),
            "loss": loss[j].item(),
            "rank": int(rank[j]),
            "up": int(up[j]),
            "down": int(down[j]),
            "predicted": [predicted[j].tolist() for predicted, *_ in counts],
            "measured": [measured[j].tolist() for _, measured, *_ in counts],
            "least": min(least[j].item() for *_, least, _ in counts),
            "most": max(most[j].item() for *_, most in counts),
        }
        for j in range(len(group))
    ]


def _counts(
    net: UnitNet, theta: Tensor, x: Tensor, y: Tensor, weights: Tensor, zero: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Predicted and measured counts (k, 3); the least |μ| that counts, and the most that does not.

    Both as parts of the largest |μ|.
    """
    forms = last_unit_forms(net, theta, x, y)
    negative, positive = surplus_inertia(forms, weights, zero=zero[:, None])
    wide = net.replicate(theta, weights)
    flat = wide.shape[1] - theta.shape[1] - negative - positive
    predicted = torch.stack([negative, flat, positive + theta.shape[1]], 1)
    matrix = dense_hessian(net.loss, wide, x, y)
    # Where F is small beside G the block has eigenvalues of the order of F²/G.
    found = inertia(matrix, tolerance=1e-14)
    measured = torch.stack([found.negative, found.zero, found.positive], 1)
    ordered = torch.linalg.eigvalsh(matrix).abs().sort(1).values
    least, most = (
        ordered.gather(1, (found.zero[:, None] - k).clamp(min=0))[:, 0] / ordered[:, -1]
        for k in (0, 1)
    )
    return predicted, measured, least, most
