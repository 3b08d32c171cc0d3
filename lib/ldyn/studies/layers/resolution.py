"""Risk of fits at many resolutions, oracle-tuned, on samples of chapter 1."""

from dataclasses import dataclass

import torch

from ldyn.core import stream
from ldyn.kernels import Laplace, Matern32, ridge_path
from ldyn.layers import MultiscaleKernel, Wendland, residual_correction
from ldyn.piecewise.sampling import quadrature_points
from ldyn.studies.piecewise.trained import Cell as Sampled
from ldyn.studies.piecewise.trained import make_sample, make_target

WIDTHS = [1.6 / 2**j for j in range(6)]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A sample of the study `trained`, and a method, "levels" or "sum"."""

    shape: str
    method: str
    n: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return 1 seed of n ≤ 256 for smoke, 6 of n ≤ 1,024 for laptop, 24 of n ≤ 2,048 for full."""
    seeds, last = {"smoke": (1, 8), "laptop": (6, 10), "full": (24, 11)}[scale]
    kinds = [(s, m) for s in ("blob 1", "disk", "smooth") for m in ("levels", "sum")]
    sizes = [(2**k, s) for k in range(7, last + 1) for s in range(seeds)]
    return [Cell(shape=shape, method=m, n=n, seed=s) for shape, m in kinds for n, s in sizes]


def run(cell: Cell) -> dict[str, float]:
    """Return the least risk over kernels, weights of scales, numbers of levels, rows and ridges."""
    x, y = vars(make_sample(Sampled(**vars(cell)))).values()
    z = quadrature_points(2, 2**12, stream("judge", cell.shape, cell.n, cell.seed))
    count, fits = len(WIDTHS), []
    for s in (0.5, 1.0) if cell.method == "sum" else ():
        kernel = MultiscaleKernel([*map(Matern32, WIDTHS)], [4 ** (-s * j) for j in range(count)])
        fits.append(
            ridge_path(x, y, kernel=kernel, ridges=[10 ** (p / 2) for p in range(-5, 5)])(z).T
        )
    for kind in (Laplace, Wendland) if cell.method == "levels" else ():
        for many in (1, 4):  # all rows at every level, or a quarter of those of the next
            rows = [max(8, cell.n // many**j) for j in reversed(range(count))]
            for ridge in (1.0, 10.0):
                fit = residual_correction(
                    x, y, kernels=[*map(kind, WIDTHS)], rows=rows, ridge=ridge
                )
                fits.append(fit.partial(z))
    return {"oracle": (torch.cat(fits) - make_target(cell.shape)(z)).square().mean(1).min().item()}
