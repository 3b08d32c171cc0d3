"""Narrow minima for the study of inertia: all at once, one by one, and SciPy's least squares.

Every contestant starts from the same input weights and stops at the same tolerance on the gradient.
Variable projection solves for the output weights; the others start from those of the study. SciPy
gets the exact Jacobian in NumPy and calls MINPACK, the fastest way a reader would write it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from _table import Run, alternate, asked_scale
from scipy.optimize import least_squares
from torch import Tensor
from torch.nn.functional import pad

from ldyn.landscape import UnitNet, levenberg_marquardt
from ldyn.lowcost import project_outputs
from ldyn.studies.landscape import inertia

TOGETHER = "variable projection, all at once, ldyn"
ALONE = "variable projection, a loop over ldyn"
WHOLE = "all weights, all of a shape at once, ldyn"
SCIPY = "a loop over scipy.optimize.least_squares(method='lm')"
STEPS = 400
Problems = list[tuple[UnitNet, Tensor, Tensor, Tensor]]


def problems(count: int, device: torch.device) -> Problems:
    shapes: dict[Any, list[Any]] = {}
    for cell in inertia.cells("full"):
        if cell.seed < count and cell.activation == "tanh":
            shapes.setdefault(inertia.group(cell), []).append(cell)
    found = []
    for cells in shapes.values():
        x, y, start = zip(*map(inertia.problem, cells), strict=True)
        net = UnitNet(inputs=cells[0].inputs, outputs=cells[0].outputs)
        found.append((net, *(torch.stack(t).to(device) for t in (x, y, start))))
    return found


def project(w: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return project_outputs(w, x, y)[:2]


def fit(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    return levenberg_marquardt(
        lambda *one: project(*(t[None] for t in one))[0][0],
        w.flatten(1), (x, y), linearise=project, steps=STEPS,
    ).loss  # fmt: skip


def in_one(tensors: tuple[Tensor, ...]) -> Tensor:
    """Stack tensors (k, a, b) of several shapes; the zeros that are filled in change no fit."""
    a, b = (max(t.shape[side] for t in tensors) for side in (1, 2))
    return torch.cat([pad(t, (0, b - t.shape[2], 0, a - t.shape[1])) for t in tensors])


def together(work: Problems) -> Tensor:
    parts = [(net.split(start)[1], x, y) for net, x, y, start in work]
    return fit(*map(in_one, zip(*parts, strict=True)))


def alone(work: Problems) -> Tensor:
    shapes = [(net.split(start)[1], x, y) for net, x, y, start in work]
    singles = [[t[None] for t in p] for shape in shapes for p in zip(*shape, strict=True)]
    return torch.cat([fit(*single) for single in singles])


def whole(work: Problems) -> Tensor:
    fits = [
        levenberg_marquardt(net.residuals, start, (x, y), linearise=net.linearise, steps=STEPS)
        for net, x, y, start in work
    ]
    return torch.cat([fit.loss for fit in fits])


def minpack(net: UnitNet, x: np.ndarray, y: np.ndarray, start: np.ndarray) -> float:
    size, m, n = net.outputs + net.inputs, net.outputs, len(x)

    def residuals(theta: np.ndarray) -> np.ndarray:
        t = theta.reshape(-1, size)
        return (np.tanh(x @ t[:, m:].T) @ t[:, :m] - y).ravel()

    def jacobian(theta: np.ndarray) -> np.ndarray:
        t = theta.reshape(-1, size)
        a = np.tanh(x @ t[:, m:].T)
        j = np.zeros((n, m, len(t), size))
        for c in range(m):
            j[:, c, :, c] = a
        j[..., m:] = ((1 - a**2)[:, None, :, None] * t[:, :m].T[:, :, None]) * x[:, None, None, :]
        return j.reshape(n * m, -1)

    fit = least_squares(
        residuals, start, jac=jacobian, method="lm", xtol=1e-14, ftol=1e-14, gtol=1e-12,
        max_nfev=STEPS,
    )  # fmt: skip
    return float(fit.cost)


def loop_scipy(work: Problems) -> Tensor:
    costs = [
        minpack(net, *(t.cpu().numpy() for t in p))
        for net, x, y, s in work
        for p in zip(x, y, s, strict=True)
    ]
    return torch.tensor(costs, dtype=torch.float64)


def main(scale: str) -> None:
    run = Run("minima", scale, dtype="float64")
    counts = {"smoke": (1,), "laptop": (60, 600), "full": (60, 1000)}[scale]
    for first in (together, whole):
        first(problems(1, run.device))  # the first call of torch.func compiles its rules
    for count in counts:
        work = problems(count, run.device)
        contestants: dict[str, Callable[[], Tensor]] = {TOGETHER: lambda work=work: together(work)}
        if count == counts[0]:
            contestants[ALONE] = lambda work=work: alone(work)
        contestants[WHOLE] = lambda work=work: whole(work)
        contestants[SCIPY] = lambda work=work: loop_scipy(work)
        found = alternate(contestants, 0, run.device)
        losses = {name: loss.cpu() for name, (_, loss) in found.items()}
        best = torch.stack(list(losses.values())).amin(0)
        for name, (seconds, _) in found.items():
            run.add(
                method=name,
                problems=len(best),
                seconds=seconds,
                times_ours=seconds / found[TOGETHER][0],
                as_good_as_the_best=(losses[name] <= best + 1e-9).double().mean().item(),
            )
    run.finish()


if __name__ == "__main__":
    main(asked_scale())
