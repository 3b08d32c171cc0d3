"""The scores of the literature against slow and plain versions of themselves."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.interpolate import BSpline
from scipy.optimize import minimize

from ldyn.causal import (
    anm,
    heci,
    location_scale_fit,
    loci,
    normal_scores,
    quantile_score,
    reci,
    spline_basis,
    to_unit,
)
from ldyn.causal.columns import at_most
from ldyn.core import stream

F64 = torch.float64


def bent(n, name="bent"):
    g = stream(name, n)
    x, noise = (torch.randn(n, generator=g, dtype=F64) for _ in range(2))
    return x, torch.sin(2 * x) + (0.2 + 0.2 * x.abs()) * noise


def standardised(x):
    return (x - x.mean()) / x.std(correction=0)


@pytest.mark.parametrize("scale", ["unit", "standard"])
def test_reci_compares_the_errors_of_cubics(scale):
    x, y = bent(80)
    a, b = ((to_unit if scale == "unit" else standardised)(c).numpy() for c in (x, y))
    error = lambda u, v: np.mean((v - np.polyval(np.polyfit(u, v, 3), u)) ** 2)  # noqa: E731
    assert reci(x, y, scale=scale) == pytest.approx(error(b, a) - error(a, b), rel=1e-9)


@pytest.mark.parametrize(
    ("n", "knots"), [(10, 3), (50, 4), (100, 6), (300, 12), (1000, 25), (9999, 25)]
)
def test_the_basis_is_that_of_scipy(n, knots):
    x = bent(n)[0]
    spans = torch.arange(-5, knots + 5, dtype=F64) / (knots - 1)
    exact = BSpline.design_matrix(to_unit(x).numpy(), spans.numpy(), 5).toarray()
    np.testing.assert_allclose(spline_basis(x), exact, atol=1e-12)


def test_the_additive_model_finds_the_residual_that_is_independent():
    x, _ = bent(400)
    y = x**3 / 3 + x + torch.randn(400, generator=stream("additive"), dtype=F64)
    assert anm(x, y) > 1e-4
    assert anm(torch.exp(x), y) == pytest.approx(anm(torch.exp(x), 7 * y), rel=1e-8)


def convex(w, v, basis, y):
    eta, a = basis @ w, basis @ v
    fit = (a * y**2 - y * eta + eta**2 / (4 * a) - np.log(2 * a) / 2).sum()
    return fit + 5e-6 * (w @ w + v @ v)


def test_the_location_scale_fit_is_the_minimum():
    """Against SciPy's L-BFGS-B with w eliminated, from two starts."""
    x, y = bent(120)
    y = standardised(y)
    basis, target = spline_basis(x).numpy(), y.numpy()

    def reduced(v):
        a = basis @ v
        gram = basis.T @ (basis / (2 * a)[:, None]) + 1e-5 * np.eye(len(v))
        w = np.linalg.solve(gram, basis.T @ target)
        eta = basis @ w
        slope = basis.T @ (target**2 - (eta / (2 * a)) ** 2 - 1 / (2 * a)) + 1e-5 * v
        return convex(w, v, basis, target), slope

    k = basis.shape[1]
    ends = [
        minimize(reduced, np.full(k, s), jac=True, bounds=[(1e-9, None)] * k, method="L-BFGS-B",
                 options={"maxiter": 5000, "maxfun": 10000, "ftol": 1e-14, "gtol": 1e-9})
        for s in (0.5, 2.0)
    ]  # fmt: skip
    both = torch.stack(location_scale_fit(x, y), 1).numpy()
    w, v = np.linalg.lstsq(basis, both, rcond=None)[0].T
    assert v.min() > 0
    found, best = convex(w, v, basis, target), min(e.fun for e in ends)
    assert best - 1e-6 < found < best + 2e-5  # the barrier costs 10⁻⁶ a coefficient


def test_the_location_scale_fit_finds_mean_and_scale():
    g = stream("scale")
    x, noise = torch.rand(8000, generator=g, dtype=F64), torch.randn(8000, generator=g, dtype=F64)
    mean, sigma = torch.sin(4 * x), 0.1 + 0.4 * x**2
    eta, a = location_scale_fit(x, mean + sigma * noise)
    assert (eta / (2 * a) - mean).square().mean().sqrt() < 0.02
    assert ((2 * a) ** -0.5 / sigma).log().square().mean().sqrt() < 0.05


