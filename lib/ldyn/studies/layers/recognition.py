"""Pictures recognised: one configuration on three sets, from a hundred pictures to all."""

import resource
import sys
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from ldyn.core import stream
from ldyn.data import cifar10, fashion_mnist, mnist
from ldyn.layers import PictureClassifier, PictureFeatures
from ldyn.solvers import KernelClassifier

SETS = {"MNIST": mnist, "Fashion-MNIST": fashion_mnist, "CIFAR-10": cifar10}
SIZES = {"MNIST": 60_000, "Fashion-MNIST": 60_000, "CIFAR-10": 50_000}  # training pictures
FEW = 2000  # test pictures that judge fits to less than all training pictures
WIDTHS, BATCH, STEPS = (24, 48, 96), 64, {100: 200, 1000: 400, 10_000: 2000}
PAIRED = {("MNIST", 1000): 6, ("Fashion-MNIST", 1000): 2, ("CIFAR-10", 1000): 2}  # samples
CHOICES = ((3e-3, 0), (3e-3, 2), (1e-3, 2))  # learning rate, and pixels of random shifts


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A `method`, "features", "wide" (twice the filters and components), "network" or "pixels", on
    `n` training pictures, 0 for all."""

    data: str
    method: str
    n: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return fits to 100 pictures for smoke; for laptop from 100 pictures to all of all sets; for
    full six samples of each size below all, networks to 10,000, and wider layers on CIFAR-10."""
    few = [(d, m, n) for n in (1000, 100) for d in SETS for m in ("features", "network")]
    if scale == "smoke":
        few, seeds = few[-6:-4], {100: 1}
    else:
        seeds = {100: 6, 1000: 6, 10_000: 6} if scale == "full" else {}
        few += [(d, "pixels", 1000) for d in SETS]
        few += [(d, "features", 10_000) for d in SETS]
    found = [(d, m, n, s) for d, m, n in few for s in range(seeds.get(n, PAIRED.get((d, n), 1)))]
    if scale != "smoke":
        found += [(d, "features", 0, 0) for d in reversed(SETS)]
    if scale == "full":
        found += [("CIFAR-10", "wide", 0, 0)]
        found += [(d, "network", 10_000, s) for d in reversed(SETS) for s in range(6)]
    return [Cell(data=d, method=m, n=n, seed=s) for d, m, n, s in found]


@cache
def pictures(data: str, *, train: bool) -> tuple[Tensor, Tensor]:
    """Return images and labels of a set."""
    found: Any = SETS[data](train=train)
    return found.images, found.labels


def run(cell: Cell) -> dict[str, Any]:
    """Return how many of the "tested" pictures are "right", CPU "seconds" of the fit and of all
    "answers", multiplications with additions in matrix "products" and convolutions of one answer,
    the "memory" in GiB that the process has needed so far, what was chosen, and of 2,000 pictures
    the "mask" of right answers.

    Source: prop-recognition-price.
    """
    x, y = pictures(cell.data, train=True)
    at, truth = pictures(cell.data, train=False)
    if cell.n:
        kept = torch.randperm(len(x), generator=stream("recognition", cell.data, cell.seed))
        x, y, at, truth = x[kept[: cell.n]], y[kept[: cell.n]], at[:FEW], truth[:FEW]
    facts: dict[str, Any] = {}
    start = time.process_time()
    if cell.method == "network":
        net, facts = _network(x, y, cell.seed)
        predict = lambda z: torch.cat([net(_scaled(p)).argmax(1) for p in z.split(500)])  # noqa: E731
    elif cell.method == "pixels":
        flat = KernelClassifier(seed=cell.seed).fit(_scaled(x).flatten(1), y)
        predict = lambda z: flat.predict(_scaled(z).flatten(1))  # noqa: E731
    else:
        given: dict[str, Any] = {}
        if cell.method == "wide":
            given = {"features": PictureFeatures(filters=768, deep=1536), "components": 4096}
        fit = PictureClassifier(seed=cell.seed, verbose=not cell.n, **given).fit(x, y)
        predict, facts = fit.predict, _chosen(fit)
    seconds = time.process_time() - start
    right = predict(at) == truth
    answers = time.process_time() - start - seconds
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with FlopCounterMode(display=False) as counter:
        predict(at[:1])
    if cell.n:
        facts["mask"] = as_mask(right)
    return facts | {
        "right": int(right.sum()),
        "tested": len(truth),
        "seconds": seconds,
        "answers": answers,
        "products": counter.get_total_flops() // 2,
        "memory": used / (2**30 if sys.platform == "darwin" else 2**20),
    }


