"""Layers of kernel ridge regression with honest inputs: no response is used in two of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import torch
from torch import Tensor

from ldyn.core import require_count, stream
from ldyn.solvers import KernelRidge, fill_gram, loo_path, symmetric_gram
from ldyn.solvers.base import Regressor, like
from ldyn.solvers.choice import typical_distance
from ldyn.solvers.gram import KERNELS

Bottom = tuple[str, float, float]  # kernel, bandwidth in typical distances, ridge in noise/signal
Setting = tuple[float, float, float]
Upper = Sequence[Setting]

GRID, MOST = 1024, 16_384  # rows up to which one layer takes a grid, and rows that are possible
LEAST, LEAD = 16, 0.5  # what more layers need: rows of a fold; √n times their lead, over var y
BOTTOMS = [("gaussian", h, 1.6) for h in (0.16, 0.23, 0.35, 0.53)]
BOTTOMS += [("laplace", h, 0.5) for h in (0.6, 2.0, 6.0)] + [("laplace", 2.0, 1.6)]
# Bandwidths of x, in typical distances, and of u, in standard deviations of y; and ridges.
WIDTHS = [(math.inf, 0.2), (math.inf, 0.45), (math.inf, 1.1), (0.4, 1.1), (1.0, 0.45), (1.0, 1.1)]
UPPER = [10 ** (p / 2) for p in range(-3, 4)]  # in units of noise over signal
SINGLES = [("gaussian", h) for h in (0.08, 0.16, 0.24, 0.36, 0.54, 0.8, 1.2)]
SINGLES += [("laplace", h) for h in (0.2, 0.6, 2.0, 6.0)]
RIDGES = [10 ** (p / 2) for p in range(-6, 5)]


@dataclass(frozen=True)
class StackRecord:
    """What a stack chose, and by which numbers.

    Fields: `layers`, how many answer; `loo`, the leave-one-out errors of 1, 2, … layers over the
    variance of y; `noise` over signal, by one layer's; `bottom`, (kernel, bandwidth, ridge over
    noise) of the first layer; `upper`, (bandwidth of x, of u, ridge) of each above. Bandwidths of x
    in typical distances of standardised rows, of u in standard deviations of y.
    """

    layers: int
    loo: tuple[float, ...]
    noise: float
    bottom: Bottom
    upper: tuple[Setting, ...]


class StackedKernelRidge(Regressor):
    """Kernel ridge regression in layers, layer l on x and the answer u of layer l − 1 elsewhere.

    The rows are dealt into folds. f_l = mean over folds F of the ridge regression on F alone, with
    Matérn 3/2 on (x/h, u/w), where u = f_{l−1}(x) was fitted on the other folds: given these, its
    kernel is fixed. Settings by the leave-one-out error of the layer above, and so the number of
    layers: one is `KernelRidge` on all rows, more must lead it by (2√n)⁻¹ of the variance of y.

    Arguments: `layers`, the most that are tried, at most `folds`; `folds` ≥ 2; `seed` of the deal.
    Fitted: `record_`, `layers_`, `single_`, the one layer on standardised rows.
    Raises: ValueError for bad rows, more than 16,384 of them, or more layers than folds.
    Source: wolpert1992, prop-dishonest, prop-honest-layer, prop-no-harm, thm-margin.
    """

    def __init__(self, layers: int = 3, folds: int = 4, seed: int = 0) -> None:
        self.layers, self.folds, self.seed = layers, folds, seed

    def fit(self, x: Any, y: Any) -> Self:
        """Choose and solve. Arguments: `x` (n, d), `y` (n,) or (n, c)."""
        require_count(self.folds, "folds", at_least=2)
        if require_count(self.layers, "layers") > self.folds:
            raise ValueError(f"{self.layers} layers need as many folds; try folds={self.layers}")
        points, targets, _ = self._samples(x, y, None)
        n, draw = len(points), stream("honest", self.seed)
        if n > MOST:
            raise ValueError(f"at most {MOST:,} rows, got {n:,}; try KernelRidge(), or fewer rows")
        (self.mean_, unit), (self.centre_, self.spread_) = _moments(points), _moments(targets)
        self.unit_ = unit * typical_distance((points - self.mean_) / unit, draw)
        z, y = (points - self.mean_) / self.unit_, (targets - self.centre_) / self.spread_
        self.single_ = _single(z, y, self.seed)
        loo, variance = self.single_.record_.loo, float(y.square().mean())
        noise = max(1e-3, loo / max(variance - loo, 0.1 * variance, 1e-12))
        deal, every = torch.randperm(n, generator=draw).to(z.device), range(self.folds)
        data = _Data(z, y, [deal[k :: self.folds] for k in every], noise)
        errors, bottom, upper = list[float](), BOTTOMS[0], list[Setting]()
        if self.layers > 1 and n >= LEAST * self.folds and variance > 0:
            errors, bottom, upper = _choose(data, self.layers)
        stacks = (_stack(data, every, bottom, upper[:k]) for k in range(1, len(upper) + 1))
        self._models = [self.single_.predict, *stacks]
        scores = [loo, *(error + LEAD / math.sqrt(n) for error in errors)]
        self.layers_ = 1 + scores.index(min(scores))
        self.record_ = StackRecord(self.layers_, (loo, *errors), noise, bottom, tuple(upper))
        return self

    def predict(self, x: Any) -> Any:
        """Return f̂ at points (m, d), (m,) or (m, c) as y was, by the layers that were chosen."""
        return self._answer(x)

    def staged_predict(self, x: Any) -> list[Any]:
        """Return f̂ of 1, 2, … layers, chosen or not, each as `predict` would."""
        self._require_fitted()
        return [self._answer(x, depth) for depth in range(1, len(self.record_.loo) + 1)]

    def _answer(self, x: Any, depth: int | None = None) -> Any:
        z = (self._points(x).to(self.mean_) - self.mean_) / self.unit_
        model = self._models[(depth or self.layers_) - 1]
        values = self.centre_ + self.spread_ * torch.cat([model(part) for part in z.split(8192)])
        return like(values[:, 0] if self._flat else values, x)


@dataclass(frozen=True)
class _Data:
    """Rows x (n, d) in typical distances, y (n, c) in standard deviations, folds, noise/signal."""

    x: Tensor
    y: Tensor
    folds: list[Tensor]
    noise: float
    seen: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Ridge:
    """Kernel ridge regression, x ↦ k(x, rows) c + mean."""

    kernel: Any
    rows: Tensor
    coefficients: Tensor
    mean: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        return fill_gram(self.kernel, x, self.rows) @ self.coefficients + self.mean


@dataclass(frozen=True)
class _Layer:
    """The mean over folds of a ridge regression on (x/h, u/w), u from the layer below elsewhere."""

    parts: list[tuple[Any, _Ridge]]
    widths: tuple[float, float]

    def __call__(self, x: Tensor) -> Tensor:
        tops = [top(_inputs(x, lower(x), *self.widths)) for lower, top in self.parts]
        return torch.stack(tops).mean(0)


def _moments(values: Tensor) -> tuple[Tensor, Tensor]:
    spread = values.std(0, correction=0)
    return values.mean(0), torch.where(spread > 0, spread, 1.0)


def _single(z: Tensor, y: Tensor, seed: int) -> KernelRidge:
    """Return one layer on all rows: up to 1,024 the best of a grid, by exact leave-one-out."""
    if len(z) > GRID:
        return KernelRidge(seed=seed).fit(z, y)
    found = [loo_path(symmetric_gram(KERNELS[k](h), z), y, ridges=RIDGES) for k, h in SINGLES]
    i, j = divmod(int(torch.stack(found).argmin()), len(RIDGES))
    kernel, h = SINGLES[i]
    return KernelRidge(kernel, penalty=RIDGES[j], bandwidth=h, solver="cholesky").fit(z, y)


def _inputs(x: Tensor, u: Tensor, h: float, w: float) -> Tensor:
    u = u / (w * math.sqrt(u.shape[1]))
    return u if math.isinf(h) else torch.cat([x / h, u], 1)


def _ridge(kernel: str, h: float, rows: Tensor, y: Tensor, ridge: float) -> _Ridge:
    gram, mean = symmetric_gram(KERNELS[kernel](h), rows), y.mean(0)
    gram.diagonal().add_(ridge)
    found = torch.cholesky_solve(y - mean, torch.linalg.cholesky(gram))
    return _Ridge(KERNELS[kernel](h), rows, found, mean)


def _stack(data: _Data, kept: Sequence[int], bottom: Bottom, upper: Upper) -> Any:
    """Return x ↦ 1 + len(upper) layers, fitted on the folds `kept`, once."""
    key = (tuple(kept), bottom, tuple(upper))
    if key not in data.seen and upper:
        (*below, (h, w, ridge)), parts = upper, []
        for k in kept:
            lower, rows = _stack(data, [j for j in kept if j != k], bottom, below), data.folds[k]
            inputs = _inputs(data.x[rows], lower(data.x[rows]), h, w)
            parts.append((lower, _ridge("matern32", 1.0, inputs, data.y[rows], ridge)))
        data.seen[key] = _Layer(parts, (h, w))
    elif key not in data.seen:
        rows, (kernel, h, times) = torch.cat([data.folds[k] for k in kept]), bottom
        data.seen[key] = _ridge(kernel, h, data.x[rows], data.y[rows], times * data.noise)
    return data.seen[key]


def _outside(data: _Data, bottom: Bottom, upper: Upper, folds: Sequence[int]) -> dict[int, Tensor]:
    """Return the answers on each of `folds` of a stack fitted on all others."""
    others = {k: [j for j in range(len(data.folds)) if j != k] for k in folds}
    return {k: _stack(data, others[k], bottom, upper)(data.x[data.folds[k]]) for k in folds}


def _judge(data: _Data, us: dict[int, Tensor], h: float, w: float) -> Tensor:
    """Return the leave-one-out errors of tops on each fold, of inputs u there, by ridge."""
    total, ridges = data.x.new_zeros(len(UPPER)), [t * data.noise for t in UPPER]
    for k, u in us.items():
        x, y = data.x[data.folds[k]], data.y[data.folds[k]]
        gram = symmetric_gram(KERNELS["matern32"](1.0), _inputs(x, u, h, w).float())
        total += len(y) * loo_path(gram, y - y.mean(0), ridges=ridges)
    return total / sum(len(u) for u in us.values())


def _top(data: _Data, us: dict[int, Tensor]) -> tuple[float, Setting]:
    """Return the least leave-one-out error over widths and ridges, and where it is."""
    found = torch.stack([_judge(data, us, *widths) for widths in WIDTHS])
    i, j = divmod(int(found.argmin()), len(UPPER))
    return float(found[i, j]), (*WIDTHS[i], UPPER[j] * data.noise)


def _choose(data: _Data, layers: int) -> tuple[list[float], Bottom, list[Setting]]:
    """Return the leave-one-out errors of 2, …, `layers` layers, and the settings."""
    every = range(len(data.folds))
    us = [_outside(data, bottom, [], every[::2]) for bottom in BOTTOMS]
    scores = torch.stack([_judge(data, u, *WIDTHS[1]).min() for u in us])
    found = []
    for j in scores.argsort()[:2].tolist():
        rest = _outside(data, BOTTOMS[j], [], every[1::2])
        found.append((*_top(data, us[j] | rest), BOTTOMS[j]))
    error, setting, bottom = min(found, key=lambda f: f[0])
    errors, upper = [error], [setting]
    for _ in range(layers - 2):
        error, setting = _top(data, _outside(data, bottom, upper, every))
        errors.append(error)
        upper.append(setting)
    return errors, bottom, upper
