"""Scores of the literature on every set: few rows and many, and with other marginals."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ldyn.causal import (
    anm,
    closer_to_normal,
    evaluate,
    exchanged_marginals,
    heci,
    igci,
    loci,
    more_values,
    quantile_score,
    reci,
    wider_range,
)
from ldyn.core import stream
from ldyn.data import Pair, cause_effect_pairs

SETS = ("AN", "LS", "SIM", "SIM-c", "tuebingen")
METHODS: dict[str, Callable[[Tensor, Tensor], float]] = {
    "anm": anm,
    "loci likelihood": loci,
    "loci hsic": partial(loci, criterion="hsic"),
    "heci": heci,
    "quantiles": quantile_score,
    "quantiles, shared ties": partial(quantile_score, ties="shared"),
    "reci unit": reci,
    "reci standard": partial(reci, scale="standard"),
    "igci uniform": igci,
    "igci normal": partial(igci, reference="normal"),
    "igci slopes": partial(igci, estimator="slope"),
    "wider range": wider_range,
    "closer to normal": closer_to_normal,
    "more values": more_values,
}
# The shares (of the first, of the second column) by which cause and effect move, each towards the
# other's law. Where the cause alone moves, onto the law of the effect, noise stays additive.
MARGINS = {
    "as they are": (0.0, 0.0),
    "matched": (0.5, 0.5),
    "cause moved": (1.0, 0.0),
    "effect moved": (0.0, 1.0),
    "exchanged": (1.0, 1.0),
}
SAMPLES = 3  # random samples of few rows from each pair


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One method on one set, with `rows` random rows of each pair (0: all) and other margins."""

    rows: int
    margins: str
    pairs: str
    method: str


def cells(scale: str) -> list[Cell]:
    """Return two methods on 25 rows for smoke; 25 rows to all, two and five kinds of margins."""
    small = scale == "smoke"
    found = [
        Cell(rows=rows, margins=margins, pairs=pairs, method=method)
        for rows in ((25,) if small else (25, 50, 100, 300, 0))
        for margins in list(MARGINS)[: 2 if rows else 5]
        for pairs in (SETS[2:3] if small else SETS)
        for method in (("anm", "igci uniform") if small else METHODS)
    ]
    return [c for c in found if "shared" not in c.method or c.margins == "as they are"]


def small_sample(pair: Pair, rows: int, sample: int) -> Pair:
    """Return `rows` random rows of the pair, or all if it has no more; `sample` numbers the draw.

    Draws in which a column is constant are passed over.
    """
    for attempt in range(100):
        draw = stream("small sample", pair.name, rows, sample, attempt)
        chosen = torch.randperm(len(pair.x), generator=draw)[:rows]
        x, y = pair.x[chosen], pair.y[chosen]
        if x.min() < x.max() and y.min() < y.max():
            break
    return Pair(name=pair.name, x=x, y=y, target=pair.target, weight=pair.weight)


def with_margins(pair: Pair, margins: str) -> Pair:
    """Return the pair with the marginals of its cause and of its effect moved; ranks stay."""
    shares = MARGINS[margins]
    moved = [exchanged_marginals(pair.x, pair.y, share=s) for s in shares[:: pair.target]]
    x, y = moved[0][0], moved[1][1]
    return Pair(name=pair.name, x=x, y=y, target=pair.target, weight=pair.weight)


def run(cell: Cell) -> dict[str, Any]:
    """Return "accuracy" and "area", means over the samples, and for each pair, in the order of the
    file, "right": how many samples are decided rightly, doubled, as one digit (a zero score counts
    one), and for all rows "support": the sign of the score times the rank of its size."""
    pairs = cause_effect_pairs(cell.pairs)
    found = []
    for sample in range(SAMPLES if cell.rows else 1):
        seen = [small_sample(p, cell.rows, sample) if cell.rows else p for p in pairs]
        if any(MARGINS[cell.margins]):
            seen = [with_margins(p, cell.margins) for p in seen]
        found.append(evaluate(METHODS[cell.method], seen, seed=sample))
    rights = torch.stack([e.right for e in found]).sum(0)
    sizes = found[0].support.abs()
    ranks = sizes.unique(return_inverse=True)[1] + 1
    support = (found[0].support.sign() * ranks).int().tolist()
    return {
        "accuracy": sum(e.accuracy for e in found) / len(found),
        "area": sum(e.rate_area for e in found) / len(found),
        "right": "".join(str(int(2 * r)) for r in rights.tolist()),
        "support": None if cell.rows else support,
    }
