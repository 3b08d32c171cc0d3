"""What every `fit_*` refuses, and that it says what was expected and what to try."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from ldyn.kernels import Gaussian, fit_ridge, fit_ridge_loo
from ldyn.nets import Training
from ldyn.piecewise import fit_boundary


@given(
    n=st.integers(8, 12),
    change=st.sampled_from(
        ["flat x", "deep x", "empty x", "no columns", "column y", "long y", "short y", "scalar y"]
    ),
)
@settings(max_examples=25)
def test_wrong_shapes_are_refused(estimator, n, change, data, refuses):
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


@given(
    x_type=st.sampled_from([torch.int32, torch.int64, torch.bool, torch.float32, torch.float64]),
    y_type=st.sampled_from([torch.int32, torch.int64, torch.bool, torch.float32, torch.float64]),
)
@settings(max_examples=25)
def test_wrong_dtypes_are_refused(estimator, x_type, y_type, data, refuses):
    x, y = data(10, estimator.dims[0])
    if x_type == y_type and x_type.is_floating_point:
        assert estimator(x.to(x_type), y.to(y_type))(x.to(x_type)).dtype == x_type
    else:
        refuses(estimator, x.to(x_type), y.to(y_type))


@given(kind=st.sampled_from(["list", "numpy", "none"]), which=st.sampled_from([0, 1]))
@settings(max_examples=10)
def test_what_is_no_tensor_is_refused(estimator, kind, which, data, refuses):
    pair = list(data(10, estimator.dims[0]))
    pair[which] = {"list": pair[which].tolist(), "numpy": pair[which].numpy(), "none": None}[kind]
    refuses(estimator, *pair)


@given(
    where=st.integers(0, 9),
    value=st.sampled_from([float("nan"), float("inf"), float("-inf")]),
    which=st.sampled_from([0, 1]),
)
@settings(max_examples=25)
def test_what_is_not_finite_is_refused(estimator, where, value, which, data, refuses):
    pair = data(10, estimator.dims[0])
    pair[which][where] = value
    refuses(estimator, *pair, says="must be finite, got .*NaN or infinity; .*drop")


def test_too_few_samples_are_refused_and_just_enough_are_not(estimator, data, refuses):
    for dim in estimator.dims:
        for n in range(1, estimator.least):
            refuses(estimator, *data(n, dim), says="at least|do not allow")
        x, y = data(max(estimator.least, 2), dim)
        assert estimator(x, y)(x).isfinite().all()


@given(dim=st.integers(1, 4))
@settings(max_examples=10)
def test_other_dimensions_are_refused(estimator, dim, data, refuses):
    x, y = data(12, dim)
    if dim in estimator.dims or estimator.dims == (1, 2, 3):
        assert estimator(x, y)(x).shape == (12,)
    else:
        refuses(estimator, x, y, says=f"d = {dim}")


@given(value=st.sampled_from([-3, -1, 1.5, 2.0, True, False, "two", float("nan")]))
@settings(max_examples=10)
def test_counts_are_counts(estimator, count, value, data, refuses):
    x, y = data(12, estimator.dims[0])
    refuses(estimator, x, y, says=f"{count} must be an integer( >= | or None)?", **{count: value})


@given(value=st.sampled_from([0, 0.0, -1.0, float("nan"), float("inf"), "small", None]))
@settings(max_examples=10)
def test_positive_numbers_are_positive(estimator, positive, value, data, refuses):
    x, y = data(12, estimator.dims[0])
    refuses(
        estimator,
        x,
        y,
        says=f"{positive} must be a (finite )?number( > 0)?, got",
        **{positive: value},
    )


@pytest.mark.parametrize("kind", ["constant y", "huge y", "tied x", "one point"])
def test_awkward_data_are_fitted_or_refused(estimator, kind, data, refuses):
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


def test_unknown_names_are_answered_with_the_known_ones(estimators, data, refuses):
    with pytest.raises(ValueError, match=r"activation must be one of gelu, leaky, .*; got 'swish'"):
        Training(activation="swish")
    for bad, says in (("bandwidths", "at least one.*try"), ("ridges", "at least one ridge.*try")):
        refuses(estimators["fit_ridge_loo"], *data(9, 1), says=says, **{bad: []})
    for bad, says in (("bandwidths", "bandwidth"), ("ridges", "ridge")):
        expected = f"{says} must be a finite number > 0"
        refuses(estimators["fit_ridge_loo"], *data(9, 1), says=expected, **{bad: [0.1, -1.0]})


def test_a_ridge_below_rounding_is_refused_with_a_larger_one(estimators, data, refuses):
    x, y = data(9, 1)
    x[:] = 0.5
    refuses(estimators["fit_ridge"], x, y, says="ridge must lift .*; try 9e-12", ridge=1e-30)
    predictor = fit_ridge(x, y, kernel=Gaussian(0.3), ridge=9e-12)
    assert predictor(x[:1]).item() == pytest.approx(y.mean().item(), abs=1e-3)
