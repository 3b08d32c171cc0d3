"""Boundaries are as rough as they say, stay in their band, and come back from their name."""

import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from ldyn.core import slope, stream
from ldyn.piecewise import rough_boundary, smooth_part
from ldyn.piecewise.boundaries import hypersurface_side

# Differences of an order above α see the roughness; lower ones see their own order.
ORDERS = [(0.5, 1), (0.75, 1), (1.0, 2), (1.5, 2), (2.0, 3), (2.5, 3)]
STEPS = [2.0**-j for j in range(8, 2, -1)]


def differences(h, order, step, direction, x):
    """The `order`-th centred difference of h at x, with `step` along `direction`."""
    signs = [(-1) ** j * math.comb(order, j) for j in range(order + 1)]
    shifts = [(order / 2 - j) * step for j in range(order + 1)]
    return sum(s * h(x + t * direction) for s, t in zip(signs, shifts, strict=True))


def mean_square(alpha, order, step, dim, draws=12):
    direction = torch.zeros(dim, dtype=torch.float64)
    direction[0] = 1.0
    found = []
    for seed in range(draws):
        draw = stream("rough", alpha, dim, seed)
        h = rough_boundary(alpha, generator=draw, dim=dim)
        x = torch.rand(2000, dim, generator=draw, dtype=torch.float64)
        found.append(differences(h, order, step, direction, x).square().mean())
    return torch.stack(found)


@pytest.mark.parametrize("dim", [1, 2])
@pytest.mark.parametrize(("alpha", "order"), ORDERS)
def test_increments_scale_with_the_roughness(alpha, order, dim):
    sizes = torch.tensor(STEPS, dtype=torch.float64)
    squares = torch.stack([mean_square(alpha, order, s, dim) for s in STEPS], 1)
    assert slope(sizes, squares).value / 2 == pytest.approx(alpha, abs=0.1)


@pytest.mark.parametrize(("alpha", "order"), ORDERS)
def test_increments_have_the_exact_mean_square_of_the_series(alpha, order):
    # Over the uniform phases each term contributes half its squared amplitude.
    step = STEPS[2]
    k = torch.arange(14, dtype=torch.float64)
    terms = 4 ** (-alpha * k) * (2 * (2**k * torch.pi * step / 2).sin()) ** (2 * order)
    exact = 0.3**2 * terms.sum() / 2 / (2 ** (-alpha * k)).sum() ** 2
    squares = mean_square(alpha, order, step, 1, draws=24)
    error = squares.std() / 24**0.5
    assert abs(squares.mean() - exact) < 4 * error
    assert error < exact / 4


@pytest.mark.parametrize("alpha", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("dim", [1, 3])
def test_values_stay_in_the_band(alpha, dim):
    x = torch.rand(4000, dim, generator=stream("band", dim), dtype=torch.float64)
    h = rough_boundary(alpha, generator=stream("band", alpha), dim=dim)(x)
    assert h.shape == (4000,)
    assert (h - 0.5).abs().max() <= 0.3 + 1e-12
    assert h.max() - h.min() > 0.1
    part = smooth_part(alpha, dim=dim, generator=stream("band", alpha), level=0.75)(x)
    assert (part - 0.75).abs().max() <= 0.2 + 1e-12
    torch.testing.assert_close(part - 0.75, (h - 0.5) * 2 / 3)


def test_the_first_value_is_the_series_written_out():
    h = rough_boundary(0.5, generator=stream("by hand"), terms=3)
    u, (p0, p1, p2) = 0.3 * h.directions[:, 0], h.phases
    a, b = 2**-0.5, 2**-1.0
    total = (
        (math.pi * u[0] + p0).cos()
        + a * (2 * math.pi * u[1] + p1).cos()
        + b * (4 * math.pi * u[2] + p2).cos()
    )
    value = h(torch.tensor([[0.3]], dtype=torch.float64))[0]
    assert value.item() == pytest.approx((0.5 + 0.3 * total / (1 + a + b)).item(), abs=1e-14)


def test_directions_are_unit_and_draws_reproducible():
    h = rough_boundary(1.0, generator=stream("same"), dim=3)
    again = rough_boundary(1.0, generator=stream("same"), dim=3)
    other = rough_boundary(1.0, generator=stream("other"), dim=3)
    torch.testing.assert_close(h.directions.norm(dim=1), torch.ones(14).double())
    x = torch.rand(9, 3, generator=stream("x"), dtype=torch.float64)
    assert torch.equal(h(x), again(x))
    assert not torch.equal(h(x), other(x))
    assert h(x.float()).dtype == torch.float32
    assert (h(x.float()) - h(x)).abs().max() < 0.02


def test_phases_are_uniform():
    draw = stream("phases")
    phases = torch.cat([rough_boundary(1.0, generator=draw).phases for _ in range(100)])
    assert phases.min() >= 0
    assert phases.max() <= 2 * math.pi
    # each mean of cos and sin has variance ½ / 1400
    for mean in (phases.cos().mean(), phases.sin().mean(), (2 * phases).cos().mean()):
        assert abs(mean) < 4 * math.sqrt(0.5 / len(phases))


def test_the_side_of_a_hypersurface():
    x = torch.tensor([[0.2, 0.9], [0.2, 0.1], [0.7, 0.4], [0.3, 0.3]], dtype=torch.float64)
    graph = lambda z: z[:, 0]  # noqa: E731
    assert hypersurface_side(graph, x, 1).tolist() == [True, False, False, True]
    assert hypersurface_side(graph, x, 0).tolist() == [False, True, True, True]
    for direction in (-1, 2):
        with pytest.raises(ValueError, match=r"coordinate 0 … 1, got -?\d; the last"):
            hypersurface_side(graph, x, direction)


@given(
    alpha=st.sampled_from([0.0, -1.0, float("nan"), float("inf"), "smooth"]),
    count=st.sampled_from([0, -1, 2.5, True]),
)
@settings(max_examples=25)
def test_bad_choices_are_refused(alpha, count):
    draw = stream("bad")
    with pytest.raises(ValueError, match=r"alpha must be a (finite )?number( > 0)?, got .*; try"):
        rough_boundary(alpha, generator=draw)
    with pytest.raises(ValueError, match=r"dim must be an integer( >= 1)?, got .*; try"):
        rough_boundary(1.0, generator=draw, dim=count)
    with pytest.raises(ValueError, match=r"terms must be an integer( >= 1)?, got .*; try"):
        rough_boundary(1.0, generator=draw, terms=count)
