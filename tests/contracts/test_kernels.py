"""What every kernel promises; a new one joins the list."""

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace, Matern32, Matern52, MultiGaussian, random_features

KERNELS = [Gaussian, Laplace, Matern32, Matern52, MultiGaussian]


def points(n, d, name="points"):
    return torch.rand(n, d, generator=stream(name, n, d), dtype=torch.float64)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("dim", [1, 3])
class TestKernel:
    def test_symmetric_unit_and_positive_definite(self, kernel, dim):
        gram = kernel(0.3)(points(40, dim), points(40, dim))
        assert torch.equal(gram, gram.T)
        assert torch.equal(gram.diagonal(), torch.ones(40, dtype=torch.float64))
        assert torch.linalg.eigvalsh(gram).min() > -1e-12

    def test_depends_on_the_scaled_difference_alone(self, kernel, dim):
        x, z = points(5, dim), points(6, dim, "other")
        torch.testing.assert_close(kernel(0.3)(x + 2, z + 2), kernel(0.3)(x, z))
        torch.testing.assert_close(kernel(0.6)(2 * x, 2 * z), kernel(0.3)(x, z))

    def test_close_points_keep_their_digits(self, kernel, dim):
        x = points(1, dim) + 1
        r = torch.tensor([[1e-9]], dtype=torch.float64)
        z = x + 1e-9 / dim**0.5
        expected = 1 - kernel(1.0).profile(r)
        torch.testing.assert_close(1 - kernel(1.0)(x, z), expected, rtol=1e-5, atol=1e-15)

    def test_spectral_sampler_reproduces_the_kernel(self, kernel, dim):
        x = points(4, dim)
        q = 20_000
        draws = torch.rand(q, dim + 1, generator=stream("spectrum", dim), dtype=torch.float64)
        features = random_features(x, kernel=kernel(0.5), points=draws)
        # each entry is a mean of q cosines, of variance at most 1
        gap = (features @ features.T - kernel(0.5)(x, x)).abs().max()
        assert gap <= 4 / q**0.5
        assert gap > 0

    def test_dtype_follows(self, kernel, dim):
        x = points(3, dim).float()
        assert kernel(0.3)(x, x).dtype == torch.float32
        assert kernel(0.3).frequencies(points(4, dim + 1).float()).dtype == torch.float32

    def test_bad_input_is_refused(self, kernel, dim):
        with pytest.raises(ValueError, match="bandwidth must be a finite number > 0"):
            kernel(0.0)
        with pytest.raises(ValueError, match=f"z must be .* with d = {dim} as in x"):
            kernel(1.0)(points(3, dim), points(3, dim + 1))


def test_closed_forms_at_unit_distance():
    x, z = torch.zeros(1, 1, dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)
    s3, s5 = torch.tensor([3.0, 5.0], dtype=torch.float64).sqrt()
    expected = [
        torch.tensor(-0.5).double().exp(),
        torch.tensor(-1.0).double().exp(),
        (1 + s3) * (-s3).exp(),
        (1 + s5 + 5 / 3) * (-s5).exp(),
        torch.tensor([-0.005, -0.05, -0.25, -0.5, -1, -5, -50]).double().exp().mean(),
    ]
    for kernel, value in zip(KERNELS, expected, strict=True):
        torch.testing.assert_close(kernel(1.0)(x, z)[0, 0], value)
