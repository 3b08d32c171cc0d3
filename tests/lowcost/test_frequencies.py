"""Variances against draws and limits, the ceiling against its series, the bound against draws."""

import math

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace
from ldyn.lowcost import orthogonal_variance, pairs_for_uniform_error, second_order_ceiling
from ldyn.solvers import feature_variance, orthogonal_frequencies

KERNEL = Gaussian(1.3)


def ray(dim, lengths):
    """Displacements of the given lengths in bandwidths, in one direction (n, dim)."""
    way = torch.randn(dim, generator=stream("ray", dim), dtype=torch.float64)
    return KERNEL.bandwidth * torch.tensor(lengths, dtype=torch.float64)[:, None] * way / way.norm()


@pytest.mark.parametrize(("dim", "count"), [(1, 3), (2, 2), (3, 3), (3, 7), (8, 16), (50, 50)])
def test_the_variance_of_orthogonal_frequencies_is_exact(dim, count):
    delta = ray(dim, [0.5, 1.0, 2.0])
    sets = (
        orthogonal_frequencies(count, dim, kernel=KERNEL, generator=stream("variance", dim, s))
        for s in range(4000)
    )
    values = torch.stack([(delta @ w.T).cos().mean(1) for w in sets])
    squares = (values - values.mean(0)).square()
    error = squares.std(0) / len(squares) ** 0.5
    assert ((squares.mean(0) - orthogonal_variance(KERNEL, delta, count=count)).abs()
            < 6 * error).all()  # fmt: skip


def test_two_dimensions_have_a_closed_form():
    delta = ray(2, [0.3, 1.0, 3.0, 8.0])
    s = delta.square().sum(1) / KERNEL.bandwidth**2
    covariance = (-s / 2).exp() * (1 - s / 2) - (-s).exp()
    exact = feature_variance(KERNEL, delta, count=6) + covariance / 6
    torch.testing.assert_close(orthogonal_variance(KERNEL, delta, count=6), exact, atol=1e-15,
                               rtol=1e-10)  # fmt: skip


@pytest.mark.parametrize("dim", [2, 9, 40])
def test_near_pairs_gain_the_factor_of_the_dimension(dim):
    """q Var → (s²/2) 3/(d + 2) as s → 0."""
    delta = ray(dim, [0.02])
    gain = feature_variance(KERNEL, delta, count=dim) / orthogonal_variance(
        KERNEL, delta, count=dim
    )
    assert gain.item() == pytest.approx((dim + 2) / 3, rel=0.01)


def test_many_dimensions_leave_the_orders_above_the_second():
    delta = ray(20_000, [1.0, 1.5, 2.0])
    s = delta.square().sum(1) / KERNEL.bandwidth**2
    left = (-s).exp() * (s.cosh() - 1 - s.square() / 2)
    found = 20_000 * orthogonal_variance(KERNEL, delta, count=20_000)
    torch.testing.assert_close(found, left, rtol=2e-3, atol=0)
    for one, gain in zip(delta, ((s.cosh() - 1) / (s.cosh() - 1 - s.square() / 2)).sqrt(),
                         strict=True):  # fmt: skip
        assert second_order_ceiling(KERNEL, one[None]).item() == pytest.approx(gain.item())


def test_far_pairs_have_the_variance_of_independent_ones():
    delta = ray(4, [40.0, 1e6])
    torch.testing.assert_close(
        orthogonal_variance(KERNEL, delta, count=8), feature_variance(KERNEL, delta, count=8)
    )


def test_the_number_of_pairs_makes_the_bound_the_chance():
    q = pairs_for_uniform_error(0.1, dim=3, diameter=5.0, spread=2.0, chance=0.05)
    bound = lambda q: 2 * (12 * 10 / 0.1) ** (6 / 5) * math.exp(-q * 0.01 / 20)  # noqa: E731
    assert bound(q) <= 0.05 < bound(q - 1)


def test_what_is_refused():
    with pytest.raises(ValueError, match="kernel must be a Gaussian, got Laplace; try"):
        orthogonal_variance(Laplace(1.0), ray(2, [1.0]), count=2)
    with pytest.raises(ValueError, match="delta must not be all zero"):
        second_order_ceiling(KERNEL, torch.zeros(3, 2, dtype=torch.float64))
    good = {"dim": 2, "diameter": 1.0, "spread": 1.0, "chance": 0.1}
    with pytest.raises(ValueError, match="error must be <= 4 diameter spread = 4, got 5"):
        pairs_for_uniform_error(5.0, **good)
    for name in ("diameter", "spread", "chance"):
        with pytest.raises(ValueError, match=f"{name} must be a finite number > 0"):
            pairs_for_uniform_error(0.1, **(good | {name: 0.0}))
    with pytest.raises(ValueError, match="chance must be below 1, got 3"):
        pairs_for_uniform_error(0.1, **(good | {"chance": 3.0}))


@pytest.mark.parametrize("s", [1e-12, 1e-6, 1e-2, 0.0999, 0.1001])
def test_the_ceiling_of_near_pairs_keeps_its_digits(s):
    """(cosh s − 1)/(cosh s − 1 − s²/2) = 12/s² + 3/5 + O(s²), without loss of digits."""
    found = second_order_ceiling(KERNEL, ray(3, [s**0.5])).item() ** 2
    assert found == pytest.approx(12 / s**2 + 0.6, rel=1e-9 if s < 0.01 else 2e-5)
