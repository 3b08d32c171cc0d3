"""What surplus units cost in the PAC-Bayes bound, against the theorem and the prices."""

import itertools
import math

import pytest
import torch

from ldyn.core import frozen, share_interval, stream
from ldyn.landscape import (
    UnitNet,
    gibbs_price,
    inactive_probability,
    place_information,
    sample_conditioned,
)
from ldyn.studies.landscape.pac_bayes import risk_per_square, teacher, unit_powers

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


def test_a_mixture_over_the_silent_place_costs_nothing(claim):
    """KL(Q‖P) − KL(Q₀‖P₀) of the mixture over the four orders. Source: prop-places."""
    draw, count, prior, width = stream("ledger mixture"), 20_000, 2.0, 0.3
    means = torch.tensor([[3.0, 0.0, 1.0], [-3.0, 1.2, 1.0], [3.0, -1.8, -1.0]], dtype=F64)
    noise = torch.randn(count, 3, 3, generator=draw, dtype=F64)
    silent = prior * torch.randn(count, 1, 3, generator=draw, dtype=F64)
    silent[..., :2] = sample_conditioned(count, -1, 1, scale=prior, generator=draw)[:, None]
    units = torch.cat([means + width * noise, silent], 1)  # the silent place last: slope, bias, v

    def log_ratio(unit, mean):
        normal = torch.distributions.Normal
        posterior = normal(mean, width).log_prob(unit)
        return (posterior - normal(0.0, prior).log_prob(unit)).sum(-1)

    def log_product(place):
        kept = [j for j in range(4) if j != place]
        inside = units[:, place, 0].abs() + units[:, place, 1] < 0
        cone = torch.where(inside, -math.log(inactive_probability(-1, 1)), -math.inf)
        return cone + sum(log_ratio(units[:, j], m) for j, m in zip(kept, means, strict=True))

    products = torch.stack([log_product(k) for k in range(4)])
    mixture = torch.logsumexp(products, 0) - math.log(4)
    narrow = sum(log_ratio(units[:, j], means[j]) for j in range(3))
    cost = (mixture - narrow).mean().item()
    claim("price-zero", measured=round(cost, 4))
    assert abs(cost) < 0.005


def test_a_mixture_over_the_places_saves_its_logarithm(claim):
    """At the posteriors of the study; needed units as drawn, not kept apart. prop-places."""
    normal, prior, worst = torch.distributions.Normal, 2.0, 0.0
    for kind, k in itertools.product(("relu", "tanh"), (1, 2, 4)):
        draw, (cell,) = stream("ledger places", kind, k), at_a_thousand(kind, k)
        net = UnitNet(inputs=2, activation=kind)
        theta = teacher(net)
        line = torch.linspace(-1, 1, 201, dtype=F64)
        x = torch.stack([line, torch.ones_like(line)], 1)
        pulls = 2000 * cell["rate"] * prior**2
        width = prior * (1 + pulls * risk_per_square(net, theta, x)).rsqrt().view(3, 3)
        kept = theta.view(3, 3) + width * torch.randn(20_000, 3, 3, generator=draw, dtype=F64)
        silent = prior * torch.randn(20_000, k, 3, generator=draw, dtype=F64)
        narrow = prior * (1 + pulls * unit_powers(net, x).mean()) ** -0.5
        if kind == "relu":
            cone = sample_conditioned(20_000 * k, -1, 1, scale=prior, generator=draw)
            silent[..., 1:], narrow = cone.view(-1, k, 2), torch.tensor(prior, dtype=F64)
        silent[..., 0] *= narrow / prior
        units = torch.cat([kept, silent], 1)
        needed = normal(theta.view(3, 3), width).log_prob(units[:, :, None]).sum(-1)
        surplus = normal(0.0, prior).log_prob(units[..., 1:]).sum(-1)
        surplus = surplus + normal(0.0, narrow).log_prob(units[..., 0])
        if kind == "relu":
            inside = units[..., 1].abs() + units[..., 2] < 0
            surplus = surplus + torch.where(inside, math.log(4), -math.inf)
        saved = place_information(needed, surplus).mean().item()
        worst = max(worst, abs(saved - math.log(math.comb(3 + k, k))))
    claim("price-mixture", measured=round(worst, 6))
    assert worst < 0.005


def at_a_thousand(kind, k):
    return study().where(activation=kind, outputs=1, noise=0.0, samples=1000, surplus=k).rows


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
