"""Frequencies against SciPy's quantiles, to the ends of the cube; features in their order."""

import math

import pytest
import torch
from scipy.special import gammaincinv, ndtri

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace, Matern32, Matern52, MultiGaussian, random_features

LEVELS = torch.tensor([1e-9, 1e-4, 0.1, 0.5, 0.9, 1 - 1e-4, 1 - 1e-9], dtype=torch.float64)


@pytest.mark.parametrize(("kernel", "degrees"), [(Laplace, 1), (Matern32, 3), (Matern52, 5)])
def test_the_mixing_variable_of_a_matern_kernel_is_that_of_student(kernel, degrees):
    levels = torch.cat([LEVELS, torch.tensor([1 - 1e-12], dtype=torch.float64)])
    found = degrees / kernel(1.0).mixing(levels).square()
    exact = 2 * torch.from_numpy(gammaincinv(degrees / 2, levels.numpy()))
    torch.testing.assert_close(found, exact, rtol=1e-5, atol=0)


def test_gaussian_frequencies_are_normal_quantiles_over_the_bandwidth():
    points = torch.stack([LEVELS, LEVELS.flip(0), torch.full_like(LEVELS, 0.3)], 1)
    exact = torch.from_numpy(ndtri(points[:, :2].numpy())) / 0.25
    torch.testing.assert_close(Gaussian(0.25).frequencies(points), exact, rtol=1e-6, atol=1e-15)


@pytest.mark.parametrize("kernel", [Gaussian, Laplace, Matern32, Matern52])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_corners_of_the_cube_have_finite_frequencies(kernel, dtype):
    corners = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=dtype)] * 3)
    assert kernel(1.0).frequencies(corners).isfinite().all()


def test_features_are_cosines_and_then_sines():
    draw = stream("features")
    x, points = (torch.rand(*s, generator=draw, dtype=torch.float64) for s in ((3, 2), (5, 3)))
    angles = x @ Gaussian(0.5).frequencies(points).T
    found = random_features(x, kernel=Gaussian(0.5), points=points) * math.sqrt(5)
    torch.testing.assert_close(found, torch.cat([angles.cos(), angles.sin()], 1))
    with pytest.raises(ValueError, match=r"x must be .*\(n, d\) with no empty side"):
        random_features(x[:, 0], kernel=Gaussian(0.5), points=points)


@pytest.mark.parametrize("kernel", [Gaussian, Laplace, MultiGaussian])
def test_the_origin_of_a_net_is_no_infinite_frequency(kernel):
    net = torch.quasirandom.SobolEngine(3).draw(8, dtype=torch.float64)
    assert (net[0] == 0).all()
    found = kernel(1.0).frequencies(net)
    assert found.isfinite().all()
    assert found.abs().max() < 60
    assert torch.equal(kernel(1.0).frequencies(net[1:]), found[1:])
    with pytest.raises(ValueError, match="points must lie in the unit cube"):
        kernel(1.0).frequencies(net - 0.1)
