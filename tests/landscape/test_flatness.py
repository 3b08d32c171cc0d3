"""Cones, kinks and orders of growth, where they are known exactly."""

import math

import pytest
import torch
from torch.func import grad, hessian

from ldyn.core import stream
from ldyn.landscape import (
    UnitNet,
    curve_toy,
    growth_order,
    inactive,
    kink_distance,
    kink_margin,
    sample_inactive,
)

F64 = torch.float64
SIZES = torch.logspace(-3, -1, 9, dtype=F64)


def on_the_line(*places):
    x = torch.tensor(places, dtype=F64)
    return torch.stack([x, torch.ones_like(x)], 1)


def test_the_cone_on_the_line_is_a_wedge():
    x = on_the_line(-1.0, 0.2, 1.0)
    w = torch.randn(4000, 2, generator=stream("wedge"), dtype=F64)
    inside = inactive(w, x)
    assert torch.equal(inside, w[:, 1] < -w[:, 0].abs())
    rim = torch.tensor([[1.0, -1.0], [0.0, 0.0]], dtype=F64)
    assert not inactive(rim, x).any(), "the cone is open"
    share = inside.double().mean().item()
    assert share == pytest.approx(0.25, abs=4 * (0.25 * 0.75 / 4000) ** 0.5)


def test_draws_from_the_cone_are_inside_and_spread_over_it():
    x = on_the_line(-1.0, 1.0)
    w = sample_inactive(x, 5000, scale=3.0, generator=stream("cone draws"))
    assert w.shape == (5000, 2)
    assert inactive(w, x).all()
    angle = torch.atan2(w[:, 0], -w[:, 1])
    assert angle.abs().max() < math.pi / 4
    assert angle.mean().item() == pytest.approx(0, abs=0.03)
    assert w.square().sum(1).mean().item() == pytest.approx(2 * 9, rel=0.06)


def test_an_empty_cone_and_bad_choices_are_refused():
    x = torch.tensor([[-1.0], [1.0]], dtype=F64)
    with pytest.raises(ValueError, match="column of ones"):
        sample_inactive(x, 1, scale=1.0, generator=stream("empty"), tries=1000)
    with pytest.raises(ValueError, match="scale"):
        sample_inactive(x, 1, scale=0.0, generator=stream("empty"))


def test_the_margin_is_the_sine_of_the_angle_to_the_nearest_kink():
    net = UnitNet(inputs=2, activation="relu")
    x = on_the_line(0.0, 2.0)
    for angle in (0.1, 0.4):
        w = torch.tensor([[-math.sin(math.pi / 2), 0.0], [0.0, 1.0]], dtype=F64)
        w[0] = 5 * torch.tensor([math.cos(angle), math.sin(angle)], dtype=F64)
        theta = net.join(torch.ones(2, 1, dtype=F64), w)
        assert kink_margin(net, theta, x).item() == pytest.approx(math.sin(angle))


def test_the_distance_is_where_the_first_datum_changes_sides():
    toy = curve_toy("relu")
    d = torch.randn(20, len(toy.theta), generator=stream("ways"), dtype=F64)
    far = kink_distance(toy.net, toy.theta.expand(20, -1), d, toy.x)
    pattern = lambda t: toy.x @ toy.net.split(t)[1].mT > 0  # noqa: E731
    here = pattern(toy.theta)
    for way, t in zip(d, far, strict=True):
        assert torch.equal(pattern(toy.theta + 0.999 * t * way), here)
        assert not torch.equal(pattern(toy.theta + 1.001 * t * way), here)
    still = torch.zeros_like(toy.theta)
    assert kink_distance(toy.net, toy.theta, still, toy.x) == math.inf


@pytest.mark.parametrize("order", [1.0, 2.0, 4.0])
def test_the_order_of_a_power_is_its_exponent(order):
    found = growth_order(lambda t: 7 + 3 * t[:, 0].abs() ** order, torch.zeros(2, dtype=F64),
                         torch.tensor([2.0, 1.0], dtype=F64), SIZES)  # fmt: skip
    assert found == pytest.approx(order, abs=1e-6)


def test_no_growth_is_said_and_a_fall_is_refused():
    start, way = torch.zeros(1, dtype=F64), torch.ones(1, dtype=F64)
    assert growth_order(lambda t: 0 * t[:, 0], start, way, SIZES) == math.inf
    with pytest.raises(ValueError, match="must grow"):
        growth_order(lambda t: -t[:, 0], start, way, SIZES)
    for sizes in (SIZES[:1], -SIZES, SIZES[None]):
        with pytest.raises(ValueError, match=r"two or more|shape .m,. with"):
            growth_order(lambda t: t[:, 0], start, way, sizes)


def test_the_curve_is_its_formula_in_two_digits():
    toy, places = curve_toy(), [-1 + 2 * k / 15 for k in range(16)]
    values = [math.sin(2.5 * t) + t / 2 + math.cos(9 * t) / 4 for t in places]
    assert toy.x.tolist() == [[pytest.approx(t, abs=1e-15), 1.0] for t in places]
    assert toy.y[:, 0].tolist() == pytest.approx([round(v, 2) for v in values], abs=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_curve_has_a_minimum_that_is_not_exact(activation):
    toy = curve_toy(activation)
    assert grad(toy.loss)(toy.theta).abs().max() < 1e-12
    values = torch.linalg.eigvalsh(hessian(toy.loss)(toy.theta))
    rescalings = 2 if activation == "relu" else 0
    assert (values > 1e-5).sum() == 7 - rescalings
    assert values.min() > -1e-12
    assert toy.loss(toy.theta) > 0.1
    if activation == "relu":
        assert kink_margin(toy.net, toy.theta, toy.x) > 1e-3
    with pytest.raises(ValueError, match="activation"):
        curve_toy("sine")
