"""Calls that gave a wrong answer in silence: the right one now, or a refusal in words."""

import math

import pytest
import torch
from torch import nn

from ldyn.core import stream
from ldyn.landscape import (
    Forms,
    UnitNet,
    add_inactive,
    difference_vector,
    exchange_rate,
    gaussian_divergence,
    growth_order,
    inertia,
    kl_inverse,
    newton,
    pac_bayes_bound,
    replicate,
    sample_conditioned,
    spectral_density,
    surplus_inertia,
    unit_forms,
)
from ldyn.linalg import LinearOperator

F64 = torch.float64


def randn(*shape):
    return torch.randn(*shape, generator=stream("silence", *shape), dtype=F64)


def net(*inner):
    return nn.Sequential(nn.Linear(2, 4), *inner, nn.Linear(4, 1)).double().eval()


def squared(outputs, targets):
    return (outputs - targets).square().sum() / 2


class Own(nn.Linear):
    pass


def test_columns_are_not_broadcast_against_rows():
    family, theta, x = UnitNet(inputs=2), randn(6), randn(5, 2)
    y = family.values(theta, x)
    assert family.loss(theta, x, y) == 0
    for wrong in (y[:, 0], y.expand(-1, 2), y[:1]):
        with pytest.raises(ValueError, match="y must be a tensor of shape"):
            family.loss(theta, x, wrong)
    with pytest.raises(ValueError, match="x must have 2 columns"):
        family.values(theta, randn(5, 3))


def test_numbers_of_integer_tensors_are_numbers():
    plain = pac_bayes_bound(0, 1.0, 100)
    assert torch.equal(pac_bayes_bound(torch.tensor(0), 1.0, torch.tensor(100)), plain)
    assert plain.item() == pytest.approx(0.0675, abs=1e-4)
    assert torch.equal(
        gaussian_divergence(randn(3), torch.tensor(2), 1.0), gaussian_divergence(randn(3), 2.0, 1.0)
    )
    with pytest.raises(ValueError, match="mean must be floating point"):
        gaussian_divergence(torch.ones(3, dtype=torch.long), 2.0, 1.0)
    with pytest.raises(ValueError, match="broadcast to mean"):
        gaussian_divergence(randn(3), randn(3, 1).abs(), 1.0)


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
def test_numbers_out_of_range_are_refused(bad):
    with pytest.raises(ValueError, match="divergence must be"):
        pac_bayes_bound(0.1, bad, 100)
    with pytest.raises(ValueError, match="count must be"):
        sample_conditioned(-1, 0.0, 1.0, generator=stream("none"))
    with pytest.raises(ValueError, match="0 < empirical < bound < 1"):
        exchange_rate(0.3, 0.1)


def test_a_bound_in_single_precision_is_none_below_that_in_double():
    q = torch.linspace(0.01, 0.5, 50)
    assert torch.equal(kl_inverse(q, 1e-4), kl_inverse(q.double(), 1e-4))


@pytest.mark.parametrize("unit", [-1, 4, 7])
def test_units_that_are_not_there_are_refused(unit):
    model, pairs = net(nn.Tanh()), [(randn(5, 2), randn(5, 1))]
    for call in (
        lambda: unit_forms(model, 0, unit, squared, pairs),
        lambda: difference_vector(model, 0, (0, unit), randn(4)),
        lambda: replicate(model, 0, unit, [0.5, 0.5]),
    ):
        with pytest.raises(ValueError, match=f"unit must be one of 0, …, 3, got {unit}"):
            call()
    with pytest.raises(ValueError, match="two different"):
        difference_vector(model, 0, (1, 1), randn(4))


def test_ranks_do_not_depend_on_the_scale_of_the_loss():
    gate, bend = torch.zeros(1, 3, dtype=F64), torch.diag(torch.tensor([1.0, -2, 0], dtype=F64))
    half = torch.tensor([0.5, 0.5], dtype=F64)
    for size in (1.0, 1e-9, 1e9):
        forms = Forms(gate=size * gate, curvature=size * bend)
        assert [int(c) for c in surplus_inertia(forms, half)] == [1, 1]


