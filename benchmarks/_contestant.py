"""One contestant of `peers.py`, in a process of its own: METHOD ARRAYS.npz, answers on stdout.

The seconds are those of the processor, from the arrays in memory to the predictions, tuning and
standardising included, libraries loaded before. Test targets are read after the clock has stopped.
"""

import contextlib
import importlib
import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from itertools import product
from typing import Any

import numpy as np

Array = Any
GAMMAS = [10 ** (k / 2) for k in range(-3, 4)]  # on standardised columns: bandwidths 4 to .13
PENALTIES = [10.0**k for k in range(-4, 2)]
ROWS = 8000  # of what costs n³
SHAPES = ((15, 20), (31, 20), (63, 20), (127, 20), (255, 20), (63, 100))  # leaves, rows of a leaf


def some(x: Array, y: Array, rows: int) -> tuple[Array, Array]:
    """Return so many random rows, all if there are fewer."""
    at = np.random.default_rng(0).permutation(len(x))[:rows]
    return x[at], y[at]


def standard(x: Array, z: Array) -> tuple[Array, Array]:
    mean, spread = x.mean(0), x.std(0)
    spread[spread == 0] = 1
    return (x - mean) / spread, (z - mean) / spread


def held_out(x: Array, y: Array) -> tuple[Array, Array, Array, Array]:
    """Return four fifths of the rows, and the fifth that judges."""
    x, y = some(x, y, len(x))
    cut = len(x) // 5
    return x[cut:], y[cut:], x[:cut], y[:cut]


def ours(x: Array, y: Array, z: Array, **options: Any) -> tuple[Array, str]:
    from ldyn.solvers import KernelRidge

    fit = KernelRidge(**options).fit(x, y)
    return fit.predict(z), f"{fit.record_.kernel}, {fit.record_.solver}"


def kernel_ridge(x: Array, y: Array, z: Array) -> tuple[Array, str]:
    from sklearn.kernel_ridge import KernelRidge
    from sklearn.model_selection import GridSearchCV

    x, z = standard(x, z)
    grid = {"gamma": GAMMAS, "alpha": PENALTIES[1:]}
    scale = y.mean()
    search = GridSearchCV(KernelRidge(kernel="rbf"), grid, cv=5, refit=False)
    few = some(x, y - scale, 1000)
    found = search.fit(*few).best_params_
    fit = KernelRidge(kernel="rbf", **found).fit(*some(x, y - scale, ROWS))
    return fit.predict(z) + scale, f"gamma {found['gamma']:.3g}, alpha {found['alpha']:.1g}"


def nystroem(x: Array, y: Array, z: Array) -> tuple[Array, str]:
    from sklearn.kernel_approximation import Nystroem
    from sklearn.linear_model import RidgeCV

    x, z = standard(x, z)
    features = Nystroem(random_state=0)
    return RidgeCV().fit(features.fit_transform(x), y).predict(features.transform(z)), "100"


def nystroem_tuned(x: Array, y: Array, z: Array) -> tuple[Array, str]:
    """Gamma by the leave-one-out error of 300 features, then 1,000 features."""
    from sklearn.kernel_approximation import Nystroem
    from sklearn.linear_model import RidgeCV

    x, z = standard(x, z)

    def fitted(gamma: float, count: int) -> tuple[float, Any, Any]:
        features = Nystroem(gamma=gamma, n_components=min(count, len(x)), random_state=0)
        model = RidgeCV(PENALTIES).fit(features.fit_transform(x), y)
        return float(model.best_score_), features, model

    gamma = max(GAMMAS, key=lambda g: fitted(g, 300)[0])
    _, features, model = fitted(gamma, 1000)
    return model.predict(features.transform(z)), f"gamma {gamma:.3g}"


def nystroem_tensors(x: Array, y: Array, z: Array) -> tuple[Array, str]:
    """The same on float32 tensors, by scikit-learn's array API."""
    import torch
    from sklearn import config_context

    x, y, z = (torch.from_numpy(a.astype(np.float32)) for a in (x, y, z))
    with config_context(array_api_dispatch=True):
        found, note = nystroem_tuned(x, y, z)
    return found.numpy(), note


def lightgbm(x: Array, y: Array, z: Array) -> tuple[Array, str]:
    from lightgbm import LGBMRegressor

    return LGBMRegressor(n_jobs=1, verbose=-1).fit(x, y).predict(z), "100 trees"


def lightgbm_tuned(x: Array, y: Array, z: Array) -> tuple[Array, str]:
    """Six shapes, stopped by a fifth of the rows; the best again on all rows."""
    from lightgbm import LGBMRegressor, early_stopping

    common = {"learning_rate": 0.05, "n_jobs": 1, "verbose": -1}
    a, b, p, q = held_out(x, y)
    tried = []
    for leaves, least in SHAPES:
        shape = {"num_leaves": leaves, "min_child_samples": least}
        fit = LGBMRegressor(n_estimators=3000, **shape, **common)
        fit.fit(a, b, eval_set=[(p, q)], callbacks=[early_stopping(50, verbose=False)])
        tried.append((fit.best_score_["valid_0"]["l2"], fit.best_iteration_, shape))
    _, rounds, shape = min(tried, key=lambda t: t[0])
    last = LGBMRegressor(n_estimators=rounds, **shape, **common).fit(x, y)
    return last.predict(z), f"{shape['num_leaves']} leaves, {rounds} trees"


