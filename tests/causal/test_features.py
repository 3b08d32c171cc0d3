"""Features of a direction: exchanged exactly, blind to units, their parts against exact ones."""

import math

import pytest
import torch

from ldyn.causal import normal_scores
from ldyn.causal.features import (
    _centred_waves,
    _dependence,
    _left_out,
    _quadrature,
    _waves,
    blind_features,
    pair_features,
)
from ldyn.core import stream

F64 = torch.float64


def columns(k, n, *, step=0.0):
    g = stream("features", k, n)
    x, e = (torch.randn(k, n, generator=g, dtype=F64) for _ in range(2))
    y = x + x.square() / 2 + e / 2
    return ((x / step).round() * step, (y / step).round() * step) if step else (x, y)


@pytest.mark.parametrize(("k", "n"), [(1, 10), (3, 37), (2, 1000)])
@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_exchanging_the_columns_exchanges_the_features_to_the_last_bit(k, n, dtype):
    x, y = (c.to(dtype) for c in columns(k, n))
    ahead, back = pair_features(x, y)
    back_again, ahead_again = pair_features(y, x)
    assert ahead.dtype == dtype
    assert torch.equal(ahead, ahead_again)
    assert torch.equal(back, back_again)
    assert not torch.equal(ahead, back)


@pytest.mark.parametrize("step", [0.0, 0.5])
def test_shift_scale_sign_and_the_order_of_rows_change_rounding_alone(step):
    x, y = columns(2, 200, step=step)
    found = pair_features(x, y)
    order = torch.randperm(200, generator=stream("order"))
    for a, b in ((3 * x - 7, y / 9), (-x, y), (x, 2 - y), (x[:, order], y[:, order])):
        for one, other in zip(found, pair_features(a, b), strict=True):
            assert (one - other).abs().max() < 1e-8


@pytest.mark.parametrize("step", [0.0, 0.5])
def test_blind_features_are_those_of_normal_scores(step):
    x, y = columns(3, 120, step=step)
    ranks = [torch.stack([normal_scores(row) for row in c]) for c in (x, y)]
    for seen, expected in zip(pair_features(x, y), pair_features(*ranks), strict=True):
        assert torch.allclose(blind_features(seen), expected, rtol=1e-9, atol=1e-9)
    bent = pair_features(x.exp(), y**3)
    for seen, other in zip(pair_features(x, y), bent, strict=True):
        assert torch.allclose(blind_features(seen), blind_features(other), rtol=1e-9, atol=1e-9)


def test_the_coarsest_columns_have_finite_features():
    n = 12
    k = torch.arange(n, dtype=F64)
    kinds = [k % 2, k, (k == 0).double(), torch.where(k == 3, 1e9, k), 1e9 + k]
    for a in kinds:
        for b in kinds:
            assert all(f.isfinite().all() for f in pair_features(a[None], b[None]))


def test_residuals_are_those_of_leaving_each_row_out():
    """Ridge regression with the weight of the whole sample, fitted n times without a row."""
    x, y = (c[0] for c in columns(1, 23))
    basis = torch.stack([torch.ones_like(x), x, x**2])
    _, found = _left_out(basis[None], y[None])
    weight = len(x) * 1e-3 * torch.eye(3, dtype=F64)
    for i in range(len(x)):
        kept = torch.arange(len(x)) != i
        b = basis[:, kept]
        coefficients = torch.linalg.solve(b @ b.T + weight, b @ y[kept])
        assert found[0, i] == pytest.approx((y[i] - coefficients @ basis[:, i]).item(), abs=1e-10)


def test_waves_are_a_gaussian_kernel_as_far_as_standardised_columns_reach():
    nodes, weights = _quadrature()
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    d = torch.linspace(0, 4, 41, dtype=F64)[:, None]
    error = ((d * nodes).cos() @ weights - (-d[:, 0].square() / 2).exp()).abs()
    assert error.max() < 1e-3


def test_dependence_is_hsic_over_its_mean_under_independence():
    """Against the traces of the Gram matrices of the quadrature's kernel."""
    x, r = columns(1, 60)
    nodes, weights = _quadrature()
    grams = [((c[0, :, None] - c[0])[..., None] * nodes).cos() @ weights for c in (x, r)]
    n = x.shape[1]
    centring = torch.eye(n, dtype=F64) - 1 / n
    hsic = torch.trace(grams[0] @ centring @ grams[1] @ centring) / n**2
    chance = torch.stack([torch.trace(centring @ k) / n for k in grams]).prod()
    expected = math.log((n * hsic + 1e-3) / (chance + 1e-3))
    found = _dependence(_centred_waves(x), _waves(r))
    assert found.item() == pytest.approx(expected, abs=1e-10)
