"""How far a network moves, and how many there are."""

import itertools
import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from ldyn.core import stream
from ldyn.piecewise import ReluNet, log_covering_number, parameter_sensitivity


def within(low, high, shape, draw):
    return low + (high - low) * torch.rand(shape, generator=draw, dtype=torch.float64)


@given(
    depth=st.integers(1, 4),
    width=st.integers(2, 6),
    largest=st.floats(1, 3),
    shift=st.floats(1e-6, 0.5),
    seed=st.integers(0, 999),
)
@settings(max_examples=60)
def test_a_network_moves_no_more_than_its_sensitivity(depth, width, largest, shift, seed):
    draw = stream("sensitivity", seed)
    dims = [2, *[width] * (depth - 1), 1]
    pairs = []
    for a, b in itertools.pairwise(dims):
        for shape in ((b, a), (b,)):
            # half the draws at the corners, where the bound is closest
            one = within(-largest, largest, shape, draw)
            if seed % 2:
                one = largest * one.sign()
            two = (one + shift * within(-1, 1, shape, draw).sign()).clamp(-largest, largest)
            pairs.append((one, two))
    first, second = (
        ReluNet(layers=tuple((pairs[i][j], pairs[i + 1][j]) for i in range(0, 2 * depth, 2)))
        for j in (0, 1)
    )
    moved = max((p - q).abs().max().item() for p, q in pairs)
    x = torch.rand(50, 2, generator=draw, dtype=torch.float64)
    x = torch.cat([x, torch.ones(1, 2)])
    gap = (first(x) - second(x)).abs().max().item()
    rounding = 1e-13 * (1 + first(x).abs().max().item())
    assert gap <= parameter_sensitivity(depth, width, largest) * moved + rounding


@pytest.mark.parametrize(("depth", "width", "largest"), [(2, 4, 1.0), (3, 6, 2.0), (4, 9, 1.5)])
def test_the_sensitivity_is_of_the_right_size(depth, width, largest):
    # every parameter at B, then a little less, at x = (1, …, 1): the worst there is, but for the
    # offsets of later layers, which the bound multiplies as if they were as large as the units
    shift, dims = 1e-6, [*[width] * depth, 1]
    first, second = (
        ReluNet(
            layers=tuple(
                (torch.full((b, a), c).double(), torch.full((b,), c).double())
                for a, b in itertools.pairwise(dims)
            )
        )
        for c in (largest, largest - shift)
    )
    x = torch.ones(1, width, dtype=torch.float64)
    ratio = (first(x) - second(x)).item() / shift / parameter_sensitivity(depth, width, largest)
    assert 0.5 < ratio <= 1 + 1e-6


def test_the_sensitivity_by_hand_and_attained_at_depth_one():
    assert parameter_sensitivity(3, 4, 2.0) == 3 * 4 * 125
    # x ↦ ⟨a, x⟩ + b with W = D inputs, all D + 1 parameters moved by δ, at x = (1, …, 1)
    one = ReluNet(layers=((torch.ones(1, 3).double(), torch.ones(1).double()),))
    two = ReluNet(layers=((torch.full((1, 3), 0.9).double(), torch.full((1,), 0.9).double()),))
    x = torch.ones(1, 3, dtype=torch.float64)
    gap = (one(x) - two(x)).item()
    assert gap == pytest.approx(0.1 * parameter_sensitivity(1, 3, 1.0))


def test_the_covering_number_by_hand():
    # S log(2 L² B^L (S + 1)^(L+2) / ε)
    expected = 5 * math.log(2 * 9 * 2.0**3 * 6**5 / 0.01)
    found = log_covering_number(0.01, depth=3, nonzero=5, largest=2.0)
    assert found == pytest.approx(expected)


