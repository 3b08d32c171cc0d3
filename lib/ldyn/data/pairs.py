"""Cause–effect pairs: columns of numbers of which one is known to cause the other."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_choice
from ldyn.data.files import fetch
from ldyn.data.formats import PAIR_SETS
from ldyn.gate import require_fields

BINARY = {47, 70, 107}  # pairs of "tuebingen" of which one column has two values


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two columns of n numbers, one row an observation, and which of them is the cause.

    Fields: `x` and `y` (n,) float64; `target` 1 if x causes y, −1 if y causes x; `weight` of the
    pair in averages, less than 1 where several pairs come from one source.
    Raises: ValueError for columns of different shapes, NaN, another target or a weight < 0.
    """

    name: str
    x: Tensor
    y: Tensor
    target: int
    weight: float = 1.0

    def __post_init__(self) -> None:
        require_fields(self)
        if self.x.ndim != 1 or self.x.shape != self.y.shape:
            raise ValueError(f"x and y must be (n,), got {tuple(self.x.shape)} and "
                             f"{tuple(self.y.shape)}; drop incomplete rows")  # fmt: skip
        if self.target not in (1, -1) or not self.weight >= 0:
            raise ValueError("target must be 1 or -1 and weight >= 0, got "
                             f"{self.target} and {self.weight}; try 1 if x causes y")  # fmt: skip

    def swapped(self) -> "Pair":
        """Return the pair with its columns exchanged."""
        return Pair(name=self.name, x=self.y, y=self.x, target=-self.target, weight=self.weight)


def cause_effect_pairs(name: str, *, binary: bool = False) -> tuple[Pair, ...]:
    """Return a benchmark of pairs, in the order and with the columns of the published files.

    "AN", "LS" (additive and location–scale noise), "SIM", "SIM-c" (simulated, -c with a
    confounder): 100 pairs of 1,000 points each. "tuebingen": the 99 pairs of real measurements
    that have two columns; with `binary` also the three of which one column has two values only.

    Raises: ValueError for an unknown name; DataError without network and without a local copy.
    Source: mooij2016, tagasovska2020, page-99-pairs.
    """
    require_choice(name, PAIR_SETS, "name")
    table = torch.from_numpy(fetch(f"pairs/{name}.npz"))
    number, counts = table[:, 0].unique_consecutive(return_counts=True)
    kept = []
    for k, rows in zip(number.int().tolist(), table.split(counts.tolist()), strict=True):
        if name == "tuebingen" and k in BINARY and not binary:
            continue
        weight, target = rows[0, 1].item(), int(rows[0, 2])
        x, y = rows[:, 3:].T.contiguous()
        kept.append(Pair(name=f"{name} {k}", x=x, y=y, target=target, weight=weight))
    return tuple(kept)
