"""Haar and dyadic trees on jittered points: chosen by the data against a cut level, large n."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import stream
from ldyn.piecewise import (
    Target,
    disk,
    fit_dyadic_tree,
    haar_inverse,
    haar_threshold,
    haar_transform,
    step,
)
from ldyn.piecewise.dyadic import coarsen
from ldyn.piecewise.sampling import grid_values, sample_jittered

NOISE = 0.3
FACTORS = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2]
PRICES = [0.25, 0.5, 1.0]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One sample of n = 2^log_n jittered points in dimension `dim`."""

    dim: int
    log_n: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return the sweep: 2 seeds and small n for smoke, 60 and 20 for laptop, 200 and 100 for full.

    In dimension 1 the risk depends most on the place of the step.
    """
    seeds = {"smoke": {1: 2, 2: 2}, "laptop": {1: 60, 2: 20}, "full": {1: 200, 2: 100}}[scale]
    sizes = {1: range(6, 17), 2: range(6, 19, 2)}
    return [
        Cell(dim=dim, log_n=k, seed=s)
        for dim, ks in sizes.items()
        for k in (list(ks)[:2] if scale == "smoke" else ks)
        for s in range(seeds[dim])
    ]


def make_target(cell: Cell) -> Target:
    """Return a step or a disk at a random place, the same for all n of a seed."""
    u = torch.rand(2, generator=stream("haar", cell.dim, cell.seed), dtype=torch.float64).tolist()
    if cell.dim == 1:
        return step(0.25 + 0.5 * u[0])
    return disk((0.45 + 0.1 * u[0], 0.45 + 0.1 * u[1]))


def run(cell: Cell) -> dict[str, float]:
    """Return risks: universal threshold and price, their best factors, and best cut level."""
    target = make_target(cell)
    side, finer = 2 ** (cell.log_n // cell.dim), {1: 6, 2: 2}[cell.dim]
    means = grid_values(target, side * 2**finer)
    for _ in range(finer):
        means = coarsen(means) / 2**cell.dim
    inside = (means - means.square()).mean()  # of an indicator, what varies within the cells
    draw = stream("haar jitter", cell.dim, cell.log_n, cell.seed)
    data = sample_jittered(target, side, noise=NOISE, generator=draw)
    noisy = data.y.reshape(means.shape)

    def risk(fit: Tensor) -> float:
        return ((fit - means).square().mean() + inside).item()

    thresholded = {f: risk(haar_threshold(noisy, noise=NOISE, factor=f)) for f in FACTORS}
    coefficients = haar_transform(noisy)
    cuts = []
    for level in range(len(coefficients)):
        kept = [c if j <= level else torch.zeros_like(c) for j, c in enumerate(coefficients)]
        cuts.append(risk(haar_inverse(kept)))
    trees = {}
    for factor in PRICES:
        levels = cell.log_n // cell.dim
        fit = fit_dyadic_tree(data.x, data.y, noise=NOISE, factor=factor, depth=levels)
        trees[factor] = risk(fit(data.x).reshape(means.shape))
    return {
        "universal": thresholded[1.0],
        "oracle": min(thresholded.values()),
        "cut": min(cuts),
        "tree": trees[1.0],
        "tree oracle": min(trees.values()),
    }
