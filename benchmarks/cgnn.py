"""One pair by CGNN: all runs at once here, a loop with the exact MMD, the Causal Discovery Toolbox.

Seconds are those of a pair: 1,000 rows, 20 hidden units, 6 runs in both directions, 1,000 steps.
Ours is measured whole, for one pair and for four. The loop (torch.nn, exact Gram matrices of seven
bandwidths) and the toolbox would take hours: a few steps are measured and scaled, for the toolbox
with the 1,000 test epochs that it documents. It runs in a Python of its own, LDYN_CDT_PYTHON, with
torch 2.13.0, cdt 0.6.0 and what it imports; without that, its row is missing.
"""

import json
import os
import statistics
import subprocess
from typing import Any

import torch
from _table import THREADS, Run, asked_scale, ratio, seconds
from torch import Tensor, nn

from ldyn.causal import CGNN, sample_pairs
from ldyn.kernels import MultiGaussian

OURS, LOOP = "all at once, random features, ldyn.causal.CGNN", "one after another, exact MMD"
TOOLBOX = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import torch
torch.set_num_threads(int(sys.argv[1]))
from importlib.metadata import version
from cdt.causality.pairwise import GNN
x, y = json.load(sys.stdin)
def run(train, test):
    start = time.perf_counter()
    GNN(nruns=1, train_epochs=train, test_epochs=test, verbose=False).predict_proba((x, y))
    return time.perf_counter() - start
run(1, 1)
base, steps = run(1, 1), int(sys.argv[2])
train, test = ((run(*many) - base) / steps for many in ((1 + steps, 1), (1, 1 + steps)))
print(json.dumps([version("cdt"), train, test]))
"""


def exact_step(model: nn.Module, x: Tensor, y: Tensor, adam: torch.optim.Optimizer) -> None:
    """One step as a reader would write it: the kernel's sum over three Gram matrices."""
    real = torch.stack([x, y], 1)
    fake = torch.stack([x, model(torch.stack([x, torch.randn_like(x)], 1))[:, 0]], 1)
    loss = 0.0
    for a, b, sign in ((real, real, 1), (fake, fake, 1), (real, fake, -2)):
        squares = (a[:, None] - b[None]).square().sum(2)
        loss = loss + sign * sum((-g * squares).exp().mean() for g in MultiGaussian.rates)
    adam.zero_grad()
    loss.backward()
    adam.step()


def loop_step(x: Tensor, y: Tensor, steps: int, device: torch.device) -> float:
    """Return the seconds of a step for one run in one direction."""
    model = nn.Sequential(nn.Linear(2, 20), nn.ReLU(), nn.Linear(20, 1)).to(device)
    adam = torch.optim.Adam(model.parameters(), 0.01)
    exact_step(model, x, y, adam)
    time, _ = seconds(lambda: [exact_step(model, x, y, adam) for _ in range(steps)], device)
    return time / steps


def toolbox(x: Tensor, y: Tensor, steps: int) -> tuple[str, float, float] | None:
    """Return the toolbox's version, and its seconds for an epoch of both directions, two kinds."""
    python = os.environ.get("LDYN_CDT_PYTHON")
    if python is None:
        print("LDYN_CDT_PYTHON is not set: no row of the Causal Discovery Toolbox")
        return None
    command = [python, "-c", TOOLBOX, str(THREADS), str(steps)]
    data, environment = json.dumps([x.tolist(), y.tolist()]), dict(os.environ)
    environment.pop("PYTHONPATH", None)
    environment["OMP_NUM_THREADS"] = str(THREADS)
    done = subprocess.run(
        command, input=data, env=environment, capture_output=True, text=True, check=True
    )
    name, train, test = json.loads(done.stdout.strip().splitlines()[-1])
    return str(name), float(train), float(test)


def main(scale: str) -> None:
    run = Run("cgnn", scale, dtype="float32")
    smoke = scale == "smoke"
    n, most, few, repeats, pairs = (20, 2, 1, 1, 2) if smoke else (1000, 1000, 3, 3, 4)
    cgnn = CGNN(steps=most)
    x, y = (c.float().to(run.device) for c in sample_pairs("multi", pairs, n, seed="benchmark"))
    x, y = ((c - c.mean(1, keepdim=True)) / c.std(1, keepdim=True) for c in (x, y))
    times: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        times.setdefault(name, []).append(value)

    runs = 2 * cgnn.runs
    CGNN(steps=1).losses(x[:1, :20], y[:1, :20])  # what only the first call does
    for _ in range(repeats):
        note(OURS, seconds(lambda: cgnn.losses(x[:1], y[:1]), run.device)[0])
        note(f"{OURS}, {pairs} pairs", seconds(lambda: cgnn.losses(x, y), run.device)[0] / pairs)
        note(LOOP, loop_step(x[0], y[0], few, run.device) * most * runs)
        if found := toolbox(x[0], y[0], few):
            name, train, test = found
            note(f"Causal Discovery Toolbox {name}, GNN", (train + test) * most * cgnn.runs)
    rows: list[dict[str, Any]] = [
        {
            "method": name,
            "rows": n,
            "runs": cgnn.runs,
            "steps": most,
            "measured_steps": most if name.startswith(OURS) else few,
            "seconds": statistics.median(found),
            "times_ours": ratio(found, times[OURS]),
            "all_seconds": [round(t, 2) for t in found],
        }
        for name, found in times.items()
    ]
    for row in rows:
        run.add(**row)
    run.finish()


if __name__ == "__main__":
    main(asked_scale())
