"""Honest layers against xRFM and boosted trees on the shapes of chapter 1: the same samples.

The rivals run in a Python of their own, LDYN_PEERS_PYTHON, as in `peers.py`, one thread each; they
tune on a fifth of their rows. The stack's risks on these samples are those of seed 0 in the study
`shapes_stack`. LDYN_PEERS_KEEP names a folder where answers are kept.
"""

import json
import os
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from _table import Run, asked_scale
from peers import ask

from ldyn.core import stream
from ldyn.piecewise import sample
from ldyn.piecewise.sampling import quadrature_points
from ldyn.studies.piecewise.trained import NOISE, SHAPES, make_target

METHODS = ("xRFM", "xRFM, tuned", "LightGBM, tuned")


def arrays(shape: str, n: int, path: Path) -> None:
    """Write the first sample of a shape, and the points and values that judge."""
    data = sample(make_target(shape), n, noise=NOISE, generator=stream("trained", shape, n, 0))
    z = quadrature_points(2, 2**13, stream("judge", shape, n, 0))
    truth = make_target(shape)(z)
    np.savez(path, x=data.x.numpy(), y=data.y.numpy(), z=z.numpy(), truth=truth.numpy())


def answer(method: str, shape: str, n: int, folder: Path) -> dict[str, Any]:
    """Ask a rival, unless its answer is kept."""
    points, kept = folder / f"{shape}, {n}.npz", folder / f"{method} on {shape}, {n}.json"
    if not points.is_file():
        arrays(shape, n, points)
    if not kept.is_file():
        kept.write_text(json.dumps(ask(method, points)))
    found = json.loads(kept.read_text())
    squares = found.pop("squares", None)
    return found | {"risk": float(np.mean(squares)) if squares else None}


def main(scale: str) -> None:
    run = Run("stack_rivals", scale, dtype="as each has it", threads=1)
    sizes = [256, 512, 1024, 2048, 4096][: {"smoke": 1, "laptop": 4, "full": 5}[scale]]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(os.environ.get("LDYN_PEERS_KEEP", made))
        for method, shape, n in product(METHODS, SHAPES[: 1 if scale == "smoke" else None], sizes):
            found = answer(method, shape, n, folder)
            fields = ("risk", "seconds", "note", "version", "failed")
            row = {"method": method, "shape": shape, "n": n} | {f: found.get(f) for f in fields}
            print(row, flush=True)
            run.add(**row)
    run.finish()


if __name__ == "__main__":
    main(asked_scale())
