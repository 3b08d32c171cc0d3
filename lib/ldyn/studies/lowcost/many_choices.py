"""One table, many networks and one kernel: what the choices of a training run are worth."""

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import stream
from ldyn.data import cones
from ldyn.nets import Training, fit_nets
from ldyn.solvers import KernelRidge

ROWS, TEST = 4000, 20_000
SHAPES = {"64, 64": (64, 64), "64 four times": (64,) * 4, "256, 256": (256, 256)}
RATES = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A network of a `shape`, trained with a peak `rate` for so many `steps`, on the table of a
    `seed`; the shape "nothing to choose" is the kernel solver, without rate and steps."""

    shape: str
    rate: float
    steps: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return a seed of 2 networks for smoke, and of 45 and the kernel: 2 seeds for laptop, 5 for
    full."""
    shapes, rates, steps = [*SHAPES], RATES, [1000, 3000, 10_000]
    if scale == "smoke":
        shapes, rates, steps = shapes[:1], rates[1:3], [100]
    seeds = {"smoke": 1, "laptop": 2, "full": 5}[scale]
    nothing = [] if scale == "smoke" else [("nothing to choose", 0.0, 0)]
    found = [*nothing, *((s, r, k) for s in shapes for k in steps for r in rates)]
    return [Cell(shape=s, rate=r, steps=k, seed=i) for i in range(seeds) for s, r, k in found]


def table(seed: int) -> tuple[Tensor, Tensor]:
    """Return x (24,000, 5), place and colour of pixels in [0, 1], and y, their disparities; the
    first 4,000 rows are for training."""
    scene = cones()
    row, column = scene.known.nonzero(as_tuple=True)
    kept = torch.randperm(len(row), generator=stream("many choices", seed))[: ROWS + TEST]
    row, column = row[kept], column[kept]
    place = torch.stack([row / (len(scene.known) - 1), column / (scene.known.shape[1] - 1)], 1)
    x = torch.cat([place, scene.image[row, column] / 255], 1)
    return x.double(), scene.values[row, column]


def run(cell: Cell) -> dict[str, float]:
    """Return the root of the mean squared errors on test rows, "error", in pixels, and on the rows
    that the method could choose by, "seen": left out, or held out; and CPU "seconds"."""
    x, y = table(cell.seed)
    (train, test), (target, truth) = x.tensor_split([ROWS]), y.tensor_split([ROWS])
    start = time.process_time()
    if cell.shape in SHAPES:
        training = Training(hidden=SHAPES[cell.shape], rate=cell.rate, steps=cell.steps)
        nets = fit_nets(
            train[None].float(), target[None].float(), seeds=[cell.seed], training=training
        )
        seconds, seen = time.process_time() - start, nets.valid.min()
        values = nets.predict(test.float())[0].double()
    else:
        model = KernelRidge().fit(train, target)
        seconds, seen = time.process_time() - start, torch.tensor(model.record_.loo)
        values = model.predict(test)
    error = (values - truth).square().mean().sqrt()
    return {"error": error.item(), "seen": seen.double().sqrt().item(), "seconds": seconds}
