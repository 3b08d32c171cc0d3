"""One least-squares fit on three designs: what a regular grid hides, and random points do not."""

from dataclasses import dataclass

import torch

from ldyn.core import stream
from ldyn.piecewise import half_space, sample
from ldyn.piecewise.adaptive import fit_one_split
from ldyn.piecewise.sampling import sample_jittered

NOISE = 0.3
DESIGNS = ["grid", "jittered", "random"]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One sample of n = 2^log_n responses to a half-space {x_D ≥ t}, on a `design`."""

    dim: int
    design: str
    log_n: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return the sweep: 2 seeds and small n for smoke, 60 seeds for laptop, 200 for full."""
    seeds = {"smoke": 2, "laptop": 60, "full": 200}[scale]
    sizes = {2: range(8, 19, 2), 3: range(9, 19, 3)}
    return [
        Cell(dim=dim, design=design, log_n=k, seed=s)
        for dim, ks in sizes.items()
        for design in DESIGNS
        for k in (list(ks)[:2] if scale == "smoke" else ks)
        for s in range(seeds)
    ]


def run(cell: Cell) -> dict[str, float]:
    """Return the risk of least squares over a + (b − a) 1{x_D ≥ t}, integrated exactly."""
    n, side = 2**cell.log_n, 2 ** (cell.log_n // cell.dim)
    draw = stream("designs", cell.dim, cell.design, cell.log_n, cell.seed)
    t = 0.3 + 0.4 * torch.rand(1, generator=draw, dtype=torch.float64).item()
    target = half_space((*[0.0] * (cell.dim - 1), 1.0), t)
    if cell.design == "random":
        data = sample(target, n, noise=NOISE, generator=draw)
    else:
        data = sample_jittered(target, side, noise=NOISE, generator=draw)
    height, y = data.x[:, -1], data.y
    if cell.design == "grid":  # the same noise at the centres of the cells
        height = ((height * side).floor() + 0.5) / side
        y = y - target(data.x) + (height >= t).double()
    fit = fit_one_split(height[:, None], y)
    low, high = fit(torch.tensor([[0.0], [1.0]], dtype=torch.float64)).tolist()
    steps = height.unique()
    at = int((fit(steps[:, None]) == low).sum())
    cut = (steps[at - 1 : at + 1].mean()).item()
    between = low - 1 if cut > t else high
    return {"risk": min(cut, t) * low**2 + abs(cut - t) * between**2
            + (1 - max(cut, t)) * (high - 1) ** 2}  # fmt: skip
