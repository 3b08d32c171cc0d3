"""One gradient of ½ MMD² and of the sliced energy distance in the plane, against geomloss.

float64, one thread. geomloss runs with `backend="tensorized"`, which needs no compiler. Its energy
distance is that of the plane; ours is sliced and times π/2, one over the mean of |cos|, which is
the same up to the error of finitely many directions. Memory is what a fresh process needs beyond
what it needed for eight points. Without geomloss the table has our rows alone.
"""

import math
import multiprocessing
import resource
import statistics
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version

import torch
from _table import Run, alternate, asked_scale, ratio
from torch import Tensor

from ldyn.core import stream
from ldyn.kernels import mmd_gradient, sliced_energy_gradient

MMD, ENERGY = "½ MMD², bandwidth ½", "energy distance"
OURS = {MMD: "ldyn.kernels.mmd_gradient", ENERGY: "ldyn.kernels.sliced_energy_gradient"}
KIND = {MMD: "gaussian", ENERGY: "energy"}
WIDTH, DIRECTIONS = 0.5, 50


def samples(n: int, device: str) -> tuple[Tensor, Tensor]:
    draw = stream("benchmark mmd", n)
    x, y = torch.randn(2, n, 2, generator=draw, dtype=torch.float64).to(device)
    return x, y + 1


def ours(task: str, x: Tensor, y: Tensor) -> Tensor:
    if task == MMD:
        return mmd_gradient(x, y, bandwidth=WIDTH)
    angles = torch.arange(DIRECTIONS, dtype=x.dtype, device=x.device) * math.pi / DIRECTIONS
    directions = torch.stack([angles.cos(), angles.sin()], 1)
    return sliced_energy_gradient(x, y, directions=directions) * math.pi / 2


def theirs(task: str, x: Tensor, y: Tensor) -> Tensor:
    from geomloss import SamplesLoss

    moving = x.clone().requires_grad_()
    loss = SamplesLoss(KIND[task], blur=WIDTH, backend="tensorized")(moving, y)
    return len(x) * torch.autograd.grad(loss, moving)[0]


def memory(gradient: Callable[[Tensor, Tensor], Tensor], n: int) -> float:
    """Return the MiB that this process needs for one gradient beyond what it had needed before."""
    torch.set_num_threads(1)
    gradient(*samples(8, "cpu"))
    x, y = samples(n, "cpu")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    gradient(x, y)
    needed = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return needed / (2**20 if sys.platform == "darwin" else 2**10)


def geomloss_version() -> str | None:
    try:
        return version("geomloss")
    except PackageNotFoundError:
        print("geomloss is not installed: our rows alone; pip install geomloss")
        return None


def main(scale: str) -> None:
    run = Run("mmd", scale, dtype="float64", threads=1)
    smoke = scale == "smoke"
    small, sliced, large, huge = (20, 20, 30, 40) if smoke else (5000, 10_000, 20_000, 100_000)
    peer = geomloss_version()
    both = peer is not None
    fresh = multiprocessing.get_context("spawn")
    plan = [(MMD, small, both, 5), (MMD, huge, False, 1)]
    plan += [(ENERGY, sliced, both, 3), (ENERGY, large, False, 5)]
    held = {}  # first of all, while this process itself is small
    for task, n, against, _ in plan:
        for which in (ours, theirs)[: 1 + against]:
            with fresh.Pool(1) as pool:
                held[task, n, which] = pool.apply(memory, (partial(which, task), n))
    for task, n, against, repeats in plan:
        x, y = samples(n, str(run.device))
        work = {OURS[task]: partial(ours, task, x, y)}
        if against:
            work[f"geomloss {peer} {KIND[task]}, tensorized"] = partial(theirs, task, x, y)
        found = [alternate(work, k, run.device, 1) for k in range(1 if smoke else repeats)]
        times = {name: [repeat[name][0] for repeat in found] for name in work}
        right = found[0][OURS[task]][1]
        for which, name in zip((ours, theirs), work, strict=False):
            gap = (found[0][name][1] - right).norm() / right.norm()
            run.add(
                task=task,
                method=name,
                points=n,
                seconds=statistics.median(times[name]),
                times_ours=ratio(times[name], times[OURS[task]]),
                mebibytes=held[task, n, which],
                disagreement=gap.item() if against else None,
                all_seconds=[round(t, 4) for t in times[name]],
            )
    run.finish()


if __name__ == "__main__":
    main(asked_scale())
