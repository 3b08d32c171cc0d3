"""One pass over a table on disk: ridge from normal equations, and scikit-learn's Nystroem + SGD.

Friedman's function of 5 of 20 uniform columns with unit noise, mapped from float32 files and read
in blocks of 8,192 rows; a Gaussian kernel of the same bandwidth for all, the median distance over
√2 of the first rows. Seconds are those of the processor, on one thread: of what is made on the
first rows before the pass (centres, frequencies; for a tuned peer a grid of step sizes and
penalties at its own features), of the pass, and of both. The peer is given float32, as ours is.
Errors are on fresh rows, in standard deviations of y. "At equal error" compares with the cheapest
of ours that is no worse; memory is the peak of our largest pass, in a process of its own.
"""

import functools
import itertools
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _table import Run, asked_scale
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import SGDRegressor
from threadpoolctl import threadpool_limits

from ldyn.core import stream
from ldyn.kernels import Gaussian, median_bandwidth
from ldyn.lowcost import FeatureRidge, accumulate
from ldyn.solvers import FourierFeatures, NystromFeatures

DIM, BLOCK, NOISE, SPREAD = 20, 8192, 1.0, 4.98
GRID = tuple(itertools.product((0.01, 0.1, 1.0), (1e-4, 1e-6, 1e-8)))  # eta0, alpha of SGD
FOURIER = "ldyn.lowcost, FourierFeatures"
NYSTROM = "ldyn.lowcost, NystromFeatures"


