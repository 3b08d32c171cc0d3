"""The exact least-squares network: boundaries of chosen roughness, fitted without any descent."""

from dataclasses import dataclass

import torch

from ldyn.core import stream
from ldyn.piecewise import fragment, rough_boundary, sample
from ldyn.piecewise.dynamic import fit_boundary

NOISE = 0.5
ALPHAS = [0.5, 1.0, 1.5, 2.0]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A random boundary of roughness `alpha`; K = constant · n^(1/(α+1)) pieces."""

    alpha: float
    constant: float
    n: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return the sweep: 1 seed and two sizes for smoke, 16 seeds for laptop, 100 for full."""
    seeds = {"smoke": 1, "laptop": 16, "full": 100}[scale]
    sizes = [2**k for k in (range(7, 9) if scale == "smoke" else range(7, 14))]
    return [
        Cell(alpha=a, constant=c, n=n, seed=s)
        for a in ALPHAS
        for n in sizes
        for c in (0.6, 1.0)
        for s in range(seeds)
    ]


def run(cell: Cell) -> dict[str, float]:
    """Return the risk, which is the area between the true boundary and the fitted one."""
    place = stream("rough", cell.alpha, cell.seed)
    boundary = rough_boundary(cell.alpha, generator=place)
    draw = stream("exact", cell.alpha, cell.n, cell.seed)
    data = sample(fragment(boundary, 2), cell.n, noise=NOISE, generator=draw)
    pieces = max(1, round(cell.constant * cell.n ** (1 / (cell.alpha + 1))))
    # The height grid refines as fast as the rate, so that it adds a share of it and no floor.
    levels = 8 + round(cell.n ** (cell.alpha / (cell.alpha + 1)))
    fit = fit_boundary(data.x, data.y, pieces=pieces, levels=levels)
    u = (torch.arange(2**14, dtype=torch.float64) + 0.5) / 2**14
    area = (fit.height(u) - boundary(u[:, None])).abs().mean().item()
    return {"risk": area, "train": fit.loss / cell.n}
