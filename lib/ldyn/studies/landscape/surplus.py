"""Test risk of least-squares fits with surplus units, from embedded and from random starts."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.func import jacrev, vmap

from ldyn.core import default_device, stream
from ldyn.landscape import UnitNet, levenberg_marquardt, sample_conditioned

V = (1.0, 1.0, -1.0)
W = ((3.0, 0.0), (-3.0, 1.2), (3.0, -1.8))
SURPLUS = (0, 1, 2, 4, 8, 16, 32)
JITTER, STEPS, TOLERANCE, GRID = 0.05, 300, 1e-6, 81


@dataclass(frozen=True, kw_only=True)
class Cell:
    """`repetitions` data sets of `samples` points; students with three units and `surplus` more.

    A fit is held back by few `steps`, or by adding ½ `decay` ‖θ‖² to the loss.
    """

    activation: str
    start: str
    samples: int
    surplus: int
    noise: float
    repetitions: int
    steps: int = 300
    decay: float = 0.0


def cells(scale: str) -> list[Cell]:
    """Return all widths: 10, 200 or 2,000 repetitions; half as many for fits held back."""
    count = {"smoke": 10, "laptop": 200, "full": 2000}[scale]
    widths = (0, 4) if scale == "smoke" else SURPLUS
    sizes = (30,) if scale == "smoke" else (30, 15)
    kinds = [(n, start, STEPS, 0.0) for n in sizes for start in ("embedded", "random")]
    kinds += [(30, "random", 10, 0.0), (30, "random", 100, 0.01)]
    return [
        Cell(
            activation=act, start=start, samples=n, surplus=k, noise=0.1, steps=steps, decay=decay,
            repetitions=count if (steps, decay) == (STEPS, 0.0) else count // 2,
        )
        for n, start, steps, decay in kinds
        for act in ("relu", "tanh")
        for k in widths
    ]  # fmt: skip


def run(cell: Cell) -> dict[str, Any]:
    """Return quartiles of the test risk, the median with its interval, and what the fits are like.

    The risk is the mean square of f − f* on an even grid; `low` and `high` are the 95 % bootstrap
    interval of its median; `loss` the median training loss 2L/n; `rank` the median number of
    directions in which the fitted values can move; `active` that of units not zero at all data;
    `converged` the share of fits with a zero gradient, in tenths; `curve` the first fit.
    """
    net, x, y, start = problems(cell)

    def residuals(theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """½ of their squares is L(θ) + ½ decay ‖θ‖²."""
        r = net.residuals(theta, x, y)
        return torch.cat([r, cell.decay**0.5 * theta]) if cell.decay else r

    fit = levenberg_marquardt(residuals, start, (x, y), steps=cell.steps, tolerance=TOLERANCE)
    grid = augmented(torch.linspace(-1, 1, GRID, dtype=x.dtype, device=x.device))
    curves = net.values(fit.theta, grid)[..., 0]
    risks = (curves - net.values(teacher(net).to(x), grid)[..., 0]).square().mean(1).cpu()
    low, high = median_interval(risks)
    first, middle, third = torch.quantile(risks, risks.new_tensor([0.25, 0.5, 0.75])).tolist()
    return {
        "median": middle,
        "low": low,
        "high": high,
        "first": first,
        "third": third,
        "loss": (2 * net.loss(fit.theta, x, y) / cell.samples).median().item(),
        "rank": int(jacobian_rank(net, fit.theta, x).median()),
        "active": int(active_units(net, fit.theta, x).median()),
        "converged": round(fit.converged.double().mean().item(), 1),
        "curve": [float(f"{c:.3g}") for c in curves[0].tolist()],
    }


def median_interval(values: Tensor, resamples: int = 2000) -> list[float]:
    """Return the 2.5 and 97.5 % quantiles of the median of resamples of `values` (k,)."""
    pick = torch.randint(len(values), (resamples, len(values)), generator=stream("medians"))
    medians = torch.quantile(values[pick], 0.5, dim=1)
    ends: list[float] = torch.quantile(medians, values.new_tensor([0.025, 0.975])).tolist()
    return ends


def problems(cell: Cell) -> tuple[UnitNet, Tensor, Tensor, Tensor]:
    """Return the family, x (k, n, 2), y (k, n, 1) and starts θ (k, p).

    All widths and starts share their data, and a wide start contains the narrower ones.
    """
    k, n, device = cell.repetitions, cell.samples, default_device()
    draw = stream("surplus data", n, k)
    net = UnitNet(inputs=2, activation=cell.activation)
    x = augmented(2 * torch.rand(k, n, generator=draw, dtype=torch.float64) - 1)
    noise = torch.randn(k, n, 1, generator=draw, dtype=torch.float64)
    y = net.values(teacher(net), x) + cell.noise * noise
    theta = starts(net, cell, stream("surplus start", cell.activation, cell.start, k))
    return net, x.to(device), y.to(device), theta.to(device)


def starts(net: UnitNet, cell: Cell, draw: torch.Generator) -> Tensor:
    """Return θ (k, p): all N(0, 1), or the teacher beside flat surplus units, jittered.

    Flat are unpropagated units, v = 0 and w ~ N(0, 4 I), for tanh; for ReLU inactive ones,
    v ~ N(0, 1) and w ~ N(0, 4 I) given that the unit is silent on [−1, 1].
    """
    k, extra = cell.repetitions, []
    jitter = torch.randn(k, 3 * (len(V) + SURPLUS[-1]), generator=draw, dtype=torch.float64)
    width = 3 * (len(V) + cell.surplus)
    if cell.start == "random":
        return jitter[:, :width]
    for _ in range(cell.surplus):
        v = torch.randn(k, 1, generator=draw, dtype=torch.float64)
        if cell.activation == "relu":
            extra += [v, sample_conditioned(k, -1, 1, scale=2.0, generator=draw)]
        else:
            extra += [0 * v, 2 * torch.randn(k, 2, generator=draw, dtype=torch.float64)]
    return torch.cat([teacher(net).expand(k, -1), *extra], 1) + JITTER * jitter[:, :width]


def teacher(net: UnitNet) -> Tensor:
    """Return the three units that made the data."""
    v, w = (torch.tensor(t, dtype=torch.float64) for t in (V, W))
    return net.join(v[:, None], w)


def augmented(x: Tensor) -> Tensor:
    """Return (x, 1)."""
    return torch.stack([x, torch.ones_like(x)], -1)


def jacobian_rank(net: UnitNet, theta: Tensor, x: Tensor) -> Tensor:
    """Return how many singular values of ∂f(x)/∂θ exceed 10⁻⁶ of the largest, (k,).

    Source: prop-effective-parameters.
    """

    def values(theta: Tensor, x: Tensor) -> Tensor:
        return net.values(theta, x)[..., 0]

    sizes = torch.linalg.svdvals(vmap(jacrev(values))(theta, x))
    return (sizes > 1e-6 * sizes[:, :1]).sum(1)


def active_units(net: UnitNet, theta: Tensor, x: Tensor) -> Tensor:
    """Return the number of units that are not zero at all data, (k,).

    Source: prop-untouched.
    """
    _, w, _ = net.split(theta)
    u = x @ w.mT
    silent = (u <= 0).all(1) if net.activation == "relu" else (u == 0).all(1)
    return (~silent).sum(1)
