"""The list of all `fit_*`; a new one joins it, or the first test of the suite fails."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import torch
from public.data import small_data

from ldyn.core import stream
from ldyn.kernels import Gaussian, fit_ridge, fit_ridge_loo
from ldyn.nets import Training, fit_net, fit_nets
from ldyn.piecewise import (
    fit_boundary,
    fit_cosine,
    fit_dyadic_tree,
    fit_forest,
    fit_haar_projection,
    fit_neighbours,
    fit_one_split,
    fit_spline,
    fit_tree,
)

QUICK = Training(hidden=(4,), steps=6, batch=8, check_every=3)


@dataclass(frozen=True, kw_only=True)
class Estimator:
    """A `fit_*` with good choices, the dimensions it takes, and the fewest samples it needs."""

    fit: Callable
    choices: dict = field(default_factory=dict)
    dims: tuple[int, ...] = (1, 2, 3)
    least: int = 1
    counts: tuple[str, ...] = ()
    positives: tuple[str, ...] = ()

    def __call__(self, x, y, **other):
        fitted = self.fit(x, y, **{**self.choices, **other})
        return getattr(fitted, "predictor", fitted)


def one_net(x, y, **choices):
    """Many networks at once, with one member, through the same gate as the others."""
    together = (t[None] if isinstance(t, torch.Tensor) else t for t in (x, y))
    return fit_nets(*together, seeds=[0], **choices).member(0)


ESTIMATORS = {
    "fit_boundary": Estimator(
        fit=fit_boundary, choices={"pieces": 2, "levels": 4}, dims=(2,), counts=("pieces", "levels")
    ),
    "fit_cosine": Estimator(fit=fit_cosine, choices={"cutoff": 1}, counts=("cutoff",)),
    "fit_dyadic_tree": Estimator(
        fit=fit_dyadic_tree, choices={"noise": 0.3, "depth": 3}, least=2,
        counts=("depth",), positives=("noise", "factor"),
    ),
    "fit_forest": Estimator(
        fit=fit_forest, choices={"leaf": 2, "trees": 3}, least=2, counts=("leaf", "trees")
    ),
    "fit_haar_projection": Estimator(
        fit=fit_haar_projection, choices={"level": 2}, counts=("level",)
    ),
    "fit_neighbours": Estimator(
        fit=fit_neighbours, choices={"neighbours": 1}, counts=("neighbours",)
    ),
    "fit_net": Estimator(fit=fit_net, choices={"training": QUICK}, least=4),
    "fit_nets": Estimator(fit=one_net, choices={"training": QUICK}, least=4),
    "fit_one_split": Estimator(fit=fit_one_split, dims=(1,), least=2),
    "fit_ridge": Estimator(
        fit=fit_ridge, choices={"kernel": Gaussian(0.3), "ridge": 0.1}, positives=("ridge",)
    ),
    "fit_ridge_loo": Estimator(
        fit=fit_ridge_loo, least=2,
        choices={"kernel": Gaussian, "bandwidths": [0.1, 0.3], "ridges": [0.1, 1.0]},
    ),
    "fit_spline": Estimator(
        fit=fit_spline, choices={"penalty": 0.01}, dims=(1,), least=5, positives=("penalty",)
    ),
    "fit_tree": Estimator(fit=fit_tree, choices={"leaves": 3}, least=2, counts=("leaves",)),
}  # fmt: skip

# The two halves of a refusal: what was expected, and what to try.
EXPECTED = r"must|needs?\b|expected|at least|is for|do not allow|from \d+ samples"
ADVICE = r"; (for |draw|drop|give|pass|try)|one of|try "


def pytest_generate_tests(metafunc):
    """Give `estimator` every estimator, alone, by dimension, or by the arguments to spoil."""
    asked = set(metafunc.fixturenames)
    if "estimator" not in asked:
        return
    for name in ("count", "positive"):
        if name in asked:
            table = {
                f"{n}-{a}": (e, a) for n, e in ESTIMATORS.items() for a in getattr(e, name + "s")
            }
            break
    else:
        name = "dim"
        table = {f"{n}-{d}": (e, d) for n, e in ESTIMATORS.items() for d in e.dims}
    if name in asked:
        metafunc.parametrize(("estimator", name), table.values(), ids=table)
    else:
        metafunc.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)


@pytest.fixture(scope="module", autouse=True)
def loaders(tmp_path_factory):
    """The loaders read a small data set."""
    with small_data(tmp_path_factory.mktemp("data")):
        yield


@pytest.fixture(scope="session")
def estimators():
    return ESTIMATORS


@pytest.fixture(scope="session")
def data():
    """The function (n, dim) → sample."""
    return make_data


@pytest.fixture(scope="session")
def refuses():
    """The function that asks an estimator to refuse, with both halves of a good message."""
    return refuse


def make_data(n, dim, dtype=torch.float64, name="contract"):
    draw = stream(name, n, dim)
    x = torch.rand(n, dim, generator=draw, dtype=torch.float64)
    y = (x[:, 0] > 0.4).double() + 0.1 * torch.randn(n, generator=draw, dtype=torch.float64)
    return x.to(dtype), y.to(dtype)


def refuse(estimator, x, y, says=EXPECTED, **other):
    with pytest.raises(ValueError, match=says) as error:
        estimator(x, y, **other)
    assert re.search(ADVICE, str(error.value)), str(error.value)
