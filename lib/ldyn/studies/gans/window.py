"""Which generator steps work: five critics, two data sets, step sizes by half decades."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ldyn.core import default_device
from ldyn.gans import GANTraining, grid, ring, train_gans

ARMS: dict[str, dict[str, Any]] = {
    "none": {},
    "penalty": {"penalty": 0.25},
    "norm": {"spectral": True},
    "both": {"spectral": True, "penalty": 0.25},
    "smooth": {"spectral": True, "penalty": 0.25, "activation": "elu"},
}
DATA: dict[str, Callable[[int, torch.Generator], Tensor]] = {
    "ring": lambda count, draw: ring(count, generator=draw),
    "grid": lambda count, draw: grid(count, generator=draw),
}
BATCH, LAST, DTYPE = 32, 5, "float32"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One GAN with the generator step 10^`exponent`, trained for `steps` steps of it."""

    loss: str
    arm: str
    data: str
    exponent: float
    steps: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return 2 step sizes and 2 seeds for smoke, 10 and 8 for laptop, 10 and 64 for full."""
    seeds = {"smoke": 2, "laptop": 8, "full": 64}[scale]
    exponents = (-1.0, 0.0) if scale == "smoke" else [k / 2 for k in range(-6, 4)]
    games = [("wasserstein", arm, data) for data in ("ring", "grid") for arm in ARMS]
    games += [("non-saturating", arm, "ring") for arm in ("none", "penalty")]
    return [
        Cell(loss=loss, arm=arm, data=data, exponent=exponent, steps=steps, seed=seed)
        for steps in ({"smoke": 20, "laptop": 2000, "full": 10000}[scale],)
        for loss, arm, data in games
        for exponent in exponents
        for seed in range(seeds)
    ]


def group(cell: Cell) -> tuple[str, str, str, int]:
    """Return what the members of a stack share; stacks are of eight seeds."""
    return (cell.loss, cell.arm, cell.data, cell.seed // 8)


def run_group(group: list[Cell]) -> list[dict[str, float | bool | None]]:
    """Return the largest and the mean sliced W₂² at the last five of ten looks, whether a
    parameter is not finite, and the critic's value and gap; None for what is not finite."""
    first = group[0]
    fit = train_gans(
        DATA[first.data],
        torch.tensor([10**c.exponent for c in group], device=default_device()),
        seeds=[c.seed for c in group],
        training=GANTraining(loss=first.loss, steps=first.steps, batch=BATCH, **ARMS[first.arm]),
    )
    last = fit.distance[-LAST:]
    found = {"worst": last.amax(0), "mean": last.mean(0), "value": fit.value, "gap": fit.gap}
    rows = zip(*(map(_finite, v.tolist()) for v in found.values()), strict=True)
    return [
        dict(zip(found, row, strict=True)) | {"diverged": d}
        for row, d in zip(rows, fit.diverged.tolist(), strict=True)
    ]


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None
