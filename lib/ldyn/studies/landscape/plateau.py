"""Where random starts end: at a fit, with two units that became one, in a channel, elsewhere."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import stream
from ldyn.landscape import UnitNet, gradient_flow, levenberg_marquardt

SAMPLES, TEACHER, LAST = 40, 5, 1e8
FIT, CLOSE, NEAR = 1e-6, 1e-3, 0.1


@dataclass(frozen=True, kw_only=True)
class Cell:
    """`starts` tanh students with `units` hidden units, each with a teacher of its own."""

    method: str
    dim: int
    bias: bool
    units: int
    starts: int


def cells(scale: str) -> list[Cell]:
    """Return all widths, inputs and both methods: 6 starts for smoke, 100 for laptop, 1000 full."""
    starts = {"smoke": 6, "laptop": 100, "full": 1000}[scale]
    widths = (2, 3) if scale == "smoke" else (2, 3, 4, 5)
    return [
        Cell(method=method, dim=dim, bias=bias, units=units, starts=starts)
        for method in ("flow", "levenberg-marquardt")
        for dim in (1, 2)
        for bias in (False, True)
        for units in widths
    ]


def run(cell: Cell) -> dict[str, int]:
    """Return how many starts end in each of the four ways, and how many copies share a sign."""
    net, x, y, start = problems(cell)

    def residuals(theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return net.residuals(theta, x, y) / SAMPLES**0.5

    def loss(theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return residuals(theta, x, y).square().sum() / 2

    if cell.method == "flow":
        flow = gradient_flow(loss, start, (x, y), times=(LAST / 10, LAST), tolerance=1e-2)
        before, theta = flow.theta
    else:
        before, theta = (
            levenberg_marquardt(residuals, start, (x, y), steps=steps, tolerance=1e-9).theta
            for steps in (200, 400)
        )
    fit = 2 * net.loss(theta, x, y) / SAMPLES < FIT
    distance, share, size = closest_pair(net, theta)
    copies = ~fit & (distance < CLOSE) & (size < 100)
    grows = size > 1.2 * closest_pair(net, before)[2]
    channel = ~fit & ~copies & (distance < NEAR) & (size > 3) & grows & ((share < 0) | (share > 1))
    return {
        "fits": int(fit.sum()),
        "copies": int(copies.sum()),
        "between": int((copies & (share > 0) & (share < 1)).sum()),
        "channels": int(channel.sum()),
        "others": int((~fit & ~copies & ~channel).sum()),
    }


def problems(cell: Cell) -> tuple[UnitNet, Tensor, Tensor, Tensor]:
    """Return the family, x (k, n, D), y (k, n, 1) of unit variance, and starts θ (k, p) ~ N(0, 1).

    The first draws of a cell do not depend on its method.
    """
    draw = stream("plateau", cell.dim, cell.bias, cell.units)
    k, kind = cell.starts, torch.float64
    x = 4 * torch.rand(k, SAMPLES, cell.dim, generator=draw, dtype=kind) - 2
    if cell.bias:
        x = torch.cat([x, torch.ones_like(x[..., :1])], 2)
    net = UnitNet(inputs=x.shape[2], bias=cell.bias)
    w = 2 * torch.randn(k, TEACHER, x.shape[2], generator=draw, dtype=kind)
    v = torch.randn(k, TEACHER, 1, generator=draw, dtype=kind)
    y = torch.tanh(x @ w.mT) @ v
    y = y / y.std(1, keepdim=True)
    width = cell.units * (1 + x.shape[2]) + cell.bias
    return net, x, y, torch.randn(k, width, generator=draw, dtype=kind)


def closest_pair(net: UnitNet, theta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return, of the two most similar units, |w_i ∓ w_j| / (|w_i| + |w_j|), λ and max |v|, (k,).

    λ = v_i / (v_i ± v_j), with the sign that turns unit j to the side of unit i.
    """
    v, w, _ = net.split(theta)
    turn = torch.where((w @ w.mT) < 0, -1.0, 1.0)
    lengths = w.norm(dim=2)
    apart = (w[:, :, None] - turn[..., None] * w[:, None]).norm(dim=3)
    apart = apart / (lengths[:, :, None] + lengths[:, None])
    apart.diagonal(dim1=1, dim2=2).fill_(float("inf"))
    distance, which = apart.flatten(1).min(1)
    rows, i, j = torch.arange(len(w)), which // w.shape[1], which % w.shape[1]
    one, other = v[rows, i, 0], turn[rows, i, j] * v[rows, j, 0]
    return distance, one / (one + other), torch.maximum(one.abs(), other.abs())
