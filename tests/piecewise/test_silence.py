"""What once gave a number in silence is refused in words, or gives the right one."""

import builtins

import pytest
import torch

from ldyn.core import stream
from ldyn.piecewise import (
    choose,
    disk,
    fit_boundary,
    fit_cosine,
    fit_dyadic_tree,
    fit_forest,
    fit_haar_projection,
    fit_spline,
    fit_tree,
    fragment,
    grid_values,
    haar_inverse,
    holder_net,
    linear_risk_floor,
    oracle_and_validated,
    random_blob,
    random_fragment,
    risk,
    sample,
    step,
    step_net,
    tuning,
)

COLUMN = lambda x: x[:, :1]  # noqa: E731
DRAW = stream("silence")
X, Y = (torch.rand(*s, generator=DRAW, dtype=torch.float64) for s in ((40, 2), (40,)))
FITS = {
    "boundary": lambda x, y: fit_boundary(x, y, pieces=2, levels=3),
    "cosine": lambda x, y: fit_cosine(x, y, cutoff=2),
    "haar": lambda x, y: fit_haar_projection(x, y, level=2),
    "tree": lambda x, y: fit_dyadic_tree(x, y, noise=0.3),
}


@pytest.mark.parametrize(
    "use",
    [
        lambda: risk(COLUMN, disk(), generator=stream("r"), points=64),
        lambda: grid_values(COLUMN, 4),
        lambda: holder_net(COLUMN, dim=2, cells=1, teeth=1),
        lambda: fragment(COLUMN, 2)(X),
    ],
)
def test_a_column_is_not_one_value_a_point(use):
    with pytest.raises(ValueError, match=r"\(n,\) values, got \(\d+, 1\) .*; try"):
        use()


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_points_outside_the_cube_are_refused(fit):
    says = r"x must lie in the unit cube, got values from .*; try"
    for bad in (X - 0.5, 2 * X):
        with pytest.raises(ValueError, match=says):
            fit(bad, Y)
        with pytest.raises(ValueError, match=says):
            fit(X, Y)(bad)
        with pytest.raises(ValueError, match=says):
            disk()(bad)
    ends = torch.tensor([[0.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    assert fit(X, Y)(ends).isfinite().all()


def test_heights_are_asked_for_inside():
    with pytest.raises(ValueError, match="u must lie in the unit cube"):
        FITS["boundary"](X, Y).height(X[:, 0] + 0.5)


def test_a_candidate_with_nan_is_never_chosen(monkeypatch):
    truth, bad = torch.zeros(3), torch.full((3,), torch.nan)
    good = torch.ones(3)
    assert choose({"bad": bad, "good": good}, truth).label == "good"
    with pytest.raises(ValueError, match="finite error, got NaN for all"):
        choose({"bad": bad}, truth)
    with pytest.raises(ValueError, match=r"shape \(3,\), as truth, got \(3, 1\) for 'good'"):
        choose({"good": good[:, None]}, truth)
    found = {"bad": bad, "good": good}, {"bad": torch.nan, "good": 1.0}
    monkeypatch.setitem(tuning.METHODS, "odd", lambda *_: found)
    _, kept = oracle_and_validated("odd", X, Y, X[:3], truth.double())
    assert kept.label == "good"


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (lambda: linear_risk_floor(Y, -5, noise=0.3), "n must be an integer >= 0, got -5"),
        (lambda: linear_risk_floor(Y - 0.9, 5, noise=0.3), r">= 0, got -0.*; .*clamp\(min=0\)"),
        (lambda: step(torch.nan), "theta must be a finite number, got nan"),
        (lambda: step(1.5), r"theta must lie in \[0, 1\], got 1.5"),
        (lambda: sample(disk(), 5, generator=DRAW, dtype=torch.int64), "dtype must be torch.float"),
        (lambda: haar_inverse([torch.ones(1), torch.ones(2, 1)]), r"shapes .*, got .*; try"),
        (
            lambda: random_fragment(dim=2, alpha=1.0, beta=0.0, pieces=2, generator=DRAW),
            "beta must be a finite number > 0, got 0.0",
        ),
    ],
)
def test_what_is_out_of_range_is_refused(use, says):
    with pytest.raises(ValueError, match=says):
        use()


@pytest.mark.parametrize(
    ("fit", "package"),
    [
        (lambda: fit_tree(X, Y, leaves=3), "scikit-learn"),
        (lambda: fit_forest(X, Y, leaf=3, trees=2), "scikit-learn"),
        (lambda: fit_spline(X[:, :1], Y, penalty=0.1), "scipy"),
    ],
)
def test_a_package_that_is_missing_is_named(fit, package, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.split(".")[0] in {"sklearn", "scipy"}:
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=f"{package} is not installed; try pip install {package}"):
        fit()


@pytest.mark.parametrize("target", [step(), disk()])
def test_another_default_device_changes_no_risk(target):
    plain = risk(lambda x: x[:, 0], target, generator=stream("d"), points=64)
    with torch.device("meta"):
        assert risk(lambda x: x[:, 0], target, generator=stream("d"), points=64) == plain
        random_fragment(dim=1, alpha=1.0, beta=1.0, pieces=3, generator=stream("f"))(X[:, :1])
        random_blob(stream("b"))(X)


def test_a_network_follows_its_points():
    assert step_net(3.0)(X[:, :1].to("meta")).is_meta
