"""Particles: gradient and Hessian against automatic differentiation, descents against formulas."""

import pytest
import torch
from torch.func import grad, hessian

from ldyn.core import stream
from ldyn.gans import gaussian_mmd_smoothness, mmd_hessian, particle_descent, ring
from ldyn.kernels import Gaussian, half_squared_mmd, mmd_gradient

F64 = torch.float64


def draw(n, d, name):
    return torch.randn(n, d, generator=stream("particles", name), dtype=F64)


def direct(x, y, bandwidth):
    """½ MMD² from squared differences, which torch.func differentiates twice."""

    def mean(a, b):
        return (-(a[:, None] - b).square().sum(-1) / (2 * bandwidth**2)).exp().mean()

    return mean(x, x) / 2 - mean(x, y) + mean(y, y) / 2


@pytest.mark.parametrize("dim", [1, 2, 5])
@pytest.mark.parametrize("bandwidth", [0.4, 2.0])
def test_gradient_and_hessian_are_those_of_the_loss(dim, bandwidth):
    x, y = draw(7, dim, "x"), draw(9, dim, "y") + 3
    loss = lambda x: direct(x, y, bandwidth)  # noqa: E731
    assert torch.allclose(
        half_squared_mmd(x, y, kernel=Gaussian(bandwidth)), loss(x), rtol=0, atol=1e-14
    )
    found = mmd_gradient(x, y, bandwidth=bandwidth) / len(x)
    assert torch.allclose(found, grad(loss)(x), rtol=0, atol=1e-14)
    right = hessian(loss)(x).reshape(7 * dim, 7 * dim)
    assert torch.allclose(mmd_hessian(x, y, bandwidth=bandwidth), right, rtol=0, atol=1e-13)


def test_blocks_are_one_sum(monkeypatch):
    x, y = draw(30, 2, "x"), draw(20, 2, "y")
    whole = mmd_gradient(x, y, bandwidth=0.7), half_squared_mmd(x, y, kernel=Gaussian(0.7))
    monkeypatch.setattr("ldyn.kernels.mmd._ROWS", 7)
    parts = mmd_gradient(x, y, bandwidth=0.7), half_squared_mmd(x, y, kernel=Gaussian(0.7))
    for a, b in zip(whole, parts, strict=True):
        assert torch.allclose(a, b, rtol=0, atol=1e-14)


def test_far_from_the_origin_nothing_is_lost():
    x, y = draw(8, 2, "x"), draw(8, 2, "y")
    near, far = (mmd_gradient(x + s, y + s, bandwidth=1.0) for s in (0.0, 1e6))
    assert torch.allclose(near, far, rtol=0, atol=1e-9)


def test_a_sample_is_at_no_distance_from_itself():
    x = draw(12, 3, "x")
    assert half_squared_mmd(x, x, kernel=Gaussian(1.0)).abs() < 1e-15
    assert mmd_gradient(x, x, bandwidth=1.0).abs().max() < 1e-15


@pytest.mark.parametrize(("step", "arrives"), [(1.99, True), (2.01, False)])
def test_one_particle_and_one_datum_have_an_exact_limit(step, arrives):
    """Near the datum the descent contracts by 1 − η/σ²; at 1e-9 it is linear."""
    sigma = 0.5
    start, datum = torch.tensor([[1e-9]], dtype=F64), torch.zeros(1, 1, dtype=F64)
    path = particle_descent(
        lambda x: mmd_gradient(x, datum, bandwidth=sigma),
        start, step=step * sigma**2, steps=100, looks=1,
    )  # fmt: skip
    end = path.points[-1].abs().item()
    assert (end < 1e-9) == arrives
    assert end == pytest.approx(1e-9 * abs(1 - step) ** 100, rel=1e-6)


def test_the_record_is_that_of_the_path():
    x, y = draw(6, 2, "x"), draw(9, 2, "y")
    field = lambda x: mmd_gradient(x, y, bandwidth=1.0)  # noqa: E731
    path = particle_descent(field, x, step=0.3, steps=6, looks=3)
    assert path.points.shape == (4, 6, 2)
    one = x - 0.3 * field(x)
    assert torch.allclose(path.points[1], one - 0.3 * field(one))
    slope = grad(lambda x: direct(x, y, 1.0))
    assert path.gradient[:2] == pytest.approx([slope(p).square().sum().item() for p in (x, one)])


def test_bad_input_is_answered_with_what_to_try():
    x, y = draw(4, 2, "x"), draw(5, 2, "y")
    with pytest.raises(ValueError, match=r"2 columns|d = 2 as in x"):
        mmd_gradient(x, draw(5, 3, "y"), bandwidth=1.0)
    with pytest.raises(ValueError, match=r"try y\.to\(x\)"):
        half_squared_mmd(x, y.float(), kernel=Gaussian(1.0))
    with pytest.raises(ValueError, match="must be finite"):
        mmd_gradient(x * torch.nan, y, bandwidth=1.0)
    with pytest.raises(ValueError, match="bandwidth"):
        mmd_hessian(x, y, bandwidth=0.0)
    with pytest.raises(ValueError, match="multiple of looks"):
        particle_descent(lambda x: x, x, step=0.1, steps=10, looks=3)
    with pytest.raises(ValueError, match="count"):
        ring(0, generator=stream("ring"))


def test_the_ring_has_its_modes_and_its_spread():
    points = ring(8000, modes=4, radius=3.0, spread=0.05, generator=stream("test ring"))
    centres = torch.tensor([[3, 0], [0, 3], [-3, 0], [0, -3]], dtype=F64)
    nearest = (points[:, None] - centres).square().sum(-1)
    counts = torch.bincount(nearest.argmin(1), minlength=4)
    # a count of 8,000 with probability ¼ has standard deviation 38.7
    assert (counts - 2000).abs().max() < 4 * 38.7
    # the mean of 8,000 values of 0.05² χ²₂, of standard deviation 2 · 0.05² each
    assert nearest.amin(1).mean().item() == pytest.approx(0.005, abs=4 * 0.005 / 8000**0.5)


def test_the_constants_are_reached_and_never_passed():
    """Searched over points: slope, curvature and sensitivity within 0.1 % below, never above."""
    sigma = 0.8
    loss = gaussian_mmd_smoothness(sigma)
    r = torch.linspace(0.01, 4, 4000, dtype=F64)[:, None]
    here, zero = torch.zeros(1, 1, dtype=F64), torch.zeros(1, dtype=F64)

    def slope(x, particles, data):
        pull = lambda z: -((x - z) / sigma**2 * (-((x - z) ** 2) / (2 * sigma**2)).exp())  # noqa: E731
        return (pull(particles).mean() - pull(data).mean()).squeeze()

    slopes = torch.stack([slope(zero, -a[None], a[None]) for a in r])
    bends = torch.stack([grad(slope)(zero, here, a[None])[0] for a in r])
    shifts = torch.stack([slope(zero, a[None], here) / a[0] for a in r])
    for found, constant in zip(
        (slopes, bends, shifts), (loss.slope, loss.curvature, loss.sensitivity), strict=True
    ):
        largest = found.abs().max().item()
        assert 0.999 * constant < largest <= constant * (1 + 1e-12)
