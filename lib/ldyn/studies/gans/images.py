"""Small GANs on digits and clothes: eight games, four rates, judged on pictures kept apart."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from torch import Tensor
from torch.nn import functional

from ldyn.core import default_device, require_choice, require_points, stream
from ldyn.data import fashion_mnist
from ldyn.gans import (
    GANsFit,
    GANTraining,
    frechet_distance,
    neighbour_scores,
    train_gans,
)
from ldyn.studies.gans.window import ARMS

NEIGHBOURS, SHARE = 5, 0.01
PICTURES = ("digits", "fashion")
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


@dataclass(frozen=True, kw_only=True)
class PictureParts:
    """Pictures (n, side²), −1 for paper and 1 for ink, in parts that share none.

    Fields: `train` what GANs and classifier learn from, with `labels` (n,); `choose` what settings
    are chosen by; `test` what is reported; `side` their height and width.
    """

    train: Tensor
    labels: Tensor
    choose: Tensor
    test: Tensor
    side: int


def picture_parts(name: str) -> PictureParts:
    """Return scikit-learn's digits, 8×8: 997 | 400 | 400; or Fashion-MNIST averaged to 14×14:
    10,000 of its training pictures | 2,000 | 2,000 of its test pictures.

    Raises: ValueError for another name; DataError where Fashion-MNIST cannot be had.
    Source: xiao2017, page-gan-images.
    """
    require_choice(name, PICTURES, "name")
    if name == "digits":
        images, labels = (torch.from_numpy(a) for a in load_digits(return_X_y=True))
        order = torch.randperm(len(images), generator=stream("digits"))
        parts = (images[part].float() / 8 - 1 for part in order.split([997, 400, 400]))
        fields = dict(zip(("train", "choose", "test"), parts, strict=True))
        return PictureParts(labels=labels[order[:997]], side=8, **fields)
    learned, held = fashion_mnist(), fashion_mnist(train=False)
    small = lambda t: functional.avg_pool2d(t.float(), 2).flatten(1) / 127.5 - 1  # noqa: E731
    return PictureParts(
        train=small(learned.images[:10_000]),
        labels=learned.labels[:10_000],
        choose=small(held.images[:2000]),
        test=small(held.images[2000:4000]),
        side=14,
    )


@dataclass(frozen=True, kw_only=True)
class Eyes:
    """A small classifier, trained once: `layers` [(A, b), …], ReLU between them."""

    layers: list[tuple[Tensor, Tensor]]

    def features(self, x: Tensor) -> Tensor:
        """Return the values of the last hidden layer, (n, 32)."""
        for a, b in self.layers[:-1]:
            x = torch.relu(x @ a.to(x) + b.to(x))
        return x

    def classes(self, x: Tensor) -> Tensor:
        """Return the most likely class of each picture, (n,)."""
        a, b = self.layers[-1]
        return (self.features(x) @ a.to(x) + b.to(x)).argmax(1)


def train_eyes(images: Tensor, labels: Tensor) -> Eyes:
    """Return scikit-learn's classifier with hidden layers of 128 and 32 units, fitted.

    A tenth of the pictures is held out to stop by; the seed is fixed.

    Arguments: `images` (n, d); `labels` (n,). Raises: ValueError for bad pictures.
    Source: heusel2017, def-picture-scores.
    """
    require_points(images, name="images")
    if labels.shape != images.shape[:1]:
        raise ValueError(
            f"expected one label a picture, got {tuple(labels.shape)} for {tuple(images.shape)}; "
            "try labels[: len(images)]"
        )
    fitted = MLPClassifier((128, 32), early_stopping=True, random_state=0)
    fitted.fit(images.cpu().numpy(), labels.cpu().numpy())
    pairs = zip(fitted.coefs_, fitted.intercepts_, strict=True)
    return Eyes(layers=[(torch.from_numpy(a), torch.from_numpy(b)) for a, b in pairs])


def nearest(x: Tensor, among: Tensor) -> tuple[Tensor, Tensor]:
    """Return the distance (n,) from each picture to the nearest of `among` (m, d), and its index.

    Raises: ValueError for bad pictures. Source: page-gan-images.
    """
    require_points(x)
    require_points(among, name="among", dim=x.shape[1])
    return torch.cdist(x, among, compute_mode="donot_use_mm_for_euclid_dist").min(1)


def picture_scores(fake: Tensor, real: Tensor, train: Tensor, eyes: Eyes) -> dict[str, float]:
    """Return how far generated pictures are from held-out ones.

    "frechet" of the features; "precision" and "recall" of the features, five neighbours; "classes"
    with at least 1 % of the pictures; "nearest" the median distance to a training picture.

    Arguments: `fake` (n, d), `real` (m, d) held out, `train` (l, d).
    Raises: ValueError for bad pictures.
    Source: heusel2017, def-picture-scores.
    """
    a, b = (eyes.features(x.double()) for x in (real, fake))
    shares = torch.bincount(eyes.classes(fake.double()), minlength=10) / len(fake)
    scores = neighbour_scores(a, b, neighbours=NEIGHBOURS)
    return {
        "frechet": frechet_distance(a, b).item(),
        **{name: scores[name] for name in ("precision", "recall")},
        "classes": int((shares >= SHARE).sum()),
        "nearest": nearest(fake, train)[0].median().item(),
    }


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
