"""The constant of the theorem, at problems where it is attained."""

import math

import pytest
import torch
from torch.func import grad

from ldyn.gans import Smoothness, gaussian_mmd_smoothness, mmd_smoothness
from ldyn.kernels import Gaussian, Laplace, Matern32, Matern52

ZERO = torch.zeros((), dtype=torch.float64)


@pytest.mark.parametrize(("speed", "bend"), [(1.0, 0.0), (0.5, 2.0), (3.0, 0.7)])
def test_the_constant_is_attained(speed, bend):
    """f = Aθ + Bθ²/2 and J = ∫(αx + β₁x²/2)dμ + β₂(∫x dμ)²/2 have G''(0) = L."""
    loss = Smoothness(slope=1.3, curvature=0.4, sensitivity=2.1)

    def objective(theta):
        f = speed * theta + bend * theta**2 / 2
        return loss.slope * f + (loss.curvature + loss.sensitivity) * f**2 / 2

    assert grad(grad(objective))(ZERO).item() == pytest.approx(
        loss.descent_constant(speed=speed, bend=bend), rel=1e-12
    )


def test_a_condition_that_is_missing_costs_nothing_where_nothing_asks_for_it():
    loss = Smoothness(slope=math.inf, curvature=1.0, sensitivity=2.0)
    assert loss.descent_constant(speed=0.5) == 0.75
    assert loss.descent_constant(speed=0.5, bend=0.1) == math.inf
    assert loss.particle_step() == pytest.approx(1 / 3)


def test_constants_scale_with_the_bandwidth():
    one, two = gaussian_mmd_smoothness(1.0), gaussian_mmd_smoothness(2.0)
    assert (one.slope, one.curvature) == pytest.approx((1.2130613194, 1.4462603203))
    assert two.slope == pytest.approx(one.slope / 2)
    assert (two.curvature, two.sensitivity) == pytest.approx((one.curvature / 4, 0.25))


@pytest.mark.parametrize("bad", [-1.0, math.nan, "1"])
def test_constants_are_not_negative(bad):
    with pytest.raises(ValueError, match="slope must be a"):
        Smoothness(slope=bad, curvature=1.0, sensitivity=1.0)
    with pytest.raises(ValueError, match="speed must be a"):
        gaussian_mmd_smoothness(1.0).descent_constant(speed=bad)
    with pytest.raises(ValueError, match="bandwidth"):
        gaussian_mmd_smoothness(bad)


@pytest.mark.parametrize("kind", [Gaussian, Matern32, Matern52])
def test_constants_of_a_radial_kernel_are_those_of_its_profile(kind):
    """Suprema over a fine grid of distances, by automatic differentiation of the profile."""
    kernel = kind(0.7)
    first = grad(lambda r: kernel.profile(r / 0.7))
    r = torch.linspace(1e-6, 6, 60_000, dtype=torch.float64)
    slopes, bends = (torch.func.vmap(f)(r) for f in (first, grad(first)))
    found = 2 * slopes.abs().max(), bends.max() - bends[0], -bends[0]
    loss = mmd_smoothness(kernel)
    constants = loss.slope, loss.curvature, loss.sensitivity
    assert [f.item() for f in found] == pytest.approx(constants, rel=1e-4)
    assert all(f <= c * (1 + 1e-12) for f, c in zip(found, constants, strict=True))
    assert bends[0] == bends.min()  # nowhere deeper than at 0, in this direction
    assert (slopes / r).min() >= -loss.sensitivity * (1 + 1e-9)  # nor across it


def test_the_gaussian_is_one_of_the_radial_kernels():
    one, other = mmd_smoothness(Gaussian(0.3)), gaussian_mmd_smoothness(0.3)
    for name in ("slope", "curvature", "sensitivity"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-15)


def test_a_kernel_without_a_second_derivative_is_refused():
    with pytest.raises(ValueError, match="try Gaussian, Matern32, Matern52"):
        mmd_smoothness(Laplace(1.0))
