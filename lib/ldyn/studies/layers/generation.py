"""Digits and clothes made without training, judged against held-out ones and against copies."""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ldyn.core import stream
from ldyn.data import fashion_mnist, mnist
from ldyn.gans import frechet_distance, neighbour_scores
from ldyn.layers import LocalScoreModel, PictureFeatures, noise_levels, probability_flow
from ldyn.lowcost import FeatureRidge, FeatureRidgeClassifier
from ldyn.solvers import FourierFeatures, NystromFeatures

DTYPE, NEIGHBOURS, SHOWN, LARGEST = "float32", 3, 3, 4000
REAL = [("held out", 0.0), ("copies", 1.0), ("local", 0.0)]
SIMPLE = [("normal", 0.0), ("ridge", 0.0)]
DIAL = [("local", s) for s in (0.8, 0.97)]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """`made` pictures by a `method` from `train` ones a class: "held out" real ones; "copies", the
    flow of the posterior mean; "normal", N(x̄, C); "ridge", the flow of a kernel ridge denoiser;
    "local", windows with a `share` of energy, or calibrated where it is 0."""

    data: str
    train: int
    method: str
    share: float
    made: int


def cells(scale: str) -> list[Cell]:
    """Return 3 cells of 20 digits for smoke; 2,000 pictures from 1,000 a class, and 10,000 digits
    from 4,000, for laptop; 10,000 from 4,000 of all, and the dial, for full."""
    plan = {
        "smoke": [("mnist", 50, 20, REAL)],
        "laptop": [
            ("mnist", 1000, 2000, REAL + SIMPLE + DIAL),
            ("fashion", 1000, 2000, REAL),
            ("mnist", LARGEST, 10_000, REAL),
        ],
        "full": [(d, LARGEST, 10_000, REAL + SIMPLE + DIAL) for d in ("mnist", "fashion")],
    }[scale]
    return [
        Cell(data=d, train=n, method=m, share=s, made=k) for d, n, k, some in plan for m, s in some
    ]


@cache
def parts(data: str) -> tuple[list[Tensor], Tensor]:
    """Return the training pictures of each class, and the test pictures, in random order."""
    load: Callable[..., Any] = {"mnist": mnist, "fashion": fashion_mnist}[data]
    train, test = load(), load(train=False)
    order, other = (
        torch.randperm(len(part.images), generator=stream("generation", data))
        for part in (train, test)
    )
    images, labels = train.images[order], train.labels[order]
    return [images[labels == k] for k in labels.unique()], test.images[other]


@cache
def judge(data: str) -> tuple[Callable[[Tensor], Tensor], Tensor, FeatureRidgeClassifier]:
    """Return the features of pictures, (n, 28, 28) to (n, 40), those of the test pictures, and a
    classifier of features: `PictureFeatures` on their principal axes. All are fitted to 1,000
    training pictures a class, the axes to every fourth of these."""
    classes, test = parts(data)
    known = torch.cat([c[:1000] for c in classes])
    features = PictureFeatures().fit(known)
    some = features.transform(known[::4])
    mean = some.mean(0)
    centred = some - mean
    basis = centred.T @ torch.linalg.eigh(centred @ centred.T)[1][:, -40:]
    basis /= basis.norm(dim=0)
    each = lambda x: (features.transform(b) for b in x.split(500))  # noqa: E731
    seen = lambda x: torch.cat([(b - mean) @ basis for b in each(x)])  # noqa: E731
    labels = torch.cat([torch.full((len(c[:1000]),), k) for k, c in enumerate(classes)])
    classifier = FeatureRidgeClassifier(NystromFeatures(n_centres=1000)).fit(seen(known), labels)
    return seen, seen(test), classifier