def _chosen(fit: PictureClassifier) -> dict[str, Any]:
    return {
        "ridge": fit.record_.ridge,
        "mirrored": fit.mirrored_,
        "components": fit.components_,
        "loo": fit.record_.loo,
        "loo_accuracy": fit.loo_accuracy_,
        "steps": fit.record_.iterations,
        "residual": fit.record_.residual,
        "wall": fit.record_.seconds,
    }


def multiplications(row: dict[str, Any]) -> float | None:
    """Return those of a fit, with additions, by those of one answer; None for bare pixels.

    np + ½n²d + sn²C for features, or n³/6 for a Cholesky factor; a training step of the network
    takes three times what its answers take.

    Source: prop-recognition-price.
    """
    n = row["n"] or SIZES[row["data"]]
    if row["method"] == "network":
        steps = next(steps for most, steps in STEPS.items() if n <= most)
        return 3 * row["products"] * BATCH * steps * (len(CHOICES) + 1)
    if row["method"] == "pixels":
        return None
    own = row["products"] - n * (row["components"] + 10)
    return n * own + n**2 * row["components"] / 2 + (10 * row["steps"] * n**2 or n**3 / 6)


def as_mask(right: Tensor) -> str:
    """Return answers (m,), right or wrong, as a hexadecimal number, the first its highest bit."""
    return f"{int(''.join(map(str, right.int().tolist())), 2):x}"


def right_answers(row: dict[str, Any]) -> Tensor:
    """Return which of the "tested" pictures of a row were right, (tested,) of 0 and 1, float64."""
    return torch.tensor([int(b) for b in f"{int(row['mask'], 16):0{row['tested']}b}"]).double()


def _scaled(x: Tensor) -> Tensor:
    return (x if x.ndim == 4 else x[:, None]).float() / 255 - 0.5


def _network(x: Tensor, y: Tensor, seed: int) -> tuple[nn.Module, dict[str, Any]]:
    """Three convolutional layers, the choices by a fifth of the pictures, then fitted to all."""
    held = len(x) // 5
    trials = [_trained(x[held:], y[held:], seed, *choice) for choice in CHOICES]
    with torch.no_grad():
        scores = [int((m(_scaled(x[:held])).argmax(1) == y[:held]).sum()) for m in trials]
    rate, shift = CHOICES[scores.index(max(scores))]
    return _trained(x, y, seed, rate, shift), {"rate": rate, "shift": shift, "held": max(scores)}


def _trained(x: Tensor, y: Tensor, seed: int, rate: float, shift: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers: list[nn.Module] = []
        for a, b in zip((_scaled(x[:1]).shape[1], *WIDTHS), WIDTHS, strict=False):
            layers += [nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2)]
        side = x.shape[-1] // 8
        net = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(96 * side**2, 10))
        steps = next(s for n, s in STEPS.items() if len(x) <= n)
        optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=1e-2)
        plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
        for _ in range(steps):
            rows = torch.randint(len(x), (BATCH,))
            z = F.pad(_scaled(x[rows]), (shift,) * 4, mode="replicate")
            i, j = torch.randint(2 * shift + 1, (2,)).tolist()
            z = z[:, :, i : i + x.shape[-2], j : j + x.shape[-1]]
            loss = F.cross_entropy(net(z), y[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            plan.step()
    return net.eval()
