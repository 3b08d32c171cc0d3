"""Trained networks, linear and adaptive methods on the same samples of six shapes and a control."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import default_device, stream
from ldyn.kernels import Gaussian
from ldyn.nets import Training, fit_nets
from ldyn.piecewise import Sample, Target, choose, disk, random_blob, sample, smooth_control
from ldyn.piecewise.sampling import quadrature_points
from ldyn.piecewise.tuning import Values, oracle_and_validated
from ldyn.solvers import fill_gram, loo_solutions, symmetric_gram

DTYPE = "float64 (networks in float32)"
NOISE = 0.3
SHAPES = ["blob 1", "blob 2", "blob 3", "blob 4", "blob 5", "disk"]
SIZES = [2**k for k in range(7, 13)]
METHODS = ["cosine", "neighbours", "haar cut", "ridge Laplace", "ridge Gaussian", "forest"]
# The grid of the networks: two weight decays, chosen by validation.
DECAYS = [0.1, 1.0]
# Beyond so many samples the Gaussian kernel is solved in float32, at ridges that are large against
# the rounding: the first sample of a shape with all bandwidths, the others with those near its own.
EIGEN = 2**11
BANDWIDTHS = [0.02, 0.04, 0.08, 0.16, 0.32]
NEAR = {shape: [0.04, 0.08] for shape in SHAPES} | {"smooth": [0.08, 0.16, 0.32]}
RIDGES = [10.0 ** (p / 2) for p in range(-4, 5)]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One sample: a shape, a method with its whole grid, a size, a seed."""

    shape: str
    method: str
    n: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return the sweep: 2 seeds, two sizes for smoke; 6 seeds for laptop; 24 for full."""
    seeds = {"smoke": 2, "laptop": 6, "full": 24}[scale]
    found = []
    for method in ["network", *METHODS]:
        for n in SIZES[:2] if scale == "smoke" else SIZES:
            for shape in [*SHAPES, "smooth"]:
                found += [Cell(shape=shape, method=method, n=n, seed=s) for s in range(seeds)]
    return found


def make_target(shape: str) -> Target:
    """Return the target called `shape`: "disk", "smooth" or "blob …"."""
    if shape == "disk":
        return disk()
    return smooth_control(2) if shape == "smooth" else random_blob(stream(shape))


def make_sample(cell: Cell) -> Sample:
    """Return the sample of a cell: the same for every method."""
    draw = stream("trained", cell.shape, cell.n, cell.seed)
    return sample(make_target(cell.shape), cell.n, noise=NOISE, generator=draw)


def group(cell: Cell) -> tuple[str, ...]:
    """Return what is computed together: all networks of one size, else each cell alone."""
    if cell.method == "network":
        return ("network", str(cell.n))
    return (cell.method, str(cell.n), cell.shape, str(cell.seed))


def run_group(cells: list[Cell]) -> list[dict[str, float | str]]:
    """Return risks: `oracle` over the grid, `validated`; for networks also the training risk."""
    if cells[0].method == "network":
        return networks(cells)
    (cell,) = cells
    data, target = make_sample(cell), make_target(cell.shape)
    z = quadrature_points(2, 2**13, stream("judge", cell.shape, cell.n, cell.seed))
    if cell.method == "ridge Gaussian" and cell.n > EIGEN:
        bandwidths = NEAR[cell.shape] if cell.seed else BANDWIDTHS
        values, errors = gaussian_grid(bandwidths, data.x, data.y, z)
        least = min(errors, key=lambda k: errors[k])
        oracle, validated = (choose(v, target(z)) for v in (values, {least: values[least]}))
    else:
        oracle, validated = oracle_and_validated(
            cell.method, data.x, data.y, z, target(z), noise=NOISE
        )
    return [{"oracle": oracle.risk, "validated": validated.risk, "label": oracle.label}]


def gaussian_grid(
    bandwidths: list[float], x: Tensor, y: Tensor, z: Tensor
) -> tuple[Values, dict[str, float]]:
    """Return values at z and exact leave-one-out errors, as `candidates`, from narrow bands."""
    x, z = x.float(), z.float()
    values: Values = {}
    errors: dict[str, float] = {}
    for kernel in map(Gaussian, bandwidths):
        loo, coefficients = loo_solutions(symmetric_gram(kernel, x), y, ridges=RIDGES)
        fits = [fill_gram(kernel, part, x) @ coefficients.T.float() for part in z.split(2048)]
        labels = [f"{kernel.bandwidth:g}/{ridge:.3g}" for ridge in RIDGES]
        values |= dict(zip(labels, torch.cat(fits).double().T, strict=True))
        errors |= dict(zip(labels, loo.tolist(), strict=True))
    return values, errors


def networks(cells: list[Cell]) -> list[dict[str, float | str]]:
    """Train one network a cell and decay, all cells at once, and choose the decay by validation."""
    data = [make_sample(c) for c in cells]
    device = default_device()
    x, y = (torch.stack([getattr(d, f) for d in data]).float().to(device) for f in ("x", "y"))
    seeds = [f"{c.shape}/{c.n}/{c.seed}" for c in cells]
    fits = [
        fit_nets(x, y, seeds=seeds, training=Training(batch=128, decay=decay)) for decay in DECAYS
    ]
    results: list[dict[str, float | str]] = []
    for j, cell in enumerate(cells):
        z = quadrature_points(2, 2**13, stream("judge", cell.shape, cell.n, cell.seed))
        truth = make_target(cell.shape)(z)
        values = [fit.member(j)(z.float().to(device)).double().cpu() for fit in fits]
        risks = [(v - truth).square().mean().item() for v in values]
        best = min(range(len(fits)), key=lambda i: fits[i].valid[:, j].min().item())
        kept = int(fits[best].best_step[j]) // Training().check_every
        results.append(
            {
                "oracle": min(risks),
                "validated": risks[best],
                "label": f"{DECAYS[best]:g}",
                "train": fits[best].train[kept, j].item(),
                "diverged": int(fits[best].diverged[j]),
            }
        )
    return results
