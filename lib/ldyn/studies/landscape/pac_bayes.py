"""The PAC-Bayes bound of a teacher with surplus units, at the best posterior of a family."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import jacrev, vmap

from ldyn.core import stream
from ldyn.landscape import (
    UnitNet,
    gaussian_divergence,
    gibbs_price,
    inactive_probability,
    kl_inverse,
    pac_bayes_bound,
    sample_conditioned,
)

V = ((1.0, 1.0), (1.0, -1.0), (-1.0, 1.0))
W = ((3.0, 0.0), (-3.0, 1.2), (3.0, -1.8))
PRIOR, CLIP, DRAWS, POWERS = 2.0, 4.0, 100_000, 4096
# The bound holds with probability 0.95: 0.96 for the theorem, 0.99 for the Monte Carlo estimate.
THEOREM, MONTE_CARLO = 0.96, 0.01
SIZES = (100, 316, 1000, 3162, 10_000, 31_623, 100_000)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A student with three units and `surplus` more, `outputs` outputs, and data with `noise`."""

    activation: str
    outputs: int
    samples: int
    noise: float
    surplus: int


def cells(scale: str) -> list[Cell]:
    """Return all widths for one output without noise, two widths else; two sizes for smoke."""
    sizes = SIZES[2:5:2] if scale == "smoke" else SIZES
    wide = (0, 8) if scale == "smoke" else (0, 1, 2, 4, 8, 16, 32)
    return [
        Cell(activation=act, outputs=m, samples=n, noise=noise, surplus=k)
        for act in ("relu", "tanh")
        for m, noise, widths in ((1, 0.0, wide), (2, 0.0, (0, 8)), (1, 0.5, (0, 8)))
        for n in sizes
        for k in widths
    ]


def run(cell: Cell) -> dict[str, float]:
    """Return the bound and what it is made of: risks, divergences, the price of a unit.

    `divergence` is KL of the three units, `unit` that of one surplus unit; `added` the empirical
    risk that a surplus unit adds; `price` n κ `added` + `unit`; `gibbs` what no product
    posterior undercuts; `risk` a Monte Carlo estimate with standard error `error`; `truth` the
    same at fresh inputs.
    """
    draw = stream("pac-bayes", cell.outputs, cell.samples, cell.noise)
    net = UnitNet(inputs=2, outputs=cell.outputs, activation=cell.activation)
    theta = teacher(net)
    x = augmented(2 * torch.rand(cell.samples, generator=draw, dtype=torch.float64) - 1)
    noise = torch.randn(cell.samples, cell.outputs, generator=draw, dtype=torch.float64)
    y = net.values(theta, x) + cell.noise * noise
    heights, power = risk_per_square(net, theta, x), unit_powers(net, x[:1000])
    post = best_posterior(cell, theta, heights, power.mean(), clipped(y - net.values(theta, x)))
    widths = (PRIOR**2 / (1 + 2 * cell.samples * post["rate"] * PRIOR**2 * heights)).sqrt()
    sample = (theta, widths, post["added"] / cell.outputs / power.mean())
    risk, error = estimate(net, cell, sample, x, y)
    n, unit = cell.samples, post["unit"]
    sure = kl_inverse(risk, math.log(1 / MONTE_CARLO) / DRAWS)
    bound = pac_bayes_bound(sure, post["divergence"] + cell.surplus * unit, n, THEOREM)
    pulls = 2 * n * post["rate"] * PRIOR**2 * power
    fresh = augmented(2 * torch.rand(DRAWS, generator=draw, dtype=torch.float64) - 1)
    noise = torch.randn(DRAWS, cell.outputs, generator=draw, dtype=torch.float64)
    goal = net.values(theta, fresh) + cell.noise * noise
    truth, _ = estimate(net, cell, sample, fresh, goal)
    return {
        "bound": bound.item(),
        "risk": risk,
        "error": error,
        "truth": truth,
        "divergence": post["divergence"],
        "unit": unit,
        "added": post["added"],
        "rate": post["rate"],
        "price": n * post["rate"] * post["added"] + unit,
        "gibbs": gibbs_price(pulls, cell.outputs).item(),
    }


