"""What the choices of the picture features are worth: each moved, judged on training pictures."""

import time
from dataclasses import dataclass
from typing import Any

import torch

from ldyn.core import stream
from ldyn.layers import PictureClassifier, PictureFeatures
from ldyn.studies.layers.recognition import as_mask, pictures

MOVES: dict[str, tuple[Any, ...]] = {
    "size": (4, 8),
    "filters": (96, 192),
    "cells": ((3, 2), (5, 2)),
    "threshold": (0.5, 1.5),
    "contrast": (1e-3, 3e-2),
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A `choice` at a `value`, all others as they come, on `n` pictures of a set."""

    data: str
    choice: str
    value: str
    n: int


def cells(scale: str) -> list[Cell]:
    """Return two on 60 pictures of MNIST for smoke; all on 1,000 of CIFAR-10 for laptop, and on
    2,500 of all sets for full."""
    n = {"smoke": 60, "laptop": 1000, "full": 2500}[scale]
    sets = ["MNIST", "Fashion-MNIST", "CIFAR-10"]
    sets = {"smoke": sets[:1], "laptop": sets[2:], "full": sets}[scale]
    moves = [("none", ""), *((name, str(v)) for name, values in MOVES.items() for v in values)]
    moves = moves[:2] if scale == "smoke" else moves
    return [Cell(data=d, choice=c, value=v, n=n) for d in sets for c, v in moves]


def run(cell: Cell) -> dict[str, Any]:
    """Return how many, and by a "mask" which, of n other training pictures are "right", what
    leave-one-out said of those learned from, the ridge it chose, and CPU "seconds" in all."""
    start = time.process_time()
    x, y = pictures(cell.data, train=True)
    kept = torch.randperm(len(x), generator=stream("picture choices", cell.data))
    learn, judge = kept[: cell.n], kept[cell.n : 2 * cell.n]
    moved = [v for v in MOVES.get(cell.choice, ()) if str(v) == cell.value]
    given = {cell.choice: moved[0]} if moved else {}
    if cell.choice == "filters":
        given["deep"] = 2 * given["filters"]
    fit = PictureClassifier(features=PictureFeatures(**given)).fit(x[learn], y[learn])
    right = fit.predict(x[judge]) == y[judge]
    return {
        "mask": as_mask(right),
        "right": int(right.sum()),
        "tested": cell.n,
        "loo": fit.record_.loo,
        "loo_accuracy": fit.loo_accuracy_,
        "ridge": fit.record_.ridge,
        "seconds": time.process_time() - start,
    }
