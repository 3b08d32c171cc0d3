"""Chapter 3, the smoothness theorem: the constant against what is measured."""

import math

import pytest
import torch
from torch.func import grad, hessian, vmap

from ldyn.core import frozen, stream
from ldyn.gans import gaussian_mmd_smoothness, mmd_hessian, mmd_smoothness, search_largest
from ldyn.kernels import Gaussian, Matern32, Matern52

F64 = torch.float64
KERNELS = (Gaussian(0.7), Matern32(1.3), Matern52(1.0))
N, M, SEEDS = 5, 7, 10
BEND = 4 / 3**1.5  # sup|tanh″|


def half_mmd(x, y, kernel):
    """½ MMD² of particles (n, d) and data (m, d) by pairs, which torch.func differentiates."""
    mean = lambda r: kernel.profile(r / kernel.bandwidth)  # noqa: E731

    def pairs(z):
        i, j = torch.triu_indices(len(z), len(z), 1)
        return (len(z) / 2 + mean((z[i] - z[j]).norm(dim=-1)).sum()) / len(z) ** 2

    return pairs(x) + pairs(y) - mean((x[:, None] - y).norm(dim=-1)).mean()


def generators(dim, noise):
    """Name: (outputs (n, d) of the parameters, how many, A, B); noise z (n, 2)."""
    wide = torch.cat([noise, noise.new_ones(N, 1)], 1)
    speed = torch.linalg.eigvalsh(wide.T @ wide / N)[-1].item() ** 0.5
    bend = 2 * BEND * wide.square().sum(1).mean().item()
    layer = lambda theta: wide @ theta.reshape(3, dim)  # noqa: E731
    return {
        "particles": (lambda theta: theta.reshape(N, dim), N * dim, N**-0.5, 0.0),
        "affine": (layer, 3 * dim, speed, 0.0),
        "tanh": (lambda theta: 2 * layer(theta).tanh(), 3 * dim, 2 * speed, bend),
    }


def descents(kernel, dim, name):
    """Largest ‖∇²G‖/L, and how far each step fell short of the corollary, over SEEDS descents.

    Steps are drawn up to 2/L and one is 2/L; all the descents take them at once.
    """
    draw = stream("paths", repr(kernel), dim, name)
    noise = torch.randn(N, 2, generator=draw, dtype=F64)
    outputs, size, speed, bend = generators(dim, noise)[name]
    constant = mmd_smoothness(kernel).descent_constant(speed=speed, bend=bend)
    away = kernel.bandwidth * 3 * torch.rand(SEEDS, 1, dim, generator=draw, dtype=F64) / dim**0.5
    data = away + 0.3 * torch.randn(SEEDS, M, dim, generator=draw, dtype=F64)
    theta = 0.3 * torch.randn(SEEDS, size, generator=draw, dtype=F64)
    gamma = 2 * torch.rand(SEEDS, 1, generator=draw, dtype=F64) / constant
    gamma[0] = 2 / constant
    height = lambda theta, y: half_mmd(outputs(theta), y, kernel)  # noqa: E731
    value, slope, bends = (vmap(f) for f in (height, grad(height), hessian(height)))
    ratio, short = 0.0, -math.inf
    for step in range(41):
        if step % 20 == 0:
            top = torch.linalg.eigvalsh(bends(theta, data)).abs().max().item()
            ratio = max(ratio, top / constant)
        g = slope(theta, data)
        after = theta - gamma * g
        promised = (gamma[:, 0] * (1 - gamma[:, 0] * constant / 2)) * g.square().sum(1)
        short = max(short, (value(after, data) - value(theta, data) + promised).max().item())
        theta = after
    return ratio, short


def test_no_curvature_exceeds_the_constant(claim):
    ratios = frozen("particles").column("ratio")
    claim("gan-constant", measured=max(ratios))
    assert 0.4 < max(ratios) <= 1


def test_two_particles_attain_the_smaller_constant(claim):
    loss = gaussian_mmd_smoothness(1.0)
    datum = torch.tensor([[3**0.5, 0.0]], dtype=F64)
    hessian = mmd_hessian(torch.zeros(2, 2, dtype=F64), datum, bandwidth=1.0)
    ratio = torch.linalg.eigvalsh(hessian).abs().max().item() / loss.descent_constant(speed=2**-0.5)
    claim("gan-no-sensitivity", measured=ratio)
    assert ratio == pytest.approx(loss.curvature / (loss.curvature + loss.sensitivity), rel=1e-12)
    assert max(frozen("particles").column("ratio")) <= ratio


def test_steps_of_the_theorem_descend(claim):
    study = frozen("particles")
    safe = [row["falls"] for row in study.rows if row["factor"] <= 2]
    claim("gan-descent", measured=f"{sum(safe)} of {len(safe)}")
    assert len(safe) > 200
    assert all(safe)
    assert not all(study.where(factor=max(study.values("factor"))).column("falls"))


def test_first_moments_are_not_enough(claim):
    zero = torch.zeros((), dtype=F64)
    for p in (1.0, 0.3, 0.1, 0.03, 0.01):

        def objective(theta, p=p):
            return p * (theta / p).cosh().log()

        found = grad(grad(objective))(zero).item()
        assert found == pytest.approx(1 / p, rel=1e-6)
    claim("gan-first-moment", measured=found)


def test_no_path_of_any_generator_passes_the_constant(claim):
    """Three kernels, d = 1, 2, 8, particles and generators with weights. Source: cor-descent."""
    found = {
        (repr(kernel), dim, name): descents(kernel, dim, name)
        for kernel in KERNELS
        for dim in (1, 2, 8)
        for name in ("particles", "affine", "tanh")
    }
    ratios, short = zip(*found.values(), strict=True)
    assert len(found) * SEEDS >= 200
    claim("gan-paths", measured=max(ratios), low=min(ratios))
    assert min(ratios) > 0
    assert max(ratios) <= 1
    assert max(short) <= 1e-12, found


def test_a_search_finds_the_largest_ratio_of_each_kernel(claim):
    """N‖∇²G‖ of two particles and a datum on the line, by ascent. Source: prop-radial-constants."""
    worst = []
    for kernel in KERNELS:
        loss = mmd_smoothness(kernel)
        second = vmap(vmap(grad(grad(lambda r, k=kernel: k.profile(r / k.bandwidth)))))

        def largest(p, second=second):
            u = torch.stack([p[:, 0] - p[:, 1], p[:, 0] - p[:, 2], p[:, 1] - p[:, 2]], 1).abs()
            among, first, other = second(u).unbind(1)
            rows = [among / 2 - first, -among / 2, -among / 2, among / 2 - other]
            return torch.linalg.eigvalsh(torch.stack(rows, 1).reshape(-1, 2, 2)).abs().amax(1)

        starts = torch.randn(12, 3, generator=stream("ratio", repr(kernel)), dtype=F64)
        found = search_largest(largest, starts, steps=250, rate=0.03)
        worst.append(found / loss.curvature)
    claim("gan-largest-ratio", measured=min(worst), high=max(worst))
    assert all(0.99 < r <= 1 + 1e-9 for r in worst), worst
