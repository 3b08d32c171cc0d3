"""Tuning with the same effort for everyone: every method, its grid, and two ways to choose."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_choice, require_points, require_positive, require_samples
from ldyn.kernels import Gaussian, Laplace, Stationary, ridge_path
from ldyn.piecewise.adaptive import fit_dyadic_tree, fit_forest, fit_tree
from ldyn.piecewise.linear import (
    cosine_basis,
    fit_haar_projection,
    fit_spline,
    neighbour_means,
)

Values = dict[str, Tensor]
Grid = tuple[Values, dict[str, float] | None]

RIDGES = [10.0 ** (p / 2) for p in range(-10, 7)]
BANDWIDTHS: dict[type[Stationary], list[float]] = {
    Gaussian: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32],
    Laplace: [0.1, 0.3, 1.0, 3.0],
}
NEIGHBOURS = [1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 130, 200, 300]
FACTORS = [0.03, 0.06, 0.12, 0.25, 0.5, 1.0, 2.0]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The chosen candidate: its `label`, its mean squared error `risk`, and its values `fit`."""

    label: str
    risk: float
    fit: Tensor


def candidates(method: str, x: Tensor, y: Tensor, z: Tensor, *, noise: float = 0.3) -> Grid:
    """Return the values at z of `method` fitted on (x, y), for each point of its grid.

    Arguments: `x` (n, d), `y` (n,), `z` (m, d), in the unit cube for some methods; `noise` serves
    the penalised tree alone. A pair: values (m,) by label of the grid point, and leave-one-out
    errors by label where the method has them exactly (kernel ridge), else None.
    Raises: ValueError for an unknown method, bad samples or points, or unless noise > 0.
    Source: def-linear-estimator, def-tree.
    """
    require_choice(method, METHODS, "method")
    require_samples(x, y, at_least=8)
    require_points(z, name="z", dim=x.shape[1])
    require_positive(noise, "noise")
    return METHODS[method](x, y, z, noise)


def choose(candidates: Mapping[str, Tensor], truth: Tensor) -> Choice:
    """Return the candidate of least mean squared distance to `truth` (m,).

    With f* as truth this is the oracle, a lower bound on what any tuning can do; with held-out
    responses it is validation. A candidate with a missing value is never chosen.
    Raises: ValueError when there is no candidate, all miss values, or one has another shape.
    """
    if not candidates:
        raise ValueError("no candidates to choose from; give the method a wider grid")
    for key, fit in candidates.items():
        if fit.shape != truth.shape:
            raise ValueError(
                f"candidates must be of shape {tuple(truth.shape)}, as truth, got "
                f"{tuple(fit.shape)} for {key!r}; try candidate.reshape(-1)"
            )
    risks = {k: (v - truth).square().mean().item() for k, v in candidates.items()}
    label = _least(risks)
    return Choice(label=label, risk=risks[label], fit=candidates[label])


