"""One pass over a table on disk: ridge from normal equations, and scikit-learn's Nystroem + SGD.

Friedman's function of 5 of 20 uniform columns with unit noise, mapped from float32 files and read
in blocks of 4,096 rows; a Gaussian kernel of the same bandwidth for all, the median distance over
√2 of the first rows. Features are fixed on those rows; their time is not counted, nor is that of
the peer's tuning, a grid of step sizes and penalties on the first rows at its own features. The
peer computes in the dtype that it is given: float64, or float32 as ours. Errors are on fresh rows,
in standard deviations of y; memory is the peak of our largest pass, in a process of its own.
"""

import functools
import itertools
import resource
import statistics
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _table import THREADS, Run, alternate, asked_scale, ratio
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import SGDRegressor
from torch import Tensor

from ldyn.core import stream
from ldyn.kernels import Gaussian, median_bandwidth
from ldyn.lowcost import FeatureRidge, accumulate

DIM, BLOCK, NOISE, SPREAD = 20, 4096, 1.0, 4.98
GRID = tuple(itertools.product((0.01, 0.1, 1.0), (1e-4, 1e-6, 1e-8)))  # eta0, alpha of SGD
OURS = "Fourier, ldyn.lowcost.accumulate"


class Fourier:
    """Cosines and sines of frequencies of the kernel, written in place."""

    def __init__(self, kernel: Gaussian, count: int) -> None:
        draw = stream("streaming frequencies", count)
        points = torch.rand(count // 2, DIM + 1, generator=draw, dtype=torch.float64)
        self.frequencies = kernel.frequencies(points)

    def transform(self, x: Tensor) -> Tensor:
        q = len(self.frequencies)
        out = x.new_empty(len(x), 2 * q)
        torch.mm(x, self.frequencies.T.to(x), out=out[:, q:])
        torch.cos(out[:, q:], out=out[:, :q])
        out[:, q:].sin_()
        return out.mul_(q**-0.5)


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


def ours(table: tuple[Path, Path], features: Any) -> Callable:
    """Return the predictor after one pass, its penalty chosen by GCV."""
    return FeatureRidge(features).merge(accumulate([table], features, block=BLOCK)).predict


class Peer:
    """Nystroem and SGD as their manuals combine them; features and tuning are made beforehand."""

    def __init__(self, first: Any, gamma: float, count: int, dtype: type, tuned: bool) -> None:
        x, y = (a.astype(dtype) for a in first)
        self.dtype, self.choice = dtype, {}
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
            model.partial_fit(self.map.transform(x[part].astype(self.dtype)), y[part])
        return lambda z: model.predict(self.map.transform(z.astype(self.dtype)))


def peak(work: Callable[[], Any]) -> float:
    """Return the peak resident memory, in GiB, of a process that does this work."""
    torch.set_num_threads(THREADS)
    work()
    unit = 2**30 if sys.platform == "darwin" else 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def contestants(
    table: tuple[Path, Path], first: Any, counts: tuple[int, ...]
) -> dict[str, tuple[int, Callable[[], Any]]]:
    bandwidth = median_bandwidth(torch.from_numpy(first[0][:2000]))
    kernel, gamma = Gaussian(bandwidth), 1 / (2 * bandwidth**2)
    found: dict[str, tuple[int, Callable[[], Any]]] = {}
    for m in counts:
        found[f"{OURS}, M = {m}"] = m, functools.partial(ours, table, Fourier(kernel, m))
        for dtype, tuned in ((np.float64, False), (np.float32, False), (np.float32, True)):
            peer = Peer(first, gamma, m, dtype, tuned)
            name = f"Nystroem + SGD{', tuned' * tuned}, {np.dtype(dtype)}, M = {m}"
            found[name] = m, functools.partial(peer, table)
    return found


def main(scale: str) -> None:
    run = Run("streaming", scale, dtype="float32 blocks, float64 totals")
    run.device = torch.device("cpu")  # the peer knows no other
    smoke = scale == "smoke"
    n, counts, repeats, rows = (
        (5_000, (20,), 1, 1000) if smoke else (2_000_000, (100, 300, 1000), 1, 50_000)
    )
    z, truth = friedman(2_000 if smoke else 50_000, "streaming judge")
    with tempfile.TemporaryDirectory() as folder:
        table = write_table(Path(folder), n)
        work = contestants(table, friedman(rows, "streaming rows 0"), counts)
        calls = {name: call for name, (_, call) in work.items()}
        found = [alternate(calls, repeat, run.device) for repeat in range(repeats)]
        for name, (m, call) in work.items():
            memory = None
            if name == f"{OURS}, M = {counts[-1]}":
                with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
                    memory = alone.submit(peak, call).result()
            times = [repeat[name][0] for repeat in found]
            base = [repeat[f"{OURS}, M = {m}"][0] for repeat in found]
            error = float(np.sqrt(np.square(found[0][name][1](z) - truth).mean()))
            choice = getattr(getattr(call, "func", None), "choice", None)
            run.add(
                method=name,
                rows=n,
                features=m,
                seconds=statistics.median(times),
                rows_per_second=n / statistics.median(times),
                times_ours=ratio(times, base),
                rmse=error,
                gib=memory,
                choice=choice or None,
                all_seconds=[round(t, 3) for t in times],
            )
    run.finish()


if __name__ == "__main__":
    main(asked_scale())
