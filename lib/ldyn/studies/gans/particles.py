"""Particles on a ring of clusters: the measured constant along a descent, against the theorem's."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import default_device, stream
from ldyn.gans import gaussian_mmd_smoothness, mmd_hessian, particle_descent, ring
from ldyn.kernels import Gaussian, half_squared_mmd, mmd_gradient

BANDWIDTH, DATA, STEPS, LOOKS = 1.0, 96, 400, 40


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One descent of `particles` with the step `factor`/L from a `start` of one kind."""

    particles: int
    start: str
    factor: float
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return the sweep: 1 seed and two sizes for smoke, 8 seeds for laptop, 64 for full."""
    seeds = {"smoke": 1, "laptop": 8, "full": 64}[scale]
    return [
        Cell(particles=n, start=start, factor=factor, seed=seed)
        for n in ((1, 8) if scale == "smoke" else (1, 2, 8, 40))
        for start in ("blob", "wide", "clusters")
        for factor in (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
        for seed in range(seeds)
    ]


def run(cell: Cell) -> dict[str, float | bool]:
    """Return the largest ratio N‖∇²G‖/(β₁ + β₂) seen, whether G fell at each step, and its ends."""
    data = ring(DATA, generator=stream("particles", "data", cell.seed)).to(default_device())
    loss = gaussian_mmd_smoothness(BANDWIDTH)
    path = particle_descent(
        lambda x: mmd_gradient(x, data, bandwidth=BANDWIDTH),
        start(cell).to(data),
        step=cell.factor * loss.particle_step(),
        steps=STEPS,
        looks=STEPS,
    )
    kernel = Gaussian(BANDWIDTH)
    heights = torch.stack([half_squared_mmd(x, data, kernel=kernel) for x in path.points])
    bends = [mmd_hessian(x, data, bandwidth=BANDWIDTH) for x in path.points[:: STEPS // LOOKS]]
    largest = max(torch.linalg.eigvalsh(h).abs().max().item() for h in bends)
    return {
        "ratio": largest / loss.descent_constant(speed=cell.particles**-0.5),
        "falls": bool((heights.diff() <= 1e-12 * heights[:-1]).all()),
        "first": heights[0].item(),
        "last": heights[-1].item(),
    }


def start(cell: Cell) -> Tensor:
    """Return the particles (n, 2): in the middle, far and wide, or beyond the clusters."""
    draw = stream("particles", cell.start, cell.particles, cell.seed)
    noise = torch.randn(cell.particles, 2, generator=draw, dtype=torch.float64)
    if cell.start == "clusters":
        return ring(cell.particles, radius=2 + 3**0.5, spread=0.01, generator=draw)
    return noise * {"blob": 0.1, "wide": 3.0}[cell.start]