def maker(cell: Cell, images: Tensor, seed: int) -> tuple[Callable[[int], Tensor], float]:
    """Return the function count → pictures (count, 28, 28) of bytes, and the share of its windows.

    Arguments: `images` all training pictures of one class, of which `train` are seen.
    """
    known = images[: cell.train]
    if cell.method == "held out":
        return lambda n: images[LARGEST : LARGEST + n], 0.0
    if cell.method in ("copies", "local"):
        model = LocalScoreModel(novelty=cell.share or "held-out", seed=seed).fit(known)
        return model.sample, model.share_
    flat = known.flatten(1).float() / 255
    mean, draw = flat.mean(0), stream("generation", cell.method, seed)
    bytes_ = lambda x: (255 * x.clamp(0, 1)).round().byte().unflatten(1, (28, 28))  # noqa: E731
    if cell.method == "normal":
        root = (flat - mean) / len(flat) ** 0.5
        return lambda n: bytes_(mean + torch.randn(n, len(flat), generator=draw) @ root), 0.0
    levels, models = noise_levels(12), {}
    basis = torch.linalg.eigh(torch.cov(flat.T.double()))[1][:, -60:].float()
    z = (flat - mean) @ basis
    for level in levels:
        noisy = z.repeat(4, 1) + level * torch.randn(4 * len(z), 60, generator=draw)
        models[level] = FeatureRidge(FourierFeatures(n_features=1024)).fit(noisy, z.repeat(4, 1))
    flow = lambda x: probability_flow(x, lambda y, s: models[s].predict(y), levels)  # noqa: E731
    start = lambda n: levels[0] * torch.randn(n, 60, generator=draw)  # noqa: E731
    return lambda n: bytes_(mean + flow(start(n)) @ basis.T), 0.0


def run(cell: Cell) -> dict[str, Any]:
    """Return Fréchet distance, precision, recall of features against as many test pictures;
    "classes", the share whose class is the one asked for; "ratio", the mean distance to the nearest
    training picture of the class over that of held-out ones, ± "error"; "tail", the share below
    half their median; CPU "seconds" a picture, and to "fit"; the mean share "used"; "sheet",
    some pictures and their neighbours, 4 bits a pixel, in base64."""
    classes, _ = parts(cell.data)
    sizes = torch.tensor([len(c) for c in classes])
    ends = (sizes.cumsum(0) / sizes.sum() * cell.made).round().long()
    counts = ends.diff(prepend=ends[:1] * 0)
    made, sheet, found, shares, clock = [], [], [], [], [0.0, 0.0]
    for k, (images, count) in enumerate(zip(classes, counts.tolist(), strict=True)):
        start = time.process_time()
        sample, share = maker(cell, images, k)
        middle = time.process_time()
        made.append(sample(count))
        clock = [clock[0] + middle - start, clock[1] + time.process_time() - middle]
        *distances, nearest = _distances(made[-1], images, cell.train)
        sheet += [made[-1][:SHOWN], images[nearest[:SHOWN]]]
        found.append(distances)
        shares.append(share)
    near, held, close = (torch.cat(each) for each in zip(*found, strict=True))
    seen, test, classifier = judge(cell.data)
    real, features = test[: cell.made], seen(torch.cat(made))
    ratio, labels = near / held.mean(), torch.arange(len(counts)).repeat_interleave(counts)
    scores = neighbour_scores(real, features, neighbours=NEIGHBOURS)
    nibbles = torch.cat(sheet).flatten() // 16
    packed = base64.b64encode((16 * nibbles[::2] + nibbles[1::2]).numpy().tobytes()).decode()
    return {
        "frechet": frechet_distance(real.double(), features.double()).item(),
        **{name: scores[name] for name in ("precision", "recall")},
        "classes": classifier.score(features, labels),
        "ratio": ratio.mean().item(),
        "error": (ratio.std() / cell.made**0.5).item(),
        "tail": close.double().mean().item(),
        "seconds": clock[1] / cell.made,
        "fit": clock[0],
        "used": sum(shares) / len(shares),
        "sheet": packed if (cell.method, cell.share) == ("local", 0) else "",
    }


def _distances(made: Tensor, images: Tensor, train: int) -> tuple[Tensor, ...]:
    """Return, for each picture made, its distance to the nearest training picture, the mean of that
    of held-out pictures, whether it is below half their median, and which one it is."""
    known, held, new = (
        x.flatten(1).float() / 255 for x in (images[:train], images[LARGEST:], made)
    )
    apart = lambda x: torch.cdist(x, known, compute_mode="donot_use_mm_for_euclid_dist")  # noqa: E731
    (near, nearest), other = apart(new).min(1), apart(held).amin(1)
    return near, other.mean().expand(len(near)), near < other.median() / 2, nearest
