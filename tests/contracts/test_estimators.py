"""What every `fit_*` promises; a new one joins the list, or the first test fails."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

import ldyn.kernels
import ldyn.nets
import ldyn.piecewise
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

EVERY = pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)
ONE_BY_ONE = [(e, d) for e in ESTIMATORS.values() for d in e.dims]
EACH_DIM = pytest.mark.parametrize(
    ("estimator", "dim"),
    ONE_BY_ONE,
    ids=[f"{n}-{d}" for n, e in ESTIMATORS.items() for d in e.dims],
)
# The two halves of a refusal: what was expected, and what to try.
EXPECTED = r"must|needs?\b|expected|at least|is for|do not allow|from \d+ samples"
ADVICE = r"; (for |draw|drop|give|pass|try)|one of|try "


def data(n, dim, dtype=torch.float64, name="contract"):
    draw = stream(name, n, dim)
    x = torch.rand(n, dim, generator=draw, dtype=torch.float64)
    y = (x[:, 0] > 0.4).double() + 0.1 * torch.randn(n, generator=draw, dtype=torch.float64)
    return x.to(dtype), y.to(dtype)


def refuses(estimator, x, y, says=EXPECTED, **other):
    with pytest.raises(ValueError, match=says) as error:
        estimator(x, y, **other)
    assert re.search(ADVICE, str(error.value)), str(error.value)


def test_no_estimator_is_missing_from_the_list():
    rooms = (ldyn.piecewise, ldyn.kernels, ldyn.nets)
    public = {name for room in rooms for name in room.__all__ if name.startswith("fit_")}
    assert public == set(ESTIMATORS)


@EACH_DIM
class TestPredictor:
    def test_one_value_a_point(self, estimator, dim):
        predictor = estimator(*data(30, dim))
        for m in (1, 7):
            values = predictor(data(m, dim, name="new")[0])
            assert values.shape == (m,)
            assert values.isfinite().all()

    @pytest.mark.parametrize("fitted", [torch.float32, torch.float64])
    @pytest.mark.parametrize("asked", [torch.float32, torch.float64])
    def test_dtype_follows_the_points(self, estimator, dim, fitted, asked):
        x, y = data(30, dim, fitted)
        assert estimator(x, y)(x.to(asked)).dtype == asked

    def test_single_precision_is_close_to_double(self, estimator, dim):
        x, y = data(30, dim, torch.float32)
        single, double = estimator(x, y)(x), estimator(x.double(), y.double())(x.double())
        # methods that cut may cut elsewhere at a point or two, never everywhere
        close = (single.double() - double).abs() < 1e-2
        assert close.double().mean() > 0.9

    def test_the_fit_is_reproducible_and_leaves_its_data_alone(self, estimator, dim):
        x, y = data(30, dim)
        before = x.clone(), y.clone()
        one, two = estimator(x, y)(x), estimator(x, y)(x)
        assert torch.equal(one, two)
        assert torch.equal(x, before[0])
        assert torch.equal(y, before[1])

    def test_the_fit_does_not_follow_later_changes_of_the_points_asked(self, estimator, dim):
        predictor = estimator(*data(30, dim))
        z = data(9, dim, name="new")[0]
        together = predictor(z)
        alone = torch.cat([predictor(p[None]) for p in z])
        torch.testing.assert_close(together, alone, rtol=0, atol=1e-12)

    def test_points_of_another_dimension_are_refused(self, estimator, dim):
        predictor = estimator(*data(30, dim))
        for z in (data(5, dim + 1)[0], data(5, dim)[0][:, 0], data(5, dim)[0][:0]):
            with pytest.raises(ValueError, match=r"columns|non-empty|expected"):
                predictor(z)
        with pytest.raises(ValueError, match="finite"):
            predictor(data(5, dim)[0] / 0)


@EVERY
@given(
    n=st.integers(8, 12),
    change=st.sampled_from(
        ["flat x", "deep x", "empty x", "no columns", "column y", "long y", "short y", "scalar y"]
    ),
)
@settings(deadline=None, max_examples=25)
def test_wrong_shapes_are_refused(estimator, n, change):
    x, y = data(n, estimator.dims[0])
    bad = {
        "flat x": (x[:, 0], y),
        "deep x": (x[None], y[None]),
        "empty x": (x[:0], y[:0]),
        "no columns": (x[:, :0], y),
        "column y": (x, y[:, None]),
        "long y": (x, torch.cat([y, y[:1]])),
        "short y": (x, y[:-1]),
        "scalar y": (x, y[0]),
    }
    refuses(estimator, *bad[change])


@EVERY
@given(
    x_type=st.sampled_from([torch.int32, torch.int64, torch.bool, torch.float32, torch.float64]),
    y_type=st.sampled_from([torch.int32, torch.int64, torch.bool, torch.float32, torch.float64]),
)
@settings(deadline=None, max_examples=25)
def test_wrong_dtypes_are_refused(estimator, x_type, y_type):
    x, y = data(10, estimator.dims[0])
    if x_type == y_type and x_type.is_floating_point:
        assert estimator(x.to(x_type), y.to(y_type))(x.to(x_type)).dtype == x_type
    else:
        refuses(estimator, x.to(x_type), y.to(y_type))


@EVERY
@given(kind=st.sampled_from(["list", "numpy", "none"]), which=st.sampled_from([0, 1]))
@settings(deadline=None, max_examples=10)
def test_what_is_no_tensor_is_refused(estimator, kind, which):
    pair = list(data(10, estimator.dims[0]))
    pair[which] = {"list": pair[which].tolist(), "numpy": pair[which].numpy(), "none": None}[kind]
    refuses(estimator, *pair)


@EVERY
@given(
    where=st.integers(0, 9),
    value=st.sampled_from([float("nan"), float("inf"), float("-inf")]),
    which=st.sampled_from([0, 1]),
)
@settings(deadline=None, max_examples=25)
def test_what_is_not_finite_is_refused(estimator, where, value, which):
    pair = data(10, estimator.dims[0])
    pair[which][where] = value
    refuses(estimator, *pair, says="must be finite, got NaN or infinity; drop")


@EVERY
def test_too_few_samples_are_refused_and_just_enough_are_not(estimator):
    for dim in estimator.dims:
        for n in range(1, estimator.least):
            refuses(estimator, *data(n, dim), says="at least|do not allow")
        x, y = data(max(estimator.least, 2), dim)
        assert estimator(x, y)(x).isfinite().all()


@EVERY
@given(dim=st.integers(1, 4))
@settings(deadline=None, max_examples=10)
def test_other_dimensions_are_refused(estimator, dim):
    x, y = data(12, dim)
    if dim in estimator.dims or estimator.dims == (1, 2, 3):
        assert estimator(x, y)(x).shape == (12,)
    else:
        refuses(estimator, x, y, says=f"d = {dim}")


COUNTS = [(n, c) for n, e in ESTIMATORS.items() for c in e.counts]
POSITIVES = [(n, p) for n, e in ESTIMATORS.items() for p in e.positives]


@pytest.mark.parametrize(("name", "count"), COUNTS)
@given(value=st.sampled_from([-3, -1, 1.5, 2.0, True, False, "two", float("nan")]))
@settings(deadline=None, max_examples=10)
def test_counts_are_counts(name, count, value):
    estimator = ESTIMATORS[name]
    x, y = data(12, estimator.dims[0])
    refuses(estimator, x, y, says=f"{count} must be an integer >= ", **{count: value})


@pytest.mark.parametrize(("name", "positive"), POSITIVES)
@given(value=st.sampled_from([0, 0.0, -1.0, float("nan"), float("inf"), "small", None]))
@settings(deadline=None, max_examples=10)
def test_positive_numbers_are_positive(name, positive, value):
    estimator = ESTIMATORS[name]
    x, y = data(12, estimator.dims[0])
    refuses(estimator, x, y, says=f"{positive} must be a finite number > 0", **{positive: value})


@EVERY
@pytest.mark.parametrize("kind", ["constant y", "huge y", "tied x", "one point"])
def test_awkward_data_are_fitted_or_refused(estimator, kind):
    x, y = data(16, estimator.dims[0])
    if kind == "constant y":
        y = torch.full_like(y, 2.0)
    elif kind == "huge y":
        y = 1e6 * y
    elif kind == "tied x":
        x = (8 * x).round() / 8
    else:
        x = torch.full_like(x, 0.5)
    if kind == "one point" and estimator.dims == (1,):  # no split and no spline without two points
        refuses(estimator, x, y, says="distinct points")
        return
    values = estimator(x, y)(x)
    assert values.isfinite().all()
    if kind == "constant y" and estimator.fit not in (fit_ridge, fit_ridge_loo, fit_boundary):
        torch.testing.assert_close(values, y, rtol=0, atol=1e-6)


def test_unknown_names_are_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"activation must be one of gelu, leaky, .*; got 'swish'"):
        Training(activation="swish")
    for bad, says in (("bandwidths", "at least one.*try"), ("ridges", "at least one ridge.*try")):
        refuses(ESTIMATORS["fit_ridge_loo"], *data(9, 1), says=says, **{bad: []})
    for bad, says in (("bandwidths", "bandwidth"), ("ridges", "ridge")):
        expected = f"{says} must be a finite number > 0"
        refuses(ESTIMATORS["fit_ridge_loo"], *data(9, 1), says=expected, **{bad: [0.1, -1.0]})


def test_a_ridge_below_rounding_is_refused_with_a_larger_one():
    x, y = data(9, 1)
    x[:] = 0.5
    refuses(ESTIMATORS["fit_ridge"], x, y, says="ridge must lift .*; try 9e-12", ridge=1e-30)
    predictor = fit_ridge(x, y, kernel=Gaussian(0.3), ridge=9e-12)
    assert predictor(x[:1]).item() == pytest.approx(y.mean().item(), abs=1e-3)
