"""Two attempts on the real pairs: windows of ranks alone, and a prior with coarse columns."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ldyn.causal import Evaluation
from ldyn.causal.direction import long_columns
from ldyn.causal.features import blind_features, pair_features
from ldyn.core import few_threads
from ldyn.data import cause_effect_pairs
from ldyn.studies.causal.direction_model import NETS, fit_nets, task_views

SETS, DTYPE = ("tuebingen", "SIM"), "float32"
WINDOWS = slice(86, 106)  # where the features of windows in normal scores stand


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Three networks of an arm: "same" as `direction_model`, "windows" or "coarse"."""

    arm: str
    tasks: int
    steps: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return one seed for smoke, five at laptop scale, ten of eight times the tasks, each arm."""
    tasks, steps, seeds = {"smoke": (10, 20, 1), "laptop": (400, 800, 5)}.get(
        scale, (3200, 6400, 10)
    )
    return [
        Cell(arm=arm, tasks=tasks, steps=steps, seed=s)
        for arm in ("same", "windows", "coarse")
        for s in range(seeds)
    ]


def run(cell: Cell) -> dict[str, Any]:
    """Return for both sets the accuracy and "right", a digit a pair, of the mean score; and for
    each feature how often it is larger for the true direction, in the tasks and in the sets."""
    with few_threads():
        views = task_views(cell.tasks, f"attempt {cell.seed}", rounded=0.6 * (cell.arm == "coarse"))
        kept = [(_seen(f, cell.arm), _seen(r, cell.arm)) for f, r in views]
        nets = fit_nets(kept, seeds=[f"{cell.seed} {j}" for j in range(NETS)], steps=cell.steps)
        tasks = views[0]
        found: dict[str, Any] = {"tasks larger": _larger(*tasks, torch.ones(len(tasks[0])))}
        for name in SETS:
            rows, weights = _pairs(name)
            ahead, back = (torch.stack([pair[i].mean(0) for pair in rows]) for i in range(2))
            found[f"{name} larger"] = _larger(ahead, back, weights)
            score = [nets.scores(_seen(f, cell.arm), _seen(r, cell.arm)).mean() for f, r in rows]
            e = Evaluation(support=torch.stack(score).double(), weights=weights)
            found[name] = e.accuracy
            found[f"{name} right"] = "".join(str(int(r)) for r in e.right.tolist())
    return found


def _larger(ahead: Tensor, back: Tensor, weights: Tensor) -> list[float]:
    more = ((ahead - back).sign().double() + 1) / 2
    return [round(v, 3) for v in (weights.double() @ more / weights.sum()).tolist()]


def _seen(features: Tensor, arm: str) -> Tensor:
    """All features, or nothing but those of windows in normal scores."""
    if arm != "windows":
        return features
    out = torch.zeros_like(features)
    out[:, WINDOWS] = blind_features(features)[:, WINDOWS]
    return out


@cache
def _pairs(name: str) -> tuple[list[tuple[Tensor, Tensor]], Tensor]:
    pairs = [p if p.target > 0 else p.swapped() for p in cause_effect_pairs(name)]
    rows = [pair_features(*(long_columns(c).float() for c in (p.x, p.y))) for p in pairs]
    return rows, torch.tensor([p.weight for p in pairs], dtype=torch.float64)
