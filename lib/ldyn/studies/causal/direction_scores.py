"""direction(x, y) on every set: few rows and many, and with other marginals."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ldyn.causal import Evaluation, sample_pairs
from ldyn.causal.direction import long_columns, network_scores
from ldyn.data import Pair, cause_effect_pairs
from ldyn.studies.causal.baselines import MARGINS, SAMPLES, small_sample, with_margins

SETS = ("AN", "LS", "SIM", "SIM-c", "tuebingen", "multi", "net")  # the last two drawn anew
DRAWN, SEEDS = 200, 5


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One set, with `rows` random rows of each pair (0: all) and other margins."""

    rows: int
    margins: str
    pairs: str


def cells(scale: str) -> list[Cell]:
    """Return 25 rows of SIM for smoke; else 25 rows to all, two and five kinds of margins."""
    small = scale == "smoke"
    return [
        Cell(rows=rows, margins=margins, pairs=pairs)
        for rows in ((25,) if small else (25, 50, 100, 300, 0))
        for margins in list(MARGINS)[: 2 if rows else 5]
        for pairs in (SETS[2:3] if small else SETS)
    ]


def run(cell: Cell) -> dict[str, Any]:
    """Return "accuracy" and "area", means over the samples of rows; "seeds", the accuracy of each
    seed's networks alone; "blind", that of the ranks alone; "right" as in the study `baselines`;
    and for all rows "support", the log-odds of the true direction."""
    pairs = _pairs(cell.pairs)
    found: list[list[Evaluation]] = []
    for sample in range(SAMPLES if cell.rows else 1):
        seen = [small_sample(p, cell.rows, sample) if cell.rows else p for p in pairs]
        if any(MARGINS[cell.margins]):
            seen = [with_margins(p, cell.margins) for p in seen]
        plain, ranks = support(seen)
        parts = [plain.mean(0), ranks.mean(0), *(c.mean(0) for c in plain.chunk(SEEDS))]
        weights = torch.tensor([p.weight for p in pairs], dtype=plain.dtype)
        found.append([Evaluation(support=s, weights=weights) for s in parts])
    whole, blind, *seeds = zip(*found, strict=True)
    accuracy = [sum(e.accuracy for e in es) / len(es) for es in (whole, blind, *seeds)]
    rights = torch.stack([e.right for e in whole]).sum(0)
    return {
        "accuracy": accuracy[0],
        "area": sum(e.rate_area for e in whole) / len(whole),
        "blind": accuracy[1],
        "seeds": accuracy[2:],
        "right": "".join(str(int(2 * r)) for r in rights.tolist()),
        "support": None if cell.rows else [round(s, 3) for s in whole[0].support.tolist()],
    }


def support(pairs: list[Pair]) -> tuple[Tensor, Tensor]:
    """Return the log-odds of the truth from each network, (m, k), plain and from ranks alone.

    Pairs of one length are computed together, 32 at a time.
    """
    groups: dict[int, list[int]] = {}
    for j, pair in enumerate(pairs):
        groups.setdefault(len(pair.x), []).append(j)
    found: dict[int, tuple[Tensor, Tensor]] = {}
    for together in groups.values():
        for some in (together[i : i + 32] for i in range(0, len(together), 32)):
            x, y = (torch.cat([long_columns(getattr(pairs[j], c)) for j in some]) for c in "xy")
            # A long column is several rows of x, whose log-odds are averaged.
            odds = [s.reshape(len(s), len(some), -1).mean(2) for s in network_scores(x, y)]
            for k, j in enumerate(some):
                found[j] = (pairs[j].target * odds[0][:, k], pairs[j].target * odds[1][:, k])
    plain, ranks = ([found[j][i] for j in range(len(pairs))] for i in range(2))
    return torch.stack(plain, 1), torch.stack(ranks, 1)


@cache
def _pairs(name: str) -> tuple[Pair, ...]:
    if name not in SETS[-2:]:
        return cause_effect_pairs(name)
    drawn = zip(*sample_pairs(name, DRAWN, 1000, seed="regenerated"), strict=True)
    return tuple(Pair(name=f"{name} {k}", x=x, y=y, target=1) for k, (x, y) in enumerate(drawn))