def friedman(n: int, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows of Friedman's first function, (n, 20) and (n,), y in standard deviations."""
    draw = np.random.default_rng(stream(name).initial_seed())
    x = draw.random((n, DIM), dtype=np.float32)
    a = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2
    clean = a + 10 * x[:, 3] + 5 * x[:, 4] - 14.4
    y = (clean + NOISE * draw.standard_normal(n, dtype=np.float32)) / SPREAD
    return x, y.astype(np.float32)


def write_table(folder: Path, n: int) -> tuple[Path, Path]:
    """Write n rows, a part at a time, as x.npy and y.npy."""
    paths = folder / "x.npy", folder / "y.npy"
    x, y = (
        np.lib.format.open_memmap(p, "w+", np.float32, shape)
        for p, shape in zip(paths, ((n, DIM), (n,)), strict=True)
    )
    for start in range(0, n, 100_000):
        part = slice(start, min(start + 100_000, n))
        x[part], y[part] = friedman(part.stop - start, f"streaming rows {start}")
    return paths


class Ours:
    """Features fitted to the first rows; then one pass, its penalty chosen by leave-one-out."""

    choice = None

    def __init__(self, first: Any, features: Any) -> None:
        self.features = features.fit(first[0])

    def __call__(self, table: tuple[Path, Path]) -> Callable:
        model = FeatureRidge(self.features).merge(accumulate([table], self.features, block=BLOCK))
        model.fit_  # noqa: B018
        return model.predict


class Peer:
    """Nystroem and SGD as their manuals combine them; features and tuning are made beforehand."""

    def __init__(self, first: Any, gamma: float, count: int, tuned: bool) -> None:
        (x, y), self.choice = first, {}
        self.map = Nystroem(gamma=gamma, n_components=count, random_state=0).fit(x)
        if tuned:
            phi, errors = self.map.transform(x), {}
            n = 4 * len(phi) // 5
            for eta, alpha in GRID:
                model = SGDRegressor(eta0=eta, alpha=alpha, random_state=0)
                errors[eta, alpha] = np.square(
                    model.partial_fit(phi[:n], y[:n]).predict(phi[n:]) - y[n:]
                ).mean()
            self.choice = dict(zip(("eta0", "alpha"), min(errors, key=errors.get), strict=True))

    def __call__(self, table: tuple[Path, Path]) -> Callable:
        x, y = (np.load(path, mmap_mode="r") for path in table)
        model = SGDRegressor(random_state=0, **self.choice)
        for start in range(0, len(x), BLOCK):
            part = slice(start, start + BLOCK)
            model.partial_fit(self.map.transform(x[part]), y[part])
        return lambda z: model.predict(self.map.transform(z))


def measured(make: Callable[[], Any], table: tuple[Path, Path]) -> tuple[float, float, Any, Any]:
    """Return the processor seconds before and of the pass, the choice made, and the predictor."""
    torch.set_num_threads(1)
    with threadpool_limits(1):
        start = time.process_time()
        ready = make()
        made = time.process_time()
        model = ready(table)
        return made - start, time.process_time() - made, ready.choice, model


def peak(make: Callable[[], Any], table: tuple[Path, Path]) -> float:
    """Return the peak resident memory, in GiB, of a process that does this work."""
    measured(make, table)
    unit = 2**30 if sys.platform == "darwin" else 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def apart(work: Callable[..., float], *arguments: Any) -> float:
    """Return what `work` returns in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        return alone.submit(work, *arguments).result()


def contestants(
    first: Any, fourier: tuple[int, ...], nystrom: tuple[int, ...]
) -> dict[str, tuple[int, Callable[[], Any]]]:
    """By name, M and what makes a contestant ready on the first rows."""
    bandwidth = median_bandwidth(torch.from_numpy(first[0][:2000]))
    kernel, gamma = Gaussian(bandwidth), 1 / (2 * bandwidth**2)
    made: dict[str, tuple[int, Callable[[], Any]]] = {}
    for m in fourier:
        ours = functools.partial(Ours, first, FourierFeatures(kernel, m))
        made[f"{FOURIER}, M = {m}"] = m, ours
    for m in nystrom:
        ours = functools.partial(Ours, first, NystromFeatures(kernel, m))
        made[f"{NYSTROM}, M = {m}"] = m, ours
    for m, tuned in itertools.product(fourier, (False, True)):
        name = f"Nystroem + SGD{', tuned' * tuned}, float32, M = {m}"
        made[name] = m, functools.partial(Peer, first, gamma, m, tuned)
    return made


def main(scale: str) -> None:
    run = Run("streaming", scale, dtype="float32 blocks, float64 totals", threads=1)
    run.device = torch.device("cpu")  # the peer knows no other
    smoke = scale == "smoke"
    n, rows, repeats = (5_000, 1_000, 1) if smoke else (2_000_000, 50_000, 1)
    fourier, nystrom = ((20,), (20,)) if smoke else ((100, 300, 1000), (100, 200, 400, 700, 1000))
    z, truth = friedman(2_000 if smoke else 50_000, "streaming judge")
    with tempfile.TemporaryDirectory() as folder:
        table = write_table(Path(folder), n)
        work = contestants(friedman(rows, "streaming rows 0"), fourier, nystrom)
        most = f"{FOURIER}, M = {fourier[-1]}"
        # First, while this process is small: Linux counts the parent's peak as the child's.
        gib = apart(peak, work[most][1], table)
        found: dict[str, list[Any]] = {name: [] for name in work}
        for repeat, name in itertools.product(range(repeats), work):
            found[name].append(measured(work[name][1], table))
            print(name, repeat, *found[name][-1][:3], file=sys.stderr)
    error = {k: float(np.sqrt(np.square(v[0][3](z) - truth).mean())) for k, v in found.items()}
    before, passed = (
        {k: statistics.median(times[i] for times in v) for k, v in found.items()} for i in (0, 1)
    )
    total = {name: before[name] + passed[name] for name in found}
    for name, (m, _) in work.items():
        base = f"{FOURIER}, M = {m}"
        as_good = [total[k] for k in work if "ldyn" in k and error[k] <= error[name]]
        run.add(
            method=name,
            rows=n,
            features=m,
            before=before[name],
            passing=passed[name],
            seconds=total[name],
            rows_per_second=n / passed[name],
            times_ours=total[name] / total[base] if base in total else None,
            at_equal_error=total[name] / min(as_good) if as_good else None,
            rmse=error[name],
            gib=gib if name == most else None,
            choice=found[name][0][2] or None,
        )
    run.finish()


if __name__ == "__main__":
    main(asked_scale())
