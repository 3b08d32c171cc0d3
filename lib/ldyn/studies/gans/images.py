"""Small GANs on digits and clothes: eight games, four rates, judged on pictures kept apart."""

import base64
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ldyn.core import default_device
from ldyn.gans import (
    PICTURES,
    Eyes,
    GANTraining,
    PictureParts,
    frechet_distance,
    nearest,
    picture_parts,
    picture_scores,
    train_eyes,
    train_gans,
)
from ldyn.studies.gans.window import ARMS

LATE, SHOWN, DTYPE = 3, 6, "float32"
WEIGHTS = {"digits": 2.34, "fashion": 7.15}  # γ = d²/8, d² the variance of the training pictures
MODERN: dict[str, dict[str, Any]] = {
    "classify": {"loss": "non-saturating"},
    "classify+R1": {"loss": "non-saturating", "penalty": 0.5, "penalty_at": "real"},
    "pairs+R1+R2": {"loss": "relativistic", "penalty": 1.0},
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One GAN of the game `arm` whose generator has Adam with the rate 10^`exponent`."""

    data: str
    arm: str
    exponent: float
    steps: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return one rate and seed for smoke, 4 and 3 for laptop, 5 and 8 for full."""
    seeds = {"smoke": 1, "laptop": 3, "full": 8}[scale]
    exponents = {"smoke": (-3.0,), "laptop": (-3.5, -3.0, -2.5, -2.0)}.get(
        scale, (-4.0, -3.5, -3.0, -2.5, -2.0)
    )
    return [
        Cell(data=data, arm=arm, exponent=exponent, steps=steps, seed=seed)
        for steps in ({"smoke": 10, "laptop": 2000, "full": 20_000}[scale],)
        for data in (("digits",) if scale == "smoke" else PICTURES)
        for arm in (*ARMS, *MODERN)
        for exponent in exponents
        for seed in range(seeds)
    ]


def group(cell: Cell) -> tuple[str, str]:
    """Return what the members of a stack share."""
    return (cell.data, cell.arm)


def choices(data: str, arm: str) -> dict[str, Any]:
    """Return the fields of `GANTraining` of one game, with the weight γ of `data` where modern."""
    if arm in ARMS:
        return ARMS[arm]
    fields = dict(MODERN[arm])
    if "penalty" in fields:
        fields["penalty"] *= WEIGHTS[data]
    return fields


@cache
def _judges(data: str) -> tuple[PictureParts, Eyes]:
    parts = picture_parts(data)
    return parts, train_eyes(parts.train, parts.labels)


def run_group(group: list[Cell]) -> list[dict[str, Any]]:
    """Return "choose", the mean Fréchet distance to the part for choosing at the last three of ten
    looks; the scores on the test part; pictures and their neighbours, in base64, for one seed."""
    first, device = group[0], default_device()
    parts, eyes = _judges(first.data)
    features = eyes.features(parts.choose.double())
    train, size = parts.train.to(device), len(parts.train)
    fit = train_gans(
        lambda count, draw: train[torch.randint(size, (count,), generator=draw).to(device)],
        torch.tensor([10**c.exponent for c in group], device=device),
        seeds=[c.seed for c in group],
        training=GANTraining(
            width=96,
            latent=16,
            batch=32,
            steps=first.steps,
            critic_steps=2,
            settle=0,
            optimiser="adam",
            **choices(first.data, first.arm),
        ),
        judge=lambda _, fake: _frechet(features, eyes, fake.cpu()),
    )
    late, made = fit.distance[-LATE:].mean(0), fit.sample(len(parts.test), "images").cpu()
    return [
        _row(late[j].item(), made[j], parts, eyes, shown=c.seed == 0) for j, c in enumerate(group)
    ]


def _frechet(features: Tensor, eyes: Eyes, fake: Tensor) -> Tensor:
    found = [
        frechet_distance(features, eyes.features(f.double())) if f.isfinite().all() else torch.inf
        for f in fake
    ]
    return torch.tensor([float(d) for d in found])


def _row(late: float, made: Tensor, parts: PictureParts, eyes: Eyes, *, shown: bool) -> Any:
    names = ("frechet", "precision", "recall", "classes", "nearest")
    row: dict[str, Any] = {"choose": None, **dict.fromkeys(names), "made": None, "close": None}
    if late < float("inf") and made.isfinite().all():
        row |= {"choose": late, **picture_scores(made, parts.test, parts.train, eyes)}
        if shown:
            close = parts.train[nearest(made[:SHOWN], parts.train)[1]]
            row |= {"made": _packed(made[:SHOWN]), "close": _packed(close)}
    return row


def _packed(pictures: Tensor) -> str:
    grey = ((pictures.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return base64.b64encode(grey.numpy().tobytes()).decode()