def test_rounding_in_single_precision_is_no_rank():
    a = randn(60, 3).float()
    assert int(inertia(a @ a.T).zero) == 57
    steps = torch.tensor([0.1, 0.2])
    flat = lambda t: 1 + 1e-9 * t[:, 0].sin()  # noqa: E731
    assert growth_order(flat, torch.zeros(1), torch.ones(1), steps) == math.inf
    theta = newton(lambda t: (t[0] - t[1] / 3).square(), torch.tensor([[1.0, 2.0]]), steps=3)
    assert theta.isfinite().all()


def test_the_density_in_single_precision_has_all_its_nodes():
    values = torch.cat([torch.tensor([1.0, 30, 200]), torch.linspace(-3e-2, 3e-2, 197)])
    turn = torch.linalg.qr(randn(200, 200))[0].float()
    operator = LinearOperator(
        size=200,
        apply=lambda v: turn @ (values * (turn.T @ v)),
        dtype=turn.dtype,
        device=turn.device,
    )
    found = spectral_density(operator, generator=stream("single"), probes=3, steps=60)
    at, error = found.density(torch.linspace(-0.03, 0.03, 5), 0.01)
    assert (error > 0).all()
    assert (found.nodes[:, 0] < -0.029).all()
    assert at[2] == pytest.approx(1 / 0.06, rel=0.3)


def test_networks_in_training_mode_keep_their_statistics():
    model, x = net(nn.ReLU()), randn(9, 2)
    stacked = nn.Sequential(nn.BatchNorm1d(2), *model).double()
    before = stacked[0].running_mean.clone()
    add_inactive(stacked, 0, randn(1, 2), torch.full((1,), -99.0, dtype=F64), randn(1, 1), x=x)
    with pytest.raises(ValueError, match="training mode"):
        unit_forms(stacked, 0, 0, squared, [(x, randn(9, 1))])
    assert torch.equal(stacked[0].running_mean, before)
    assert stacked.training


def test_units_are_not_certified_by_nothing():
    model, weight, out = net(nn.ReLU()), randn(1, 2), randn(1, 1)
    bias = torch.full((1,), -99.0, dtype=F64)
    for x in (randn(0, 2), math.nan * randn(3, 2)):
        with pytest.raises(ValueError, match="x must be"):
            add_inactive(model, 0, weight, bias, out, x=x)
    for bad in ((math.nan * weight, bias), (weight, math.nan * bias)):
        with pytest.raises(ValueError, match="finite, got"):
            add_inactive(model, 0, *bad, out, x=randn(3, 2))
    spoilt = nn.Sequential(nn.Linear(2, 2).double(), nn.ReLU(), *model)
    spoilt[0].weight.data[0, 0] = math.nan
    with pytest.raises(ValueError, match="active at 3 of 3"):
        add_inactive(spoilt, 1, weight, bias, out, x=randn(3, 2))


def test_layers_that_would_be_skipped_are_refused():
    for odd in (
        Own(4, 4),
        nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)),
        nn.Sequential(nn.Linear(4, 4), nn.Tanh()),
    ):
        for model in (net(odd, nn.Tanh()), nn.Sequential(odd, nn.Tanh(), *net(nn.Tanh()))):
            with pytest.raises(ValueError, match=r"counted must be plain, got a (\w*Linear|Own)"):
                replicate(model, 0, 0, [0.5, 0.5])


def test_shares_of_single_precision_are_shares():
    shares = torch.full((10,), 0.1)
    assert replicate(net(nn.Tanh()).float(), 0, 0, shares)[0].out_features == 13
    UnitNet(inputs=1).replicate(torch.ones(2), shares)
