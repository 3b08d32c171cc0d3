"""The real pairs: what each is like, and what the cheapest scores say of it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from torch import Tensor

from ldyn.causal import igci, require_columns, to_unit
from ldyn.data import Pair, cause_effect_pairs

LAST, MULTIVARIATE = 108, {52, 53, 54, 55, 71, 105}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One pair, by its number in the published list."""

    pair: int


def cells(scale: str) -> list[Cell]:
    """Return three pairs for smoke, and otherwise all 102 of two columns."""
    last = 3 if scale == "smoke" else LAST
    return [Cell(pair=k) for k in range(1, last + 1) if k not in MULTIVARIATE]


def run(cell: Cell) -> dict[str, Any]:
    """Return size, weight and distinct values of the pair, digests of its columns, and scores.

    Positive scores say that the first column is the cause, "first" whether it is.
    """
    pair = _pairs()[f"tuebingen {cell.pair}"]
    x, y = require_columns(pair.x, pair.y)
    scores = {name: score(x, y) for name, score in SCORES.items()}
    return {
        "rows": len(x),
        "weight": pair.weight,
        "first": pair.target > 0,
        "distinct": [len(c.unique()) for c in (x, y)],
        "columns": [_digest(c) for c in (x, y)],
        **{name: float(f"{value:.6g}") for name, value in scores.items()},
    }


def wider_range(x: Tensor, y: Tensor) -> float:
    """The larger standard deviation after scaling to [0, 1]: a rule that sees no joint law."""
    return (to_unit(x).std() - to_unit(y).std()).item()


SCORES: dict[str, Callable[[Tensor, Tensor], float]] = {
    "entropy": igci,
    "slope": lambda x, y: igci(x, y, estimator="slope"),
    "entropy_normal": lambda x, y: igci(x, y, reference="normal"),
    "slope_normal": lambda x, y: igci(x, y, reference="normal", estimator="slope"),
    "range": wider_range,
}


@cache
def _pairs() -> dict[str, Pair]:
    return {pair.name: pair for pair in cause_effect_pairs("tuebingen", binary=True)}


def _digest(column: Tensor) -> str:
    """Equal for columns of equal values in any order, and not the values themselves."""
    return hashlib.sha256(column.sort().values.cpu().numpy().tobytes()).hexdigest()[:8]
