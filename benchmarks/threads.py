"""One thread against two for a step of training, on the machine as it is and beside busy processes.

A step is forward, backward and AdamW of k stacked networks on a minibatch, as `fit_nets` takes it,
but with a number of threads that is given. One thread and two take turns; the fastest step is that
of a machine that is idle for a moment, the mean is what a reader waits. Each row is measured in a
process of its own with OMP_WAIT_POLICY=active, where a thread that waits for another spins, as it
does unless told otherwise, or passive, where it sleeps. The table decides `core.threads.SMALL`.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import torch
from _table import THREADS, Run, asked_scale

from ldyn.core import stream
from ldyn.nets import forward, initialise

ONE, TWO = "one thread, as few_threads of ldyn.core", f"{THREADS} threads"
SIZES = [(1, 64), (8, 32), (8, 64), (1, 256), (8, 128), (64, 64)]
BATCH, BUSY, BURSTS = 256, 4, 4


def training_step(k: int, width: int) -> tuple[Callable[[], None], int]:
    """Return a step of k networks with four hidden layers, and its multiplications forward."""
    parameters = initialise((2, *[width] * 4, 1), range(k), like=torch.empty(0))
    parameters = [p.requires_grad_() for p in parameters]
    optimiser = torch.optim.AdamW(parameters, fused=True)
    x = torch.rand(k, BATCH, 2, generator=stream("threads", k, width))
    y = x.prod(2)

    def step() -> None:
        loss = (forward(parameters, x)[..., 0] - y).square().mean(1).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return step, BATCH * sum(p.numel() for p in parameters)


def burst(step: Callable[[], None], threads: int, seconds: float) -> tuple[list[float], float]:
    """Return the times of steps taken for `seconds`, and the CPU seconds of one."""
    torch.set_num_threads(threads)
    step()  # the first one wakes the threads
    times: list[float] = []
    cpu = time.process_time()
    while not times or sum(times) < seconds:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return times, (time.process_time() - cpu) / len(times)


def measure(k: int, width: int, seconds: float) -> dict[str, Any]:
    """Return fastest, mean and CPU seconds of a step with one thread and with two."""
    step, work = training_step(k, width)
    found: dict[str, Any] = {"multiplications": work}
    bursts: dict[int, list[tuple[list[float], float]]] = {1: [], THREADS: []}
    for _ in range(BURSTS):
        for threads, results in bursts.items():
            results.append(burst(step, threads, seconds / BURSTS))
    for method, results in zip((ONE, TWO), bursts.values(), strict=True):
        times = [t for some, _ in results for t in some]
        found[method] = {
            "seconds": sum(times) / len(times),
            "fastest": min(times),
            "cpu_seconds": sum(cpu for _, cpu in results) / len(results),
        }
    return found


def measured(k: int, width: int, seconds: float, policy: str, busy: int) -> dict[str, Any]:
    """Return `measure` of a fresh process, beside `busy` processes that only turn in circles."""
    command = [sys.executable, __file__, "measure", str(k), str(width), str(seconds)]
    environment = os.environ | {"OMP_WAIT_POLICY": policy}
    environment.pop("OMP_NUM_THREADS", None)
    with ExitStack() as stack:
        for _ in range(busy):
            process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            stack.enter_context(process)
            stack.callback(process.kill)
        done = subprocess.run(command, env=environment, capture_output=True, check=True)
    return dict(json.loads(done.stdout))


def main(scale: str) -> None:
    run, smoke = Run("threads", scale, dtype="float32"), scale == "smoke"
    for policy in ("passive",) if smoke else ("active", "passive"):
        for busy in (0,) if smoke else (0, BUSY):
            for k, width in [(1, 8)] if smoke else SIZES:
                found = measured(k, width, 0.02 if smoke else 1.0, policy, busy)
                work = found.pop("multiplications")
                for method, row in found.items():
                    ours = row["seconds"] / found[ONE]["seconds"]
                    about = {"waiting": policy, "busy": busy, "nets": k, "width": width}
                    run.add(method=method, **about, multiplications=work, **row, times_ours=ours)
    run.finish()


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        measurement = measure(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
        sys.stdout.write(json.dumps(measurement))
    else:
        main(asked_scale())
