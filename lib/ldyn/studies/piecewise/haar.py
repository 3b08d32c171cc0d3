"""Haar on regular grids: hard thresholds against a cut level, up to large n."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import stream
from ldyn.piecewise import Target, disk, haar_inverse, haar_threshold, haar_transform, step
from ldyn.piecewise.dyadic import refine
from ldyn.piecewise.sampling import grid_values

NOISE = 0.3
FACTORS = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One noisy grid of n = 2^log_n values in dimension `dim`."""

    dim: int
    log_n: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return the sweep: 2 seeds and small grids for smoke, 20 seeds for laptop, 100 for full."""
    seeds = {"smoke": 2, "laptop": 20, "full": 100}[scale]
    sizes = {1: range(6, 17), 2: range(6, 19, 2)}
    return [
        Cell(dim=dim, log_n=k, seed=s)
        for dim, ks in sizes.items()
        for k in (list(ks)[:2] if scale == "smoke" else ks)
        for s in range(seeds)
    ]


def make_target(cell: Cell) -> Target:
    """Return a step or a disk at a random place, the same for all n of a seed."""
    u = torch.rand(2, generator=stream("haar", cell.dim, cell.seed), dtype=torch.float64).tolist()
    if cell.dim == 1:
        return step(0.25 + 0.5 * u[0])
    return disk((0.45 + 0.1 * u[0], 0.45 + 0.1 * u[1]))


def run(cell: Cell) -> dict[str, float]:
    """Return risks: universal threshold, best factor of it, and best cut level (oracle)."""
    target = make_target(cell)
    side = 2 ** (cell.log_n // cell.dim)
    finer = 64 if cell.dim == 1 else 4
    truth = grid_values(target, side * finer)
    clean = grid_values(target, side)
    draw = stream("haar noise", cell.dim, cell.log_n, cell.seed)
    noisy = clean + NOISE * torch.randn(clean.shape, generator=draw, dtype=torch.float64)

    def risk(fit: Tensor) -> float:
        fine = fit
        while fine.shape[0] < truth.shape[0]:
            fine = refine(fine)
        return (fine - truth).square().mean().item()

    thresholded = {f: risk(haar_threshold(noisy, noise=NOISE, factor=f)) for f in FACTORS}
    coefficients = haar_transform(noisy)
    cuts = []
    for level in range(len(coefficients)):
        kept = [c if j <= level else torch.zeros_like(c) for j, c in enumerate(coefficients)]
        cuts.append(risk(haar_inverse(kept)))
    return {"universal": thresholded[1.0], "oracle": min(thresholded.values()), "cut": min(cuts)}
