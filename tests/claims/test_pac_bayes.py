"""What surplus units cost in the PAC-Bayes bound, against the theorem and the prices."""

import math

import pytest
import torch

from ldyn.core import frozen, share_interval, stream
from ldyn.landscape import gibbs_price, inactive_probability

F64 = torch.float64


def study():
    return frozen("pac_bayes")


def rise(field, *, last=None, **fields):
    """The least-squares slope of a unit's `field` against ln n."""
    rows = study().where(surplus=8, **fields).rows[-(last or 99) :]
    n = torch.tensor([row["samples"] for row in rows], dtype=F64).log()
    y = torch.tensor([row[field] for row in rows], dtype=F64)
    return (((n - n.mean()) * (y - y.mean())).sum() / (n - n.mean()).square().sum()).item()


def test_the_bound_is_above_the_true_risk(claim):
    """With a million and more draws in all, at fresh inputs. Source: thm-pac-bayes."""
    least = min(row["bound"] / row["truth"] for row in study().rows)
    claim("pac-bayes-bound", measured=least)
    assert least > 1


def test_the_tangent_bounds_what_surplus_units_add(claim):
    """B(K) ≤ B(0) + p(1 − p)/(n (p − q)) K Π at the base's rate. Source: lem-exchange."""
    worst = 0.0
    for activation in ("relu", "tanh"):
        part = study().where(activation=activation, outputs=1, noise=0.0)
        for base in part.where(surplus=0).rows:
            p, q = base["bound"], base["risk"]
            worth = p * (1 - p) / (base["samples"] * (p - q))
            for row in part.where(samples=base["samples"]).rows:
                if row["surplus"] and row["samples"] < 10_000:
                    most = p + worth * row["surplus"] * base["price"]
                    worst = max(worst, row["bound"] / most)
    claim("price-tangent", measured=worst)
    assert worst <= 1.01


def test_a_relu_unit_costs_ln_4(claim):
    w = torch.randn(2_000_000, 2, generator=stream("ledger cone"), dtype=F64)
    share = share_interval(int((w[:, 0].abs() + w[:, 1] < 0).sum()), len(w))
    price, low, high = (-math.log(p) for p in (share.value, share.high, share.low))
    claim("price-relu", measured=price, low=low, high=high)
    assert low < -math.log(inactive_probability(-1, 1)) < high
    units = study().where(activation="relu").column("unit")
    assert units == pytest.approx([math.log(4)] * len(units), rel=1e-5)


@pytest.mark.xfail(strict=True, reason="the cone has a price")
def test_a_relu_unit_costs_nothing(claim):
    unit = study().where(activation="relu").column("unit")[0]
    claim("price-zero", measured=unit)
    assert unit < 0.01


@pytest.mark.parametrize("outputs", [1, 2])
def test_a_tanh_unit_costs_half_a_logarithm_an_output(claim, outputs):
    found = rise("unit", activation="tanh", outputs=outputs, noise=0.0)
    claim(f"price-tanh-{outputs}", measured=found)
    assert found == pytest.approx(outputs / 2, abs=0.05)


def test_noise_halves_the_slope(claim):
    found = rise("unit", last=3, activation="tanh", outputs=1, noise=0.5)
    claim("price-noise", measured=found)
    assert found == pytest.approx(0.25, abs=0.05)


def test_many_outputs_do_not_cost_more_than_the_inputs(claim):
    """D = 2, M = 3; the prior spread evenly over the plane. Source: thm-unit-price."""
    count = 2**18
    part, turn = (torch.arange(count, dtype=F64) + 0.5) / count, torch.arange(count, dtype=F64)
    angle, length = 2.399963229728653 * turn, 2 * (-2 * torch.log1p(-part)).sqrt()
    line = torch.linspace(-1, 1, 21, dtype=F64)
    u = length[:, None] * (angle.cos()[:, None] * line + angle.sin()[:, None])
    power = torch.tanh(u).square().mean(1) / 4
    low, high = (gibbs_price(2 * n * 4 * power, 3).item() for n in (1e3, 1e4))
    found = (high - low) / math.log(10)
    claim("price-least", measured=found)
    assert found == pytest.approx(1.0, abs=0.05)


def test_a_copy_is_dearer_than_its_quartic_directions(claim):
    """D = 2, M = 1: 3/4, not D/4. Source: prop-cost-copies."""
    draw = stream("ledger copies")
    delta = torch.randn(2**20, 1, generator=draw, dtype=F64)
    eta = torch.randn(2**20, 2, generator=draw, dtype=F64)
    line = torch.linspace(-1, 1, 9, dtype=F64)
    z, unit = torch.stack([line, torch.ones_like(line)]), torch.tensor([1.5, 0.5], dtype=F64)
    pair = (0.5 + delta) * torch.tanh((unit + eta / 2) @ z)
    pair += (0.5 - delta) * torch.tanh((unit - eta / 2) @ z)
    added = (pair - torch.tanh(unit @ z)).square().mean(1)
    low, high = (-math.log((-u * added).exp().mean()) for u in (1e4, 1e5))
    found = (high - low) / math.log(10)
    claim("price-copy", measured=found)
    assert found == pytest.approx(0.75, abs=0.05)
