"""The weight of R1 and R2 around γ = d²/8: a ring, a ring four times as large, digits."""

from dataclasses import dataclass
from typing import Any

import torch

from ldyn.core import default_device
from ldyn.gans import GANTraining, ring, sliced_distance, train_gans
from ldyn.studies.gans.images import gamma, picture_judges, train_pictures

SCALES, RING_VARIANCE = {"ring": 1.0, "wide": 4.0}, 4.02  # radius² + 2 · spread²
PLANE = [k / 2 for k in range(-5, 4)]
FACTORS, LAST, DTYPE = (0.01, 0.1, 1.0, 10.0, 100.0), 5, "float32"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One relativistic GAN with the weight `factor` · d²/8 and the rate 10^`exponent`."""

    data: str
    factor: float
    exponent: float
    steps: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return two weights and one rate for smoke; five, nine (four on digits) and 4 seeds (2)."""
    small = scale == "smoke"
    seeds = {"smoke": (1, 0), "laptop": (4, 2), "full": (32, 8)}[scale]
    rates = ((-1.0,), ()) if small else (PLANE, (-3.5, -3.0, -2.5, -2.0))
    steps = {"smoke": 10, "laptop": 2000, "full": 10_000}[scale]
    return [
        Cell(data=data, factor=factor, exponent=exponent, steps=steps, seed=seed)
        for data, kind in (("ring", 0), ("wide", 0), ("digits", 1))
        for factor in (FACTORS[1:3] if small else FACTORS)
        for exponent in rates[kind]
        for seed in range(seeds[kind])
    ]


def group(cell: Cell) -> tuple[str, float]:
    """Return what the members of a stack share."""
    return (cell.data, cell.factor)


def run_group(group: list[Cell]) -> list[dict[str, Any]]:
    """Return "error", the mean distance at the last five of ten looks, None where not finite: in
    the plane sliced W₂² for a ring of radius 2, on digits Fréchet's to the part for choosing."""
    first = group[0]
    rates = torch.tensor([10**c.exponent for c in group], device=default_device())
    seeds = [c.seed for c in group]
    if first.data == "digits":
        weight = first.factor * gamma(picture_judges("digits")[0])
        fit = train_pictures(
            "digits", rates, seeds=seeds, steps=first.steps, loss="relativistic", penalty=weight
        )
    else:
        scale = SCALES[first.data]
        game = GANTraining(
            loss="relativistic",
            penalty=first.factor * scale**2 * RING_VARIANCE / 8,
            batch=32,
            steps=first.steps,
            settle=0,
        )
        fit = train_gans(
            lambda count, draw: scale * ring(count, generator=draw),
            rates,
            seeds=seeds,
            training=game,
            judge=lambda real, fake: sliced_distance(real / scale, fake / scale),
        )
    late = fit.distance[-LAST:].mean(0).tolist()
    return [{"error": value if value < float("inf") else None} for value in late]