def test_both_criteria_agree_on_a_clear_pair():
    x, y = bent(600)
    assert loci(x, y) > 0
    assert loci(x, y, criterion="hsic") > 0
    with pytest.raises(ValueError, match="hsic, likelihood"):
        loci(x, y, criterion="p-value")


def least_length(x, y):
    """All ways to cut the range of x, by enumeration; fits by NumPy."""
    order = np.argsort(x)
    x, y = x[order], y[order]
    places = [0]
    for edge in [k / 20 for k in range(1, 20)] + [2.0]:
        place = int(np.searchsorted(x, edge))
        if len(np.unique(x[places[-1] : place])) >= 10:
            places.append(place)
    places[-1] = len(x)
    lengths = []
    for kept in itertools.product((0, 1), repeat=len(places) - 2):
        cuts = [0, *(p for p, k in zip(places[1:-1], kept, strict=True) if k), len(x)]
        total = 0.0
        for i, j in itertools.pairwise(cuts):
            fits = [np.polyval(np.polyfit(x[i:j], y[i:j], d), x[i:j]) for d in (1, 2, 3)]
            errors = [np.mean((y[i:j] - fit) ** 2) for fit in fits]
            total += min((j - i) * math.log2(e) + (d + 3) * math.log2(len(x))
                         for d, e in enumerate(errors))  # fmt: skip
        lengths.append(total)
    assert len(lengths) >= 2**4
    return min(lengths)


@pytest.mark.parametrize("bend", [0.0, 4.0, 12.0])
def test_heci_finds_the_shortest_of_all_descriptions(bend):
    g = stream("ranges", bend)
    x = torch.rand(120, generator=g, dtype=F64)
    y = x + torch.sin(bend * x) + 0.02 * torch.randn(120, generator=g, dtype=F64)
    a, b = to_unit(x).numpy(), to_unit(y).numpy()
    exact = (least_length(b, a) - least_length(a, b)) / 120
    assert heci(x, y) == pytest.approx(exact, abs=1e-8)


def loss_by_rows(x, y, width, count):
    nodes, masses = np.polynomial.legendre.leggauss(count)
    total = 0.0
    for i in range(len(y)):
        others = [j for j in np.argsort(y) if j != i]
        weights = np.exp(-((x[i] - x[others]) ** 2) / (2 * width**2))
        share = weights.cumsum() / weights.sum()
        for t, m in zip((1 + nodes) / 2, masses / 2, strict=True):
            gap = y[i] - y[others[int(np.argmax(share >= t))]]
            total += m * max(t * gap, (t - 1) * gap) / len(y)
    return total


def test_the_quantile_score_is_a_difference_of_pinball_losses():
    x, y = bent(30)
    a, b = (normal_scores(c).numpy() for c in (x, y))
    for width, count in ((0.3, 1), (0.15, 3), (0.5, 7)):
        found = quantile_score(x, y, bandwidths=[width], counts=[count])
        exact = loss_by_rows(b, a, width, count) - loss_by_rows(a, b, width, count)
        assert found == pytest.approx(exact, rel=1e-9)
    parts = [quantile_score(x, y, bandwidths=[h]) for h in (0.15, 0.3, 0.5)]
    assert quantile_score(x, y) == pytest.approx(sum(parts) / 3, rel=1e-9)


def test_the_quantile_score_is_blind_to_increasing_maps():
    x, y = bent(200)
    assert quantile_score(x.exp(), y**3) == quantile_score(x, y)


def test_ties_are_broken_or_shared():
    x, y = bent(300)
    coarse = (2 * x).round()
    assert quantile_score(coarse, y) != quantile_score(coarse, y, ties="shared")
    assert quantile_score(x, y) == quantile_score(x, y, ties="shared")
    with pytest.raises(ValueError, match="random, shared"):
        quantile_score(x, y, ties="first")


@pytest.mark.parametrize(
    ("choice", "told"), [({"bandwidths": [0.0]}, "> 0"), ({"counts": [0]}, ">= 1")]
)
def test_bad_bandwidths_and_counts_are_refused(choice, told):
    with pytest.raises(ValueError, match=told):
        quantile_score(*bent(30), **choice)


def test_at_most_takes_rows_of_both_columns():
    x = torch.arange(100.0)
    a, b = at_most(40, x, -x)
    assert len(a.unique()) == 40
    assert torch.equal(a, -b)
    assert torch.equal(a, at_most(40, x, x)[0])
    assert at_most(100, x, -x)[0] is x