def best_posterior(
    cell: Cell, theta: Tensor, heights: Tensor, power: Tensor, floor: float
) -> dict[str, float]:
    """Return the posterior of least bound if risk is `floor` + Σ_i s_i² h_i, by a search for κ.

    The best widths are s_i² = τ²/(1 + 2 n κ τ² h_i) for one κ; `rate` is that κ.
    """
    rate = torch.logspace(-3, 2, 2001, dtype=torch.float64)[:, None]
    n, k, m = cell.samples, cell.surplus, cell.outputs
    shrunk = PRIOR**2 / (1 + 2 * n * rate * PRIOR**2 * heights)
    risk = floor + (shrunk * heights).sum(1)
    divergence = gaussian_divergence(theta.expand_as(shrunk), shrunk.sqrt(), PRIOR)
    unit = torch.full_like(divergence, -math.log(inactive_probability(-1, 1)))
    added = torch.zeros_like(unit)
    if cell.activation != "relu":
        v = PRIOR**2 / (1 + 2 * n * rate * PRIOR**2 * power)
        unit = m * gaussian_divergence(torch.zeros_like(v), v.sqrt(), PRIOR)
        added = m * v[:, 0] * power
    total = (risk + k * added).clamp(max=1)
    bounds = pac_bayes_bound(total, divergence + k * unit, n, THEOREM)
    best = int(bounds.argmin())
    found = {"divergence": divergence, "unit": unit, "added": added, "rate": rate[:, 0]}
    return {name: values[best].item() for name, values in found.items()}


def estimate(
    net: UnitNet, cell: Cell, posterior: tuple[Tensor, Tensor, Tensor], x: Tensor, y: Tensor
) -> tuple[float, float]:
    """Return the mean clipped loss over pairs of a network ~ Q and a datum, and its error.

    `posterior` holds the mean and widths of the three units, and v's variance in a surplus one.
    """
    mean, widths, variance = posterior
    draw = stream("posterior", cell.activation, cell.samples, cell.surplus, len(y) == DRAWS)
    kind, k, m = torch.float64, cell.surplus, cell.outputs
    base = mean + widths * torch.randn(DRAWS, len(mean), generator=draw, dtype=kind)
    v, w, _ = net.split(base)
    if cell.activation == "relu":
        extra = sample_conditioned(DRAWS * k, -1, 1, scale=PRIOR, generator=draw)
        variance = torch.tensor(PRIOR**2, dtype=kind)
    else:
        extra = PRIOR * torch.randn(DRAWS * k, 2, generator=draw, dtype=kind)
    outgoing = variance.sqrt() * torch.randn(DRAWS, k, m, generator=draw, dtype=kind)
    theta = net.join(torch.cat([v, outgoing], 1), torch.cat([w, extra.reshape(DRAWS, k, 2)], 1))
    which = torch.randint(len(x), (DRAWS,), generator=draw)
    loss = ((net.values(theta, x[which, None]) - y[which, None]).square().sum((1, 2)) / CLIP).clamp(
        max=1
    )
    return loss.mean().item(), (loss.std() / DRAWS**0.5).item()


def risk_per_square(net: UnitNet, theta: Tensor, x: Tensor) -> Tensor:
    """Return h_i = mean_ν ‖∂f(x_ν)/∂θ_i‖² / B, (p,)."""
    slopes = vmap(jacrev(lambda t, z: net.values(t, z[None])[0]), (None, 0))(theta, x)
    return slopes.square().sum(1).mean(0) / CLIP


def unit_powers(net: UnitNet, x: Tensor) -> Tensor:
    """Return φ_w² = mean_ν σ(wᵀx_ν)² / B for w from the prior, (draws,)."""
    w = PRIOR * torch.randn(POWERS, 2, generator=stream("powers"), dtype=x.dtype)
    value = UnitNet(inputs=2, activation=net.activation)
    v = torch.ones(POWERS, 1, 1, dtype=x.dtype)
    return value.values(value.join(v, w[:, None]), x).square().mean((1, 2)) / CLIP


def clipped(residual: Tensor) -> float:
    """Return the mean of min(1, ‖r‖²/B)."""
    return (residual.square().sum(1) / CLIP).clamp(max=1).mean().item()


def teacher(net: UnitNet) -> Tensor:
    """Return the three units that made the data."""
    v, w = (torch.tensor(t, dtype=torch.float64) for t in (V, W))
    return net.join(v[:, : net.outputs], w)


def augmented(x: Tensor) -> Tensor:
    """Return (x, 1) as (n, 2)."""
    return torch.stack([x, torch.ones_like(x)], 1)
