"""Bandwidth and ridge chosen on random rows, or on patches of the density of the whole table."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ldyn.core import stream
from ldyn.kernels import Gaussian
from ldyn.solvers import KernelRidge
from ldyn.solvers.choice import PATCH, PATCHES, descend, nearest, some
from ldyn.solvers.gram import KERNELS


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A target, "edge" or "smooth", the rows, what the choice looks at, and a seed."""

    target: str
    rows: int
    judged: str
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return one seed of 2,000 rows for smoke, 6 for laptop and 20 for full, with up to 32,000 rows
    where the truth jumps."""
    seeds = {"smoke": 1, "laptop": 6, "full": 20}[scale]
    sizes = {"edge": (2000, 8000, 32_000), "smooth": (8000,)}
    return [
        Cell(target=target, rows=rows, judged=judged, seed=seed)
        for target, all_sizes in sizes.items()
        for rows in (all_sizes if scale != "smoke" else (2000,))
        for judged in ("random", "patches")
        for seed in range(seeds)
    ]


def sample(target: str, rows: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return x, y (rows, 1): a disc of height 2 on a wave, d = 2, or a random smooth function of
    bandwidth 2, d = 5; noise .1."""
    draw, F64 = stream("density", target, seed), torch.float64
    noise = 0.1 * torch.randn(rows, 1, generator=draw, dtype=F64)
    if target == "edge":
        x = torch.rand(rows, 2, generator=draw, dtype=F64)
        disc = (x - 0.5).norm(dim=1, keepdim=True) < 0.3
        return x, (6 * x[:, :1]).sin() + 2 * disc + noise
    w = Gaussian(2.0).frequencies(torch.rand(500, 6, generator=draw, dtype=F64))
    a, b = torch.randn(2, 500, 1, generator=draw, dtype=F64) / 500**0.5
    x = torch.randn(rows, 5, generator=draw, dtype=F64)
    return x, (x @ w.T).cos() @ a + (x @ w.T).sin() @ b + noise


def run(cell: Cell) -> dict[str, Any]:
    """Return bandwidth and ridge chosen for Matérn 3/2, as `choose` does on either kind of rows,
    and the mean squared error on 2,000 test rows of the fit in cells to all others."""
    x, y = sample(cell.target, cell.rows + 2000, cell.seed)
    x, y, at, truth = x[2000:], y[2000:], x[:2000], y[:2000]
    z, centred = x / x.std(0, correction=0), y - y.mean()
    draw = stream("density", cell.judged, cell.seed)
    rows = some(z, draw) if cell.judged == "random" else nearest(z, PATCHES, PATCH, draw)
    parts = (
        z[rows],
        centred[rows] - centred[rows].mean(1, keepdim=True),
        torch.ones(rows.shape).to(z),
    )
    start = z.new_tensor([0.8, 0.03]).log()
    ends = z.new_tensor([0.01, 1e-3]).log(), z.new_tensor([30.0, 30.0]).log()
    bandwidth, ridge = descend(parts, start, KERNELS["matern32"], *ends).exp().tolist()
    widths = (bandwidth * x.std(0, correction=0)).tolist()
    model = KernelRidge("matern32", bandwidth=widths, penalty=ridge, solver="cells").fit(x, y)
    test = float((model.predict(at) - truth).square().mean())
    return {"bandwidth": bandwidth, "ridge": ridge, "test": test, "loo": model.record_.loo}
