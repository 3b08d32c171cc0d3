"""The training distribution is the prior: families of training against families of test."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ldyn.causal import (
    MetaTraining,
    evaluate,
    fit_meta_cgnn,
    mid_ranks,
    normal_scores,
    sample_pairs,
)
from ldyn.data import cause_effect_pairs

FAMILIES = (
    *("an", "ls", "anm", "lsnm", "pnl", "preadditive"),
    *("multi", "net", "gp2", "sim-like"),
)
TESTS, POINTS, MOST = 100, 200, 500
DTYPE = "float32"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A net that learnt to decide on `family` alone, on the others ("without"), or on all.

    `margins`: "drawn", or "normal" for normal scores of the ranks of every column, seen alone
    equal in law for cause and effect, in training and test.
    """

    margins: str
    train: str
    family: str
    seed: int
    steps: int


def cells(scale: str) -> list[Cell]:
    """Return ten families alone, the rest without each, and all, with two kinds of margins."""
    seeds, steps = {"smoke": (1, 5), "laptop": (3, 500), "full": (8, 4000)}[scale]
    kinds = [(train, family) for train in ("alone", "without") for family in FAMILIES]
    if scale == "smoke":
        kinds = kinds[2:3]
    return [
        Cell(margins=margins, train=train, family=family, seed=seed, steps=steps)
        for seed in range(seeds)
        for margins in ("drawn", "normal")
        for train, family in (*kinds, ("all", "all"))
    ]


def run(cell: Cell) -> dict[str, Any]:
    """Return the accuracy on a hundred fresh tasks of each family, and on the Tübingen pairs."""
    chosen = {"alone": (cell.family,), "all": FAMILIES}.get(
        cell.train, tuple(f for f in FAMILIES if f != cell.family)
    )
    small = cell.steps < 100
    count = (100 if small else 2000) // len(chosen)
    drawn = [_tasks(family, count, f"train {cell.seed}", cell.margins) for family in chosen]
    x, y = (torch.cat(columns) for columns in zip(*drawn, strict=True))
    training = MetaTraining(encoder="cme", goal="decide", steps=cell.steps)
    (net,) = fit_meta_cgnn(training, seed=cell.seed, sample=(x, y))
    found = {}
    for family in FAMILIES:
        scores = net.scores(*_tasks(family, TESTS, "test", cell.margins))
        found[family] = (scores > 0).double().mean().item()
    pairs = cause_effect_pairs("tuebingen")[: 3 if small else None]
    ranked = cell.margins == "normal"

    def score(x: Tensor, y: Tensor) -> float:
        x, y = ((normal_scores(c) if ranked else c)[_spread(x, y)] for c in (x, y))
        return net.score(x, y)

    found["tuebingen"] = evaluate(score, pairs).accuracy
    return found


def _spread(x: Tensor, y: Tensor) -> Tensor:
    """At most 500 rows, evenly along the sum of both ranks: the same whichever column is first."""
    order = (mid_ranks(x) + mid_ranks(y)).argsort(stable=True)
    return order[torch.linspace(0, len(x) - 1, min(len(x), MOST)).round().long()]


@cache
def _tasks(family: str, count: int, seed: str, margins: str) -> tuple[Tensor, Tensor]:
    pair = sample_pairs(family, count, POINTS, seed=seed)
    if margins == "drawn":
        return pair
    x, y = (torch.stack([normal_scores(row) for row in column]) for column in pair)
    return x, y