def svgp(x: Array, y: Array, z: Array, *, epochs: int = 20) -> tuple[Array, str]:
    import _gaussian_processes

    x, z = standard(x, z)
    mean, scale = y.mean(), y.std()
    return _gaussian_processes.svgp(x, (y - mean) / scale, z, epochs) * scale + mean, "500 points"


def gp_exact(x: Array, y: Array, z: Array, *, rows: int = 3000) -> tuple[Array, str]:
    import _gaussian_processes

    x, z = standard(x, z)
    mean, scale = y.mean(), y.std()
    x, y = some(x, (y - mean) / scale, rows)
    return _gaussian_processes.exact(x, y, z, 25) * scale + mean, f"{len(x):,} rows, 25 steps"


def xrfm(x: Array, y: Array, z: Array) -> tuple[Array, str]:
    from xrfm import xRFM

    x, z = standard(x, z)
    a, b, p, q = (v.astype(np.float32) for v in held_out(*some(x, y, ROWS)))
    fit = xRFM(tuning_metric="mse", random_state=0, verbose=False)
    fit.fit(a, b[:, None], p, q[:, None])
    values = np.asarray(fit.predict(z.astype(np.float32))).ravel()
    return values, f"{min(len(x), ROWS):,} rows, a fifth of them to validate"


def xrfm_tuned(x: Array, y: Array, z: Array) -> tuple[Array, str]:
    """Bandwidth and ridge by the same fifth of the rows."""
    from xrfm import xRFM

    x, z = standard(x, z)
    a, b, p, q = (v.astype(np.float32) for v in held_out(*some(x, y, ROWS)))
    tried = []
    for bandwidth, reg in product((0.3, 1.0, 3.0, 10.0), (1e-2, 1e-1, 1.0)):
        model = {"kernel": "l2", "bandwidth": bandwidth, "exponent": 1.0, "diag": False}
        how = {"reg": reg, "iters": 5, "early_stop_rfm": True, "verbose": False}
        params = {"model": model, "fit": how}
        fit = xRFM(rfm_params=params, tuning_metric="mse", random_state=0, verbose=False)
        fit.fit(a, b[:, None], p, q[:, None])
        error = float(np.mean((np.asarray(fit.predict(p)).ravel() - q) ** 2))
        tried.append((error, f"bandwidth {bandwidth}, ridge {reg}", fit))
    _, note, fit = min(tried, key=lambda t: t[0])
    return np.asarray(fit.predict(z.astype(np.float32))).ravel(), note


def torchkm(x: Array, y: Array, z: Array) -> tuple[Array, str]:
    from torchkm import TorchKMKQR

    x, z = standard(x, z)
    fit = TorchKMKQR(tau=0.5).fit(*some(x, y, 500))
    return np.asarray(fit.predict(z)), "the median, 500 rows"


METHODS: dict[str, tuple[Callable[..., tuple[Array, str]], str, int]] = {
    "KernelRidge, ldyn": (ours, "torch", 0),
    "KernelRidge, ldyn, cells": (lambda x, y, z: ours(x, y, z, solver="cells"), "torch", 1),
    "KernelRidge, GridSearchCV": (kernel_ridge, "scikit-learn", 4),
    "Nystroem, RidgeCV": (nystroem, "scikit-learn", 0),
    "Nystroem, RidgeCV, tuned": (nystroem_tuned, "scikit-learn", 3),
    "Nystroem, RidgeCV, tuned, on tensors": (nystroem_tensors, "scikit-learn", 3),
    "LightGBM": (lightgbm, "lightgbm", 0),
    "LightGBM, tuned": (lightgbm_tuned, "lightgbm", 5),
    "SVGP, GPyTorch": (svgp, "gpytorch", 5),
    "exact, GPyTorch": (gp_exact, "gpytorch", 4),
    "xRFM": (xrfm, "xrfm", 1),
    "xRFM, tuned": (xrfm_tuned, "xrfm", 3),
    "TorchKMKQR": (torchkm, "torchkm", 2),
}


def peak() -> float:
    """GiB of memory at most held so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def main(method: str, arrays: str) -> None:
    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(1)
    work, library, settings = METHODS[method]
    importlib.import_module("sklearn" if library == "scikit-learn" else library)
    with np.load(arrays) as kept:
        x, y, z, truth = (kept[name] for name in ("x", "y", "z", "truth"))
    before, wall, start = peak(), time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(sys.stderr):
        found, note = work(x, y, z)
    took, waited = time.process_time() - start, time.perf_counter() - wall
    answer = {
        "seconds": took,
        "wall": waited,
        "gib": peak() - before,
        "squares": ((np.ravel(found) - truth) ** 2).tolist(),
        "settings": settings,
        "note": note,
        "version": f"{library} {version(library).split('+')[0]}",
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