def oracle_and_validated(
    method: str, x: Tensor, y: Tensor, z: Tensor, truth: Tensor, *, noise: float = 0.3
) -> tuple[Choice, Choice]:
    """Return the oracle's choice and the data's, each judged at z against the noise-free truth.

    The oracle fits on all n samples and takes the least true risk. The data's choice is by exact
    leave-one-out where the method has it; else it fits on the first 80 % and chooses by the rest,
    as the networks do (samples are independent, so the first 80 % are a random part).
    Arguments: `x` (n, d), `y` (n,), `z` (m, d), `truth` (m,). Raises: ValueError as `candidates`.
    """
    values, loo = candidates(method, x, y, z, noise=noise)
    oracle = choose(values, truth)
    if loo is None:
        held = max(2, len(y) // 5)
        both = torch.cat([z, x[-held:]])
        values, _ = candidates(method, x[:-held], y[:-held], both, noise=noise)
        label = choose({k: v[len(z) :] for k, v in values.items()}, y[-held:]).label
    else:
        label = _least(loo)
    fit = values[label][: len(z)]
    return oracle, Choice(label=label, risk=(fit - truth).square().mean().item(), fit=fit)


def _least(errors: Mapping[str, float]) -> str:
    """The label of the least error; NaN is none, wherever it stands."""
    finite = {k: e for k, e in errors.items() if e == e}
    if not finite:
        raise ValueError("candidates must have a finite error, got NaN for all; widen their grid")
    return min(finite, key=lambda k: finite[k])


def _ridge(kernel: type[Stationary]) -> Callable[..., Grid]:
    def fits(x: Tensor, y: Tensor, z: Tensor, noise: float) -> Grid:
        values: Values = {}
        loo: dict[str, float] = {}
        for bandwidth in BANDWIDTHS[kernel]:
            path = ridge_path(x, y, kernel=kernel(bandwidth), ridges=RIDGES)
            labels = [f"{bandwidth:g}/{ridge:.3g}" for ridge in RIDGES]
            fit = torch.cat([path(part) for part in z.split(4096)]).T.to(z)
            values |= dict(zip(labels, fit, strict=True))
            errors = path.residuals.square().mean(0).tolist()
            loo |= dict(zip(labels, errors, strict=True))
        return values, loo

    return fits


def _cosine(x: Tensor, y: Tensor, z: Tensor, noise: float) -> Grid:
    n, d = x.shape
    largest = max(1, min(int((n / 3) ** (1 / d)), 96))
    found = {}
    for cutoff in sorted({round(largest ** (i / 15)) for i in range(16)}):
        basis = cosine_basis(x, cutoff)
        gram = basis.T @ basis
        gram.diagonal().add_(1e-8 * n)
        coefficients = torch.linalg.solve(gram, basis.T @ y)
        found[f"{cutoff}"] = torch.cat(
            [cosine_basis(p, cutoff) @ coefficients for p in z.split(4096)]
        )
    return found, None


def _neighbours(x: Tensor, y: Tensor, z: Tensor, noise: float) -> Grid:
    counts = [k for k in NEIGHBOURS if k <= len(y)]
    return dict(zip(map(str, counts), neighbour_means(x, y, z, counts), strict=True)), None


def _haar(x: Tensor, y: Tensor, z: Tensor, noise: float) -> Grid:
    finest = max(1, int(torch.tensor(float(len(y))).log2() / x.shape[1]) + 1)
    return {f"{j}": fit_haar_projection(x, y, level=j)(z) for j in range(finest + 1)}, None


def _spline(x: Tensor, y: Tensor, z: Tensor, noise: float) -> Grid:
    penalties = [10.0 ** (p / 2) for p in range(-16, 3)]
    return {f"{p:.3g}": fit_spline(x, y, penalty=p)(z) for p in penalties}, None


def _dyadic(x: Tensor, y: Tensor, z: Tensor, noise: float) -> Grid:
    return {f"{f:g}": fit_dyadic_tree(x, y, noise=noise, factor=f)(z) for f in FACTORS}, None


def _tree(x: Tensor, y: Tensor, z: Tensor, noise: float) -> Grid:
    sizes = [k for k in (2, 4, 8, 16, 32, 64, 128, 256) if k <= len(y)]
    return {f"{k}": fit_tree(x, y, leaves=k)(z) for k in sizes}, None


def _forest(x: Tensor, y: Tensor, z: Tensor, noise: float) -> Grid:
    return {f"{k}": fit_forest(x, y, leaf=k)(z) for k in (1, 2, 5, 15, 40)}, None


METHODS: dict[str, Callable[[Tensor, Tensor, Tensor, float], Grid]] = {
    "cosine": _cosine,
    "spline": _spline,
    "neighbours": _neighbours,
    "haar cut": _haar,
    "ridge Gaussian": _ridge(Gaussian),
    "ridge Laplace": _ridge(Laplace),
    "dyadic tree": _dyadic,
    "tree": _tree,
    "forest": _forest,
}
LINEAR = [
    "cosine",
    "spline",
    "neighbours",
    "haar cut",
    "ridge Gaussian",
    "ridge Laplace",
]
