"""Networks alone: number of pieces, size without early stopping, depth, activation."""

from dataclasses import dataclass

import torch

from ldyn.core import default_device, stream
from ldyn.nets import Training, count_parameters, fit_nets
from ldyn.piecewise import Target, random_blob, sample, stripes
from ldyn.piecewise.sampling import quadrature_points

DTYPE = "float32"
NOISE = 0.3


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One network: which sweep, its setting, the sample size, a seed (which is also the shape)."""

    sweep: str
    setting: str
    n: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return the sweeps: 1 seed for smoke, 6 for laptop, 24 for full."""
    seeds = {"smoke": 1, "laptop": 6, "full": 24}[scale]
    sizes = [256] if scale == "smoke" else [256, 1024, 4096]
    plan = [("pieces", str(m), sizes[-1]) for m in (2, 4, 8, 16)]
    plan += [("width", str(w), n) for w in (2, 4, 8, 16, 32, 64, 128) for n in sizes[:2]]
    plan += [("depth", str(d), n) for d in (1, 2, 3, 5) for n in sizes]
    plan += [("activation", a, n) for a in ("relu", "leaky", "tanh", "softplus") for n in sizes]
    return [
        Cell(sweep=sweep, setting=setting, n=n, seed=s)
        for sweep, setting, n in plan
        for s in range(seeds)
    ]


def group(cell: Cell) -> tuple[str, str, int]:
    """Return what is trained together: the seeds of one setting and size."""
    return (cell.sweep, cell.setting, cell.n)


def choices(cell: Cell) -> Training:
    """Return the training of a cell; the width sweep keeps the last weights, without decay."""
    if cell.sweep == "width":
        width = int(cell.setting)
        return Training(hidden=(width,) * 4, batch=128, decay=0.0, validation=0.0)
    if cell.sweep == "depth":
        depth = int(cell.setting)
        # Widths chosen so that every depth has about the parameters of three layers of 64.
        width = min(
            range(8, 4000),
            key=lambda w: abs(count_parameters((2, *[w] * depth, 1)) - 8577),
        )
        return Training(hidden=(width,) * depth, batch=128, decay=0.1)
    activation = cell.setting if cell.sweep == "activation" else "relu"
    return Training(activation=activation, batch=128, decay=0.1)


def make_target(cell: Cell) -> Target:
    """Return the target of a cell: stripes for the sweep over pieces, else a random shape."""
    if cell.sweep == "pieces":
        return stripes(int(cell.setting))
    return random_blob(stream("sweep shape", cell.seed))


def run_group(cells: list[Cell]) -> list[dict[str, float | int]]:
    """Return each network's risk, training risk and number of parameters."""
    targets = [make_target(c) for c in cells]
    data = [
        sample(t, c.n, noise=NOISE, generator=stream("sweeps", c.sweep == "pieces", c.n, c.seed))
        for t, c in zip(targets, cells, strict=True)
    ]
    device = default_device()
    x, y = (torch.stack([getattr(d, f) for d in data]).float().to(device) for f in ("x", "y"))
    training = choices(cells[0])
    seeds = [f"sweeps/{c.n}/{c.seed}" for c in cells]
    fit = fit_nets(x, y, seeds=seeds, training=training)
    results: list[dict[str, float | int]] = []
    for j, (target, cell) in enumerate(zip(targets, cells, strict=True)):
        z = quadrature_points(2, 2**13, stream("judge", cell.n, cell.seed))
        error = fit.member(j)(z.float().to(device)).double().cpu() - target(z)
        results.append(
            {
                "risk": error.square().mean().item(),
                "train": fit.train[int(fit.best_step[j]) // training.check_every, j].item(),
                "parameters": count_parameters((2, *training.hidden, 1)),
                "diverged": int(fit.diverged[j]),
            }
        )
    return results
