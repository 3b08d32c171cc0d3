"""Decided by the nearest labelled pair, from the shapes of columns: split by pair or by source."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ldyn.causal import Evaluation, standardised
from ldyn.data import Pair, cause_effect_pairs

LEVELS = [(k + 0.5) / 20 for k in range(20)]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What is left out when a pair is decided: the "pair" alone, or all of its "source"."""

    left_out: str


def cells(scale: str) -> list[Cell]:
    """Return both ways to split, at every scale."""
    return [Cell(left_out=left_out) for left_out in ("pair", "source")]


def sources(pairs: Sequence[Pair]) -> list[tuple[int, int]]:
    """Return the source of each pair: the m pairs of weight 1/m that follow one another."""
    seen: Counter[int] = Counter()
    found = []
    for pair in pairs:
        m = round(1 / pair.weight)
        found.append((m, seen[m] // m))
        seen[m] += 1
    return found


def run(cell: Cell) -> dict[str, Any]:
    """Return "accuracy", weighted, with its interval "low" to "high", "plain", unweighted, and
    "right", a digit a pair, as the nearest other pair decides, either way round: the distance is
    that of twenty quantiles of each standardised column. Nothing sees which values go together."""
    pairs = cause_effect_pairs("tuebingen")
    source = sources(pairs) if cell.left_out == "source" else list(range(len(pairs)))
    barred = torch.tensor([[a == b for b in source] for a in source])
    shapes = torch.stack([torch.cat([_shape(p.x), _shape(p.y)]) for p in pairs])
    both = torch.cat([shapes, shapes.roll(len(LEVELS), 1)])
    distances = torch.cdist(shapes, both, compute_mode="donot_use_mm_for_euclid_dist")
    distances.masked_fill_(barred.repeat(1, 2), float("inf"))
    targets = torch.tensor([p.target for p in pairs], dtype=shapes.dtype)
    support = torch.cat([targets, -targets])[distances.argmin(1)] * targets
    weights = torch.tensor([p.weight for p in pairs], dtype=shapes.dtype)
    found = Evaluation(support=support, weights=weights)
    interval = found.interval()
    return {
        "accuracy": found.accuracy,
        "low": interval.low,
        "high": interval.high,
        "plain": found.right.mean().item(),
        "right": "".join(str(int(r)) for r in found.right.tolist()),
    }


def _shape(x: Tensor) -> Tensor:
    return standardised(x).quantile(x.new_tensor(LEVELS))
