"""Every network built by hand stays within its bound, and attains it where the bound is exact."""

import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from ldyn.core import stream
from ldyn.piecewise import (
    grid_values,
    holder_net,
    indicator_net,
    interpolant_net,
    intersection_net,
    product_net,
    rough_boundary,
    square_net,
    step_net,
    wave,
    wave_height,
)

LINE = torch.linspace(0, 1, 4097, dtype=torch.float64)


def evaluate(net, x):
    return net(x[:, None])


@given(slope=st.floats(0.6, 1e6))
@settings(max_examples=25)
def test_the_step_has_exactly_its_errors(slope):
    net = step_net(slope)
    assert (net.depth, net.nonzero) == (2, 6)
    assert net.largest == max(slope, 1.0)
    # the error lives on the ramp, |t| < 1/(2a): the midpoint rule with m nodes on each half
    # integrates a line exactly, and its square up to a factor 1 − 1/(4m²)
    m = 2000
    half = (torch.arange(m, dtype=torch.float64) + 0.5) / (2 * m * slope)
    t = torch.cat([-half, half])
    error = evaluate(net, t) - (t >= 0).double()
    width = 1 / slope
    assert error.square().mean().item() * width == pytest.approx(1 / (12 * slope), rel=1e-6)
    assert error.abs().mean().item() * width == pytest.approx(1 / (4 * slope), rel=1e-9)
    outside = torch.tensor([-5.0, -0.500001, 0.500001, 5.0], dtype=torch.float64) / slope
    torch.testing.assert_close(
        evaluate(net, outside), torch.tensor([0.0, 0.0, 1.0, 1.0]).double(), rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("teeth", range(1, 9))
def test_the_square_attains_its_bound(teeth):
    net = square_net(teeth)
    assert net.depth == teeth + 1
    gap = evaluate(net, LINE) - LINE.square()
    bound = 2.0 ** (-2 - 2 * teeth)
    assert gap.min() >= -1e-15
    assert gap.max() <= bound + 1e-15
    # exact at multiples of 2^(−m), worst halfway between them
    knots = torch.arange(2**teeth + 1, dtype=torch.float64) / 2**teeth
    torch.testing.assert_close(evaluate(net, knots), knots.square(), rtol=0, atol=1e-15)
    middles = (knots[1:] + knots[:-1]) / 2
    error = evaluate(net, middles) - middles.square()
    torch.testing.assert_close(error, torch.full_like(error, bound), rtol=0, atol=1e-15)


@given(
    teeth=st.integers(1, 8),
    bound=st.floats(0.1, 20),
    seed=st.integers(0, 99),
)
@settings(max_examples=25)
def test_the_product_stays_within_its_bound_and_vanishes_on_the_axes(teeth, bound, seed):
    net = product_net(teeth, bound)
    xy = bound * (2 * torch.rand(400, 2, generator=stream("xy", seed), dtype=torch.float64) - 1)
    corners = bound * torch.tensor([[1, 1], [1, -1], [-1, 1], [-1, -1]], dtype=torch.float64)
    xy = torch.cat([xy, corners])
    assert (net(xy) - xy.prod(1)).abs().max() <= bound**2 * 4.0**-teeth + 1e-12 * bound**2
    axes = torch.cat([xy * torch.tensor([1.0, 0.0]), xy * torch.tensor([0.0, 1.0])])
    assert net(axes).abs().max() <= 1e-14 * bound**2


def test_the_product_needs_its_bound():
    worst = max(
        (product_net(2)(p) - p.prod(1)).abs().max().item()
        for p in (torch.cartesian_prod(2 * LINE[::64] - 1, 2 * LINE[::64] - 1),)
    )
    assert worst > 4.0**-2 / 4
    assert product_net(4).depth == 4 + 2


def test_the_interpolant_goes_through_its_values_and_is_linear_between():
    values = torch.randn(8, generator=stream("values"), dtype=torch.float64)
    net, knots = interpolant_net(values), torch.arange(8, dtype=torch.float64) / 7
    torch.testing.assert_close(evaluate(net, knots), values)
    middles = (knots[1:] + knots[:-1]) / 2
    torch.testing.assert_close(evaluate(net, middles), (values[1:] + values[:-1]) / 2)
    assert net.depth == 2
    assert net.nonzero == 3 * 7  # 7 slopes of 1, 6 knots that are not 0, 7 jumps, and v_0


@given(
    alpha=st.floats(0.1, 2.0),
    pieces=st.integers(1, 20),
    place=st.floats(-1, 2),
)
@settings(max_examples=25)
def test_the_interpolant_obeys_its_bound(alpha, pieces, place):
    # |x − c|^α / scale has Hölder seminorm F = 1 of its top derivative
    whole = alpha > 1
    scale = alpha * 2 ** (2 - alpha) if whole else 1.0
    h = lambda x: (x - place).abs() ** alpha / scale  # noqa: E731
    knots = torch.arange(pieces + 1, dtype=torch.float64) / pieces
    gap = (evaluate(interpolant_net(h(knots)), LINE) - h(LINE)).abs().max().item()
    bound = pieces**-alpha / 4 if whole else (2 * pieces) ** -alpha
    assert gap <= bound + 1e-12


@pytest.mark.parametrize("alpha", [0.5, 1.0])
def test_the_bound_of_the_interpolant_is_attained(alpha):
    # a cusp in the middle of the one interval: the gap there is (1/2)^α
    h = lambda x: (x - 0.5).abs() ** alpha  # noqa: E731
    net = interpolant_net(h(torch.tensor([0.0, 1.0], dtype=torch.float64)))
    gap = (evaluate(net, LINE) - h(LINE)).abs().max().item()
    assert gap == pytest.approx(0.5**alpha, abs=1e-12)


def test_the_wave_is_its_formula():
    assert wave_height(torch.tensor([0.1]).double()).item() == pytest.approx(
        0.5 + 0.2 * math.sin(0.2 * math.pi) + 0.05 * math.cos(0.6 * math.pi)
    )


@pytest.mark.parametrize("pieces", [2, 8, 32])
@pytest.mark.parametrize("slope", [20.0, 1000.0])
def test_the_indicator_obeys_its_bound_and_its_count(pieces, slope):
    knots = torch.arange(pieces + 1, dtype=torch.float64) / pieces
    net = indicator_net(wave_height(knots), slope)
    gap = (evaluate(interpolant_net(wave_height(knots)), LINE) - wave_height(LINE)).abs().mean()
    error = (grid_values(net, 512) - grid_values(wave(), 512)).square().mean().sqrt().item()
    assert error <= gap.item() ** 0.5 + (12 * slope) ** -0.5
    assert net.depth == 3
    assert net.nonzero <= 4 * pieces + 8


def test_the_count_of_the_indicator_is_exact_in_general_position():
    for pieces in (1, 3, 10):
        values = 0.5 + 0.1 * torch.randn(
            pieces + 1, generator=stream("general", pieces), dtype=torch.float64
        )
        net = indicator_net(values, 50.0)
        assert net.nonzero == 4 * pieces + 6
    flat = indicator_net(torch.full((11,), 0.5).double(), 50.0)
    assert flat.nonzero < 4 * 10 + 6


@given(seed=st.integers(0, 99), pieces=st.integers(1, 8), slope=st.floats(10, 1e4))
@settings(max_examples=25)
def test_the_indicator_is_exact_off_the_ramp(seed, pieces, slope):
    draw = stream("off the ramp", seed)
    values = rough_boundary(0.5, generator=draw)(torch.linspace(0, 1, pieces + 1).double()[:, None])
    x = torch.rand(500, 2, generator=draw, dtype=torch.float64)
    height = evaluate(interpolant_net(values), x[:, 0])
    net = indicator_net(values, slope)
    far = (x[:, 1] - height).abs() > 0.5 / slope + 1e-9
    exact = (x[:, 1] >= height).double()
    torch.testing.assert_close(net(x)[far], exact[far], rtol=0, atol=1e-9)
    assert net(x).min() >= -1e-9
    assert net(x).max() <= 1 + 1e-9


def half_planes(count, slope):
    """Ramps over the sides of a regular polygon about the centre, and their exact indicators."""
    turn = torch.arange(count, dtype=torch.float64) * 2 * math.pi / count + 0.3
    nets, exact = [], []
    for t in turn.tolist():
        normal = torch.tensor([math.cos(t), math.sin(t)], dtype=torch.float64)
        step = step_net(slope)
        (a, b), last = step.layers
        first = (a @ normal[None], a[:, 0] * (0.3 - normal.sum() / 2) + b)
        nets.append(type(step)(layers=(first, last)))
        exact.append(lambda x, n=normal: ((x - 0.5) @ n + 0.3 >= 0).double())
    return nets, exact


@pytest.mark.parametrize("count", [1, 3, 5])
def test_an_intersection_is_as_good_as_the_sum_of_its_parts(count):
    nets, exact = half_planes(count, 40.0)
    together = intersection_net(nets)
    assert together.depth == nets[0].depth + 1
    inside = lambda x: torch.stack([f(x) for f in exact]).prod(0)  # noqa: E731
    error = (grid_values(together, 400) - grid_values(inside, 400)).square().mean().sqrt()
    parts = [
        (grid_values(g, 400) - grid_values(f, 400)).square().mean().sqrt()
        for g, f in zip(nets, exact, strict=True)
    ]
    assert error <= sum(parts)
    assert error > 0
    # where every part is 0 or 1 it is the product
    x = torch.rand(500, 2, generator=stream("inside"), dtype=torch.float64)
    values = torch.stack([g(x) for g in nets])
    sharp = ((values.abs() < 1e-12) | ((values - 1).abs() < 1e-12)).all(0)
    assert sharp.double().mean() > 0.5
    torch.testing.assert_close(together(x)[sharp], inside(x)[sharp], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: step_net(0.0), "slope must be a finite number > 0, got 0.0; try"),
        (lambda: step_net(float("inf")), "slope must be a finite number, got inf; try"),
        (lambda: square_net(0), "teeth must be an integer >= 1, got 0; try"),
        (lambda: product_net(2, -1.0), "bound must be a finite number > 0"),
        (lambda: product_net(1.5), "teeth must be an integer, got 1.5; try"),
        (lambda: interpolant_net(torch.ones(1)), r"\(K \+ 1,\) with K >= 1, got \(1,\); try"),
        (lambda: interpolant_net(torch.ones(3, 1)), r"\(K \+ 1,\) with .*, got shape \(3, 1\)"),
        (lambda: indicator_net(torch.ones(3), 0.0), "slope must be a finite number > 0"),
        (lambda: indicator_net(torch.ones(1), 9.0), r"\(K \+ 1,\) with K >= 1"),
        (lambda: intersection_net([]), "at least one network, got none; try"),
        (lambda: holder_net(torch.sin, dim=3, cells=2, teeth=2), "dim must be 1 or 2, got 3; try"),
        (lambda: holder_net(torch.sin, dim=2, cells=0, teeth=2), "cells must be an integer >= 1"),
        (lambda: holder_net(lambda x: x[:, 0], dim=2, cells=1, teeth=0), "teeth must be"),
    ],
)
def test_bad_choices_are_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()
