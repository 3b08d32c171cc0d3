"""Choice of ridge and bandwidth: leave-one-out here against scikit-learn's cross-validation.

Both search the same 10 ridges and 6 bandwidths of the Gaussian kernel on the same samples of the
noisy disk, and fit the winner. A repeat is a fresh sample, so the errors vary with it too.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
from _table import Run, alternate, asked_scale, ratio
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import GridSearchCV

from ldyn.core import stream
from ldyn.kernels import Gaussian, fit_ridge_loo
from ldyn.piecewise import Sample, disk, risk, sample

BANDWIDTHS = [0.02, 0.04, 0.08, 0.16, 0.32, 0.64]
RIDGES = [10 ** (-4 + 2 * i / 3) for i in range(10)]
LOO = "leave-one-out, ldyn"
CV = "5-fold cross-validation, scikit-learn"
TWO = "the same, two processes of one thread"


def leave_one_out(data: Sample) -> tuple[Callable, float, float]:
    chosen = fit_ridge_loo(data.x, data.y, kernel=Gaussian, bandwidths=BANDWIDTHS, ridges=RIDGES)
    return chosen.predictor, chosen.bandwidth, chosen.ridge


def cross_validation(data: Sample, processes: int | None) -> tuple[Callable, float, float]:
    grid = {"alpha": RIDGES, "gamma": [1 / (2 * b * b) for b in BANDWIDTHS]}
    search = GridSearchCV(KernelRidge(kernel="rbf"), grid, cv=5, n_jobs=processes)
    search.fit(data.x.numpy(), data.y.numpy())

    def predictor(z: torch.Tensor) -> torch.Tensor:
        parts = [torch.from_numpy(search.predict(part.numpy())) for part in z.split(8192)]
        return torch.cat(parts)

    bandwidth = (2 * search.best_params_["gamma"]) ** -0.5
    return predictor, bandwidth, search.best_params_["alpha"]


def contestants(data: Sample, scale: str) -> dict[str, Callable[[], Any]]:
    work = {LOO: lambda: leave_one_out(data), CV: lambda: cross_validation(data, None)}
    return work if scale == "smoke" else work | {TWO: lambda: cross_validation(data, 2)}


def main(scale: str) -> None:
    run = Run("kernel_ridge", scale, dtype="float64")
    n, repeats = (64, 1) if scale == "smoke" else (2048, 3)
    device = torch.device("cpu")  # the peer knows no other
    times: dict[str, list[float]] = defaultdict(list)
    errors: dict[str, list[float]] = defaultdict(list)
    picks: dict[str, list[list[float]]] = defaultdict(list)
    for repeat in range(repeats):
        data = sample(disk(), n, noise=0.3, generator=stream("kernel ridge bench", n, repeat))
        for name, (took, fit) in alternate(contestants(data, scale), repeat, device).items():
            predictor, bandwidth, ridge = fit
            judge = stream("kernel ridge judge", repeat)
            times[name].append(took)
            errors[name].append(risk(predictor, disk(), generator=judge, points=2**16))
            picks[name].append([round(bandwidth, 4), float(f"{ridge:.4g}")])
    for name in times:
        relative = [a / b for a, b in zip(errors[LOO], errors[name], strict=True)]
        run.add(
            method=name,
            n=n,
            seconds=statistics.median(times[name]),
            times_ours=ratio(times[name], times[LOO]),
            risk=statistics.median(errors[name]),
            our_risk_relative=statistics.median(relative),
            our_risk_relative_worst=max(relative),
            all_seconds=[round(t, 3) for t in times[name]],
            choices=picks[name],
        )
    run.finish()


if __name__ == "__main__":
    main(asked_scale())
