"""CGNN against the number of hidden units: does a small generator tell the direction better?"""

from dataclasses import dataclass
from typing import Any

from ldyn.causal import CGNN, sample_pairs
from ldyn.core import default_device

FEW = (2, 5, 20, 100)
WIDTHS = {"multi": (2, 5, 10, 20, 50, 100), "net": FEW, "an": FEW, "sim": FEW}
DTYPE = "float32"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """`pairs` pairs of a family, judged by generators with `hidden` units."""

    family: str
    hidden: int
    pairs: int
    rows: int
    runs: int
    steps: int


def cells(scale: str) -> list[Cell]:
    """Return four families with four widths each, six for the first."""
    pairs, rows, runs, steps = {
        "smoke": (2, 20, 1, 3),
        "laptop": (100, 150, 4, 600),
        "full": (300, 1500, 32, 1500),
    }[scale]
    return [
        Cell(family=family, hidden=hidden, pairs=pairs, rows=rows, runs=runs, steps=steps)
        for family, widths in list(WIDTHS.items())[: 1 if scale == "smoke" else 4]
        for hidden in (widths[:2] if scale == "smoke" else widths)
    ]


def run(cell: Cell) -> dict[str, Any]:
    """Return the scores for the true direction, of trained, untrained and constant generators; and
    "agreement", how often two runs decide alike, None for one run."""
    cause, effect = sample_pairs(cell.family, cell.pairs, cell.rows, seed="capacity")
    cgnn = CGNN(hidden=cell.hidden, runs=cell.runs, steps=cell.steps)
    device = default_device()
    losses = cgnn.losses(cause.float().to(device), effect.float().to(device))
    kinds = ("trained", "untrained", "constant")
    found = {kind: [round(s, 4) for s in losses.scores(kind).tolist()] for kind in kinds}
    forth, back = losses.trained.unbind(1)
    yes, runs = (forth < back).double().sum(1), cell.runs  # of so many runs
    alike = (yes * (yes - 1) + (runs - yes) * (runs - yes - 1)) / max(1, runs * (runs - 1))
    return found | {
        "loss": round(losses.trained.mean().item(), 6),
        "agreement": round(alike.mean().item(), 4) if runs > 1 else None,
    }
