"""Seconds for the direction of a pair of 1,000 rows, and for all 99 real pairs.

The location–scale fit stands beside itself by general means: its objective, in both weight vectors
at once, handed to torch's L-BFGS until the gradient is below 1e-5, the size at which `loci` stops.

The code of its authors, https://github.com/aleximmer/loci, is timed in turn with the others if
LDYN_LOCI_PATH is the folder of a clone; without that, its rows are missing. LDYN_LOCI_PYTHON is a
Python that has what the clone imports (torch, scikit-learn, matplotlib, tueplots), by default this
one. The code gets standardised columns, as it asks for, its own settings, and one thread, on which
it takes less of the processor. Both of its fits are timed, each with the likelihood and, after the
same fit, with its independence test.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from _table import Run, alternate, asked_scale, ratio
from torch import Tensor

from ldyn.causal import anm, direction, heci, loci, network_scores, quantile_score, sample_pairs
from ldyn.causal.columns import standardised
from ldyn.causal.regression import RIDGE, spline_basis
from ldyn.data import DataError, cause_effect_pairs

ONE, MANY = "ldyn.causal.direction, one pair", "direction, one of {} pairs at once"
REAL, GENERAL = "direction, 99 real pairs one by one", "location–scale fit by torch's L-BFGS"
LIKELIHOOD = "location–scale likelihood, loci"
REFERENCE = """
import json, sys, time
import torch
torch.set_num_threads(1)
sys.path.insert(0, sys.argv[1])
from causa.hsic import HSIC
from causa.loci import loci
x, y = (torch.tensor(c, dtype=torch.float64).numpy() for c in json.load(sys.stdin))
steps, found = json.loads(sys.argv[2]), {}
clocks = lambda: (time.perf_counter(), time.process_time())
fit = dict(independence_test=False, return_function=True)
for neural in (True, False):
    loci(x, y, neural_network=neural, n_steps=2, **fit)
    start = clocks()
    _, ahead, back = loci(x, y, neural_network=neural, n_steps=steps, **fit)
    fitted = clocks()
    for a, b, f in ((x, y, ahead), (y, x, back)):
        mean, deviation = f(a)
        HSIC(a, (b - mean) / deviation)
    kind, ends = "networks" if neural else "splines", {"likelihood": fitted, "HSIC": clocks()}
    for criterion, end in ends.items():
        found[f"LOCI's authors' code, {kind}, {criterion}"] = [b - a for a, b in zip(start, end)]
print(json.dumps(found))
"""


def general_cost(x: Tensor, y: Tensor) -> float:
    """The negative log-likelihood of one direction, by L-BFGS in (w, v), v = u²."""
    basis = spline_basis(x)
    w = torch.zeros(basis.shape[1], dtype=x.dtype, requires_grad=True)
    u = torch.full_like(w, 0.5**0.5).requires_grad_()
    stop = {"max_iter": 4000, "tolerance_grad": 1e-5, "tolerance_change": 0.0}
    solver = torch.optim.LBFGS([w, u], line_search_fn="strong_wolfe", **stop)

    def loss() -> Tensor:
        solver.zero_grad()
        eta, a = basis @ w, basis @ u.square()
        fit = a * y.square() - y * eta + eta.square() / (4 * a) - torch.log(2 * a) / 2
        value = fit.sum() + RIDGE / 2 * (w @ w + u.pow(4).sum())
        value.backward()
        return value

    return float(solver.step(loss).detach()) / len(y)


def reference(x: Tensor, y: Tensor, steps: int | None) -> dict[str, tuple[float, float]]:
    """Return wall and processor seconds of LOCI's own code for one pair, for each of its scores."""
    folder = os.environ.get("LDYN_LOCI_PATH")
    if folder is None:
        print("LDYN_LOCI_PATH is not set: no rows of the code of LOCI's authors")
        return {}
    python = os.environ.get("LDYN_LOCI_PYTHON", sys.executable)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [python, "-c", REFERENCE, folder, json.dumps(steps)],
        input=json.dumps([x.tolist(), y.tolist()]),
        env=environment | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return {name: (float(wall), float(processor)) for name, (wall, processor) in found.items()}


def clocked(work: Callable[[], Any]) -> Callable[[], float]:
    """Return the work as a function that returns its processor seconds."""

    def run() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return run


def add_rows(run: Run, times: dict[str, list[tuple[float, float]]], n: int) -> None:
    """Add a row for each contestant, from its wall and processor seconds in each repeat."""
    clocks = {name: [list(c) for c in zip(*found, strict=True)] for name, found in times.items()}
    ours, theirs = clocks[ONE], clocks[LIKELIHOOD]
    for name, (wall, processor) in clocks.items():
        run.add(
            method=name,
            rows=None if name == REAL else n,
            seconds=statistics.median(wall),
            times_ours=None if name == REAL else ratio(wall, ours[0]),
            times_loci=ratio(wall, theirs[0]),
            processor_seconds=statistics.median(processor),
            processor_times_ours=None if name == REAL else ratio(processor, ours[1]),
            all_seconds=[float(f"{t:.3g}") for t in wall],
        )


def main(scale: str) -> None:
    run = Run("direction", scale, dtype="float64")
    elsewhere = os.environ.pop("LDYN_RESULTS", None)  # the networks are in the book's own results
    smoke = scale == "smoke"
    n, many, repeats = (60, 4, 1) if smoke else (1000, 100, 3)
    cause, effect = (c.to(run.device) for c in sample_pairs("lsnm", many, n, seed="benchmark"))
    x, y = cause[0], effect[0]
    a, b = standardised(x), standardised(y)
    contestants = {
        ONE: lambda: direction(x, y),
        MANY.format(many): lambda: network_scores(cause, effect),
        LIKELIHOOD: lambda: loci(x, y),
        GENERAL: lambda: general_cost(b, a) - general_cost(a, b),
        "location–scale HSIC, loci": lambda: loci(x, y, criterion="hsic"),
        "additive noise, anm": lambda: anm(x, y),
        "HECI": lambda: heci(x, y),
        "conditional quantiles": lambda: quantile_score(x, y),
    }
    try:
        pairs = cause_effect_pairs("tuebingen")[: 3 if smoke else None]
        contestants[REAL] = lambda: [direction(p.x, p.y) for p in pairs]
    except DataError as problem:
        print(f"no row of the real pairs: {problem}")
    direction(x, y)  # what only the first call does
    work = {name: clocked(call) for name, call in contestants.items()}
    times: dict[str, list[tuple[float, float]]] = {}
    for repeat in range(repeats):
        found = alternate(work, repeat, run.device) | reference(a, b, 2 if smoke else None)
        for name, (wall, processor) in found.items():
            share = many if name == MANY.format(many) else 1
            times.setdefault(name, []).append((wall / share, processor / share))
    add_rows(run, times, n)
    if elsewhere:
        os.environ["LDYN_RESULTS"] = elsewhere
    run.finish()


if __name__ == "__main__":
    main(asked_scale())
