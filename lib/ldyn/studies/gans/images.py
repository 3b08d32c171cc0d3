"""Small GANs on digits and clothes: eight games, four rates, judged on pictures kept apart."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ldyn.core import default_device
from ldyn.gans import (
    PICTURES,
    Eyes,
    GANsFit,
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
# penalties in units of γ = d²/8: R1 is γ/2 at real points, R1 + R2 is γ/2 at points of either kind
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
    """Return one rate and seed for smoke, 4 and 3 for laptop, 5 and 8 for full; and real pictures,
    the part for choosing in the place of generated ones."""
    seeds = {"smoke": 1, "laptop": 3, "full": 8}[scale]
    exponents = {"smoke": (-3.0,), "laptop": (-3.5, -3.0, -2.5, -2.0)}.get(
        scale, (-4.0, -3.5, -3.0, -2.5, -2.0)
    )
    datasets = ("digits",) if scale == "smoke" else PICTURES
    real = [Cell(data=data, arm="real", exponent=0.0, steps=0, seed=0) for data in datasets]
    return real + [
        Cell(data=data, arm=arm, exponent=exponent, steps=steps, seed=seed)
        for steps in ({"smoke": 10, "laptop": 2000, "full": 20_000}[scale],)
        for data in datasets
        for arm in (*ARMS, *MODERN)
        for exponent in exponents
        for seed in range(seeds)
    ]


def group(cell: Cell) -> tuple[str, str]:
    """Return what the members of a stack share."""
    return (cell.data, cell.arm)


@cache
def picture_judges(data: str) -> tuple[PictureParts, Eyes]:
    """Return the parts of `data` and the classifier that judges on them."""
    parts = picture_parts(data)
    return parts, train_eyes(parts.train, parts.labels)


def gamma(parts: PictureParts) -> float:
    """Return γ = d²/8, d² the variance of the training pictures. Source: eq-gamma-rule."""
    return parts.train.var(0).sum().item() / 8


def train_pictures(
    data: str, rates: Tensor, *, seeds: Sequence[int], steps: int, **game: Any
) -> GANsFit:
    """Return GANs of one game (fields of `GANTraining`) on `data`, judged on its part for choosing:
    two hidden layers of 96 units, 16 dimensions of noise, two critic steps for one of Adam."""
    parts, eyes = picture_judges(data)
    train, size = parts.train.to(rates), len(parts.train)
    features = eyes.features(parts.choose.double())

    def sample(count: int, draw: torch.Generator) -> Tensor:
        return train[torch.randint(size, (count,), generator=draw).to(train.device)]

    def judge(real: Tensor, fake: Tensor) -> Tensor:
        worst = torch.full((len(fake),), torch.inf, dtype=torch.float64)
        for j, made in enumerate(fake.double().cpu()):
            if made.isfinite().all():
                worst[j] = frechet_distance(features, eyes.features(made))
        return worst

    fixed = {"width": 96, "latent": 16, "batch": 32, "critic_steps": 2, "optimiser": "adam"}
    training = GANTraining(**{**fixed, "steps": steps, "settle": 0, **game})
    return train_gans(sample, rates, seeds=seeds, training=training, judge=judge)


def run_group(group: list[Cell]) -> list[dict[str, Any]]:
    """Return "choose", the mean Fréchet distance to the part for choosing at the last three of ten
    looks; the scores on the test part; pictures and their neighbours, in base64, for one seed."""
    first = group[0]
    parts, eyes = picture_judges(first.data)
    if first.arm == "real":
        pair = (eyes.features(x.double()) for x in (parts.choose, parts.train[:1000]))
        return [_row(frechet_distance(*pair).item(), parts.choose, parts, eyes, shown=True)]
    game = {**ARMS, **MODERN}[first.arm]
    if first.arm in MODERN and "penalty" in game:
        game = game | {"penalty": game["penalty"] * gamma(parts)}
    rates = torch.tensor([10**c.exponent for c in group], device=default_device())
    seeds = [c.seed for c in group]
    fit = train_pictures(first.data, rates, seeds=seeds, steps=first.steps, **game)
    late, made = fit.distance[-LATE:].mean(0), fit.sample(len(parts.test), "images").cpu()
    return [
        _row(late[j].item(), made[j], parts, eyes, shown=c.seed == 0) for j, c in enumerate(group)
    ]


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