@given(
    radius=st.floats(1e-6, 1),
    depth=st.integers(1, 300),
    nonzero=st.integers(1, 10_000),
    largest=st.floats(1, 1e6),
)
@settings(max_examples=60)
def test_the_covering_number_grows_with_the_class_and_with_precision(
    radius, depth, nonzero, largest
):
    base = {"depth": depth, "nonzero": nonzero, "largest": largest}
    here = log_covering_number(radius, **base)
    assert 0 < here < math.inf
    assert log_covering_number(radius / 2, **base) > here
    assert log_covering_number(radius, **{**base, "depth": depth + 1}) > here
    assert log_covering_number(radius, **{**base, "nonzero": nonzero + 1}) > here
    assert log_covering_number(radius, **{**base, "largest": 2 * largest}) > here
    # halving the radius costs S log 2, the price of one more bit a parameter
    extra = log_covering_number(radius / 2, **base) - here
    assert extra == pytest.approx(nonzero * math.log(2), rel=1e-6)


def cover(functions, radius):
    """The size of a greedy cover of the rows in sup-norm: an upper bound on the least one."""
    left, count = functions, 0
    while len(left):
        left = left[(left - left[0]).abs().amax(1) > radius]
        count += 1
    return count


@pytest.mark.parametrize("radius", [0.5, 0.25, 0.1])
@pytest.mark.parametrize("nonzero", [1, 2])
def test_the_bound_holds_against_a_direct_count(nonzero, radius):
    # L = 1, D = 1: x ↦ ax + b, |a|, |b| ≤ 1, told apart at the ends of [0, 1]
    axis = torch.arange(-40, 41, dtype=torch.float64) / 40
    a, b = torch.cartesian_prod(axis, axis).T
    if nonzero == 1:
        alone = (a == 0) | (b == 0)
        a, b = a[alone], b[alone]
    functions = torch.stack([b, a + b], 1)
    bound = log_covering_number(radius, depth=1, nonzero=nonzero, largest=1.0)
    assert math.log(cover(functions, radius)) <= bound
    # no cover is smaller than the length or the area divided by that of one ball
    least = (1 / radius) ** 2 if nonzero == 2 else 1 / radius
    assert cover(functions, radius) >= least * 0.9


@pytest.mark.parametrize("radius", [0.5, 0.25])
def test_the_bound_holds_for_a_hidden_unit(radius):
    # L = 2, D = 1, S = 2: x ↦ cη(ax), a, c within ±1, which is c′x or 0
    c = torch.linspace(-1, 1, 201, dtype=torch.float64)
    count = cover(c[:, None], radius)
    assert count >= 1 / radius
    assert math.log(count) <= log_covering_number(radius, depth=2, nonzero=2, largest=1.0)


@given(
    bad=st.sampled_from([0, -1, 1.5, True, "three"]),
    largest=st.sampled_from([0.0, 0.99, -1.0, float("nan"), float("inf")]),
    radius=st.sampled_from([0.0, 1.01, -1.0, float("nan")]),
)
@settings(max_examples=25)
def test_bad_choices_are_refused(bad, largest, radius):
    with pytest.raises(ValueError, match=r"depth must be an integer( >= 1)?, got .*; try"):
        parameter_sensitivity(bad, 2, 1.0)
    with pytest.raises(ValueError, match=r"width must be an integer( >= 1)?, got .*; try"):
        parameter_sensitivity(2, bad, 1.0)
    with pytest.raises(ValueError, match=r"largest must be .*; .*try"):
        parameter_sensitivity(2, 2, largest)
    with pytest.raises(ValueError, match=r"nonzero must be an integer( >= 1)?, got .*; try"):
        log_covering_number(0.1, depth=2, nonzero=bad, largest=1.0)
    with pytest.raises(ValueError, match=r"largest must be .*; .*try"):
        log_covering_number(0.1, depth=2, nonzero=2, largest=largest)
    with pytest.raises(ValueError, match=r"radius must be .*; try"):
        log_covering_number(radius, depth=2, nonzero=2, largest=1.0)
