"""The dynamic program finds the best of all height sequences, and its network is that fit."""

import itertools

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from ldyn.core import stream
from ldyn.piecewise import (
    BoundaryFit,
    fit_boundary,
    fragment,
    interpolant_net,
    rough_boundary,
    sample,
)


def data(n, seed=0, noise=0.3):
    draw = stream("dynamic", n, seed)
    target = fragment(rough_boundary(1.0, generator=draw), 2)
    found = sample(target, n, noise=noise, generator=draw)
    return found.x, found.y


def loss(x, y, values):
    fit = BoundaryFit(values=values, loss=0.0)
    return (y - fit(x)).square().sum().item()


@pytest.mark.parametrize(("pieces", "levels"), [(1, 5), (2, 4), (3, 4), (4, 3)])
@given(n=st.integers(1, 40), seed=st.integers(0, 99))
@settings(max_examples=8)
def test_it_is_the_best_of_all_height_sequences(pieces, levels, n, seed):
    x, y = data(n, seed)
    fit = fit_boundary(x, y, pieces=pieces, levels=levels)
    heights = torch.linspace(0.1, 0.9, levels, dtype=torch.float64)
    best = min(
        loss(x, y, torch.stack(values)) for values in itertools.product(heights, repeat=pieces + 1)
    )
    assert fit.loss == pytest.approx(best, abs=1e-10)
    assert loss(x, y, fit.values) == pytest.approx(fit.loss, abs=1e-10)
    assert fit.values.shape == (pieces + 1,)
    assert torch.isin(fit.values, heights).all()


def test_the_height_is_the_interpolant():
    values = torch.tensor([0.2, 0.8, 0.4, 0.6], dtype=torch.float64)
    fit = BoundaryFit(values=values, loss=0.0)
    u = torch.rand(100, generator=stream("u"), dtype=torch.float64)
    u = torch.cat([u, torch.arange(4).double() / 3])
    torch.testing.assert_close(fit.height(u), interpolant_net(values)(u[:, None]))
    rim = torch.tensor([[0.0, 0.2], [0.0, 0.2 - 1e-15]], dtype=torch.float64)
    assert fit(rim).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("slope", [50.0, 1e4])
@pytest.mark.parametrize("pieces", [1, 6])
def test_the_network_is_the_fit_off_the_ramp(pieces, slope):
    x, y = data(300)
    fit = fit_boundary(x, y, pieces=pieces, levels=33)
    net = fit.network(slope)
    z = torch.rand(2000, 2, generator=stream("z"), dtype=torch.float64)
    far = (z[:, 1] - fit.height(z[:, 0])).abs() > 0.5 / slope + 1e-9
    torch.testing.assert_close(net(z)[far], fit(z)[far], rtol=0, atol=1e-9)
    assert far.double().mean() > 0.9
    # in general position the network has 4K + 6 parameters; equal slopes save some
    assert net.depth == 3
    assert net.nonzero <= 4 * pieces + 6
    general = BoundaryFit(
        values=0.5 + 0.1 * torch.randn(pieces + 1, generator=stream("g"), dtype=torch.float64),
        loss=0.0,
    )
    assert general.network(slope).nonzero == 4 * pieces + 6


def test_a_boundary_on_the_grid_is_found_without_noise():
    values = torch.tensor([0.3, 0.7, 0.5], dtype=torch.float64)
    truth = BoundaryFit(values=values, loss=0.0)
    x = torch.rand(3000, 2, generator=stream("exact"), dtype=torch.float64)
    fit = fit_boundary(x, truth(x), pieces=2, levels=9)
    torch.testing.assert_close(fit.values, values)
    assert fit.loss == pytest.approx(0.0, abs=1e-9)


def test_points_on_the_boundary_are_above_it_and_the_far_edge_is_in_the_last_piece():
    u = torch.tensor([0.25, 0.75, 1.0], dtype=torch.float64)
    x = torch.cat([torch.stack([u, torch.full_like(u, v)], 1) for v in (0.5, 0.4999)])
    y = torch.tensor([1.0, 1, 1, 0, 0, 0], dtype=torch.float64)
    for dtype in (torch.float64, torch.float32):
        fit = fit_boundary(x.to(dtype), y.to(dtype), pieces=2, levels=3)
        torch.testing.assert_close(fit.values, torch.full((3,), 0.5, dtype=dtype))
        assert fit.loss == 0


def test_finer_classes_fit_better():
    x, y = data(200)
    losses = [fit_boundary(x, y, pieces=k, levels=9).loss for k in (1, 2, 4, 8)]
    assert losses == sorted(losses, reverse=True)
    losses = [fit_boundary(x, y, pieces=2, levels=m).loss for m in (2, 3, 5, 9, 17)]
    assert losses == sorted(losses, reverse=True)


def test_bad_input_is_refused():
    x, y = data(20)
    with pytest.raises(ValueError, match="square, d = 2, got d = 3; try"):
        fit_boundary(x[:, [0, 1, 1]], y, pieces=2, levels=3)
    with pytest.raises(ValueError, match="levels must be an integer >= 2, got 1; try"):
        fit_boundary(x, y, pieces=2, levels=1)
    with pytest.raises(ValueError, match=r"low < high, got 0.9 and 0.1; try"):
        fit_boundary(x, y, pieces=2, levels=3, low=0.9, high=0.1)
    with pytest.raises(ValueError, match=r"x must be .*\(n, 2\), got shape \(20, 1\)"):
        fit_boundary(x, y, pieces=2, levels=3)(x[:, :1])
