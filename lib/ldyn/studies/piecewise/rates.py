"""Risk against n for the fixed and the adaptive bases: a step, a disk, a ball, a smooth control."""

from dataclasses import dataclass

import torch

from ldyn.core import stream
from ldyn.piecewise import Target, ball, disk, sample, smooth_control, step
from ldyn.piecewise.adaptive import fit_one_split
from ldyn.piecewise.sampling import quadrature_points
from ldyn.piecewise.tuning import METHODS, oracle_and_validated

NOISE = 0.3
SIZES = {
    "step": [2**k for k in range(6, 12)],
    "disk": [2**k for k in range(7, 12)],
    "ball": [2**k for k in range(8, 13)],
    "smooth": [2**k for k in range(7, 12)],
}
# Where a fit is cheap, two more sizes.
FURTHER = {("disk", "neighbours"), ("disk", "haar cut")}
# In dimension 3 the largest n is for one kernel alone: its eigenproblems fill the budget.
SKIP = {"ball": {"ridge Gaussian", "tree"}}
# Slopes are held against theory on the first two; the last two show what they show with fewer.
SEEDS = {"step": 24, "disk": 24, "ball": 12, "smooth": 12}
# On a step these depend most on where it lies, and cost next to nothing.
MORE_SEEDS = {("step", "haar cut"): 60, ("step", "one split"): 60}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One sample: a target, a method with its whole grid, a size, a seed."""

    target: str
    method: str
    n: int
    seed: int


def make_target(name: str, seed: int) -> Target:
    """Return the target `name` in general position, moved a little by `seed`."""
    u = torch.rand(3, generator=stream("place", name, seed), dtype=torch.float64).tolist()
    if name == "step":
        return step(0.25 + 0.5 * u[0])
    if name == "disk":
        return disk((0.45 + 0.1 * u[0], 0.45 + 0.1 * u[1]))
    if name == "ball":
        return ball((0.45 + 0.1 * u[0], 0.45 + 0.1 * u[1], 0.45 + 0.1 * u[2]))
    return smooth_control(2)


def cells(scale: str) -> list[Cell]:
    """Return the sweep: 2 seeds and small n for smoke, SEEDS for laptop, twice as many for full."""
    found = []
    for target, sizes in SIZES.items():
        for method in [*METHODS, "one split"]:
            if (method in ("spline", "one split")) and target != "step":
                continue
            if method in SKIP.get(target, set()):
                continue
            seeds = MORE_SEEDS.get((target, method), SEEDS[target])
            count = {"smoke": 2, "laptop": seeds, "full": 2 * seeds}[scale]
            further = [4096, 8192] if (target, method) in FURTHER else []
            for n in sizes[:2] if scale == "smoke" else sizes + further:
                found += [Cell(target=target, method=method, n=n, seed=s) for s in range(count)]
    return found


def run(cell: Cell) -> dict[str, float | str]:
    """Return the risk at the oracle's and at the data's choice, and the oracle's label."""
    target = make_target(cell.target, cell.seed)
    draw = stream("rates", cell.target, cell.n, cell.seed)
    data = sample(target, cell.n, noise=NOISE, generator=draw)
    points = 2**14 if target.dim == 1 else 2**13
    z = quadrature_points(target.dim, points, draw)
    truth = target(z)
    if cell.method == "one split":
        risk = (fit_one_split(data.x, data.y)(z) - truth).square().mean().item()
        return {"oracle": risk, "validated": risk, "label": ""}
    oracle, chosen = oracle_and_validated(cell.method, data.x, data.y, z, truth, noise=NOISE)
    return {"oracle": oracle.risk, "validated": chosen.risk, "label": oracle.label}
