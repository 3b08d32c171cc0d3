"""Leave-one-out errors of 10 ridges and 6 bandwidths of the Gaussian kernel, by five ways.

The noisy disk, 4,096 points, one thread, seconds of the processor, once. Three compute the grid
from start to end. The search follows the slope of the leave-one-out error on small samples, and
solves once. Of cross-validation one bandwidth is measured, at scale full all six, and the seconds
are scaled: every bandwidth makes and factorises as many matrices.
"""

import math
import time
from collections.abc import Callable
from typing import Any

import torch
from _table import Run, asked_scale
from sklearn.kernel_ridge import KernelRidge as PeerRidge
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_limits
from torch import Tensor

from ldyn.core import stream
from ldyn.kernels import Gaussian, fit_ridge_loo
from ldyn.piecewise import Sample, disk, sample
from ldyn.solvers import KernelRidge, loo_path, loo_residuals, symmetric_gram

BANDWIDTHS = [0.02, 0.04, 0.08, 0.16, 0.32, 0.64]
RIDGES = [10 ** (-4 + 2 * i / 3) for i in range(10)]
Choice = tuple[float, float, Tensor | None]  # bandwidth, ridge, errors of the grid (6, 10)


def best(grid: Tensor) -> Choice:
    i, j = divmod(int(grid.argmin()), len(RIDGES))
    return BANDWIDTHS[i], RIDGES[j], grid


def paths(data: Sample, dtype: torch.dtype) -> Choice:
    x = data.x.to(dtype)
    grams = (symmetric_gram(Gaussian(b), x) for b in BANDWIDTHS)
    return best(torch.stack([loo_path(gram, data.y, ridges=RIDGES) for gram in grams]))


def search(data: Sample) -> Choice:
    fit = KernelRidge(kernel="gaussian").fit(data.x, data.y)
    return float(fit.bandwidth_.log().mean().exp()), fit.penalty_, None


def present(data: Sample) -> Choice:
    return best(
        fit_ridge_loo(data.x, data.y, kernel=Gaussian, bandwidths=BANDWIDTHS, ridges=RIDGES).loo
    )


def cross_validation(data: Sample, bandwidths: list[float]) -> Choice:
    grid = {"alpha": RIDGES, "gamma": [1 / (2 * b * b) for b in bandwidths]}
    found = GridSearchCV(PeerRidge(kernel="rbf"), grid, cv=5, refit=False)
    chosen = found.fit(data.x.numpy(), data.y.numpy()).best_params_
    return (2 * chosen["gamma"]) ** -0.5, chosen["alpha"], None


def exact(data: Sample, bandwidth: float, ridge: float) -> float:
    """The leave-one-out error of a choice, all points in one system."""
    gram = Gaussian(bandwidth)(data.x, data.x)
    return float(loo_residuals(gram, data.y[:, None], ridge=ridge).square().mean())


PEER = "GridSearchCV, scikit-learn"
WAYS: dict[str, Callable[[Sample], Choice]] = {
    "loo_path, float64, ldyn": lambda data: paths(data, torch.float64),
    "loo_path, float32, ldyn": lambda data: paths(data, torch.float32),
    "search and one solution, ldyn": search,
    "fit_ridge_loo, ldyn": present,
}


def main(scale: str) -> None:
    run = Run("ridge_search", scale, dtype="as named, else float64", threads=1)
    n, tried = 200 if scale == "smoke" else 4096, BANDWIDTHS if scale == "full" else [0.08]
    data = sample(disk(), n, noise=0.3, generator=stream("ridge search bench", n))
    torch.set_num_threads(1)
    found: dict[str, tuple[float, Choice]] = {}
    with threadpool_limits(1):
        for name, way in (WAYS | {PEER: lambda data: cross_validation(data, tried)}).items():
            start = time.process_time()
            choice = way(data)
            took = time.process_time() - start
            found[name] = took * (len(BANDWIDTHS) / len(tried) if name == PEER else 1), choice
            print(name, *found[name][:1], *choice[:2], flush=True)
    reference = found["fit_ridge_loo, ldyn"][1][2]
    assert reference is not None
    for name, (took, (bandwidth, ridge, grid)) in found.items():
        row: dict[str, Any] = {"method": name, "n": n, "seconds": took}
        row["times_ours"] = took / found["loo_path, float64, ldyn"][0]
        row["loo"] = exact(data, bandwidth, ridge)
        row["measured_bandwidths"] = len(tried) if name == PEER else len(BANDWIDTHS)
        row["off"] = None if grid is None else float((grid / reference - 1).abs().max())
        run.add(**row, bandwidth=bandwidth, ridge=ridge)
    assert all(math.isfinite(row["loo"]) for row in run.rows)
    run.finish()


if __name__ == "__main__":
    main(asked_scale())
