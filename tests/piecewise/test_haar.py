"""The Haar transform is orthonormal, and its threshold keeps what it should."""

import math

import pytest
import torch

from ldyn.core import stream
from ldyn.piecewise import haar_inverse, haar_threshold, haar_transform

SHAPES = [(1,), (2,), (16,), (4, 4), (8, 8), (4, 4, 4)]


def values(shape, seed=0):
    return torch.randn(shape, generator=stream("haar", *shape, seed), dtype=torch.float64)


def flat(coefficients):
    return torch.cat([c.flatten() for c in coefficients])


@pytest.mark.parametrize("shape", SHAPES)
def test_the_haar_transform_is_orthonormal(shape):
    count = math.prod(shape)
    units = torch.eye(count, dtype=torch.float64).reshape(count, *shape)
    matrix = torch.stack([flat(haar_transform(u)) for u in units])
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(count).double(), rtol=0, atol=1e-14)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_inverse_undoes_the_transform(shape):
    grid = values(shape)
    coefficients = haar_transform(grid)
    torch.testing.assert_close(haar_inverse(coefficients), grid, rtol=0, atol=1e-13)
    assert coefficients[0].item() == pytest.approx(grid.sum().item() / math.prod(shape) ** 0.5)
    bands, dim = 2 ** len(shape) - 1, len(shape)
    assert [c.shape for c in coefficients[1:]] == [
        (bands, *[2**j] * dim) for j in range(len(coefficients) - 1)
    ]


def test_coefficients_by_hand():
    mean, coarse, fine = haar_transform(torch.tensor([4.0, 2.0, 5.0, 5.0], dtype=torch.float64))
    assert mean.tolist() == pytest.approx([8.0])
    assert coarse.tolist() == [pytest.approx([-2.0])]
    assert fine.tolist() == [pytest.approx([math.sqrt(2), 0.0])]


def test_a_constant_block_has_no_details_and_a_jump_has_one_a_level():
    *_, finest = haar_transform(torch.ones(8, 8, dtype=torch.float64))
    assert finest.abs().max() == 0
    step = (torch.arange(64) >= 21).double()
    assert [int((c.abs() > 1e-12).sum()) for c in haar_transform(step)[1:]] == [1] * 6


@pytest.mark.parametrize("shape", [(16,), (8, 8)])
@pytest.mark.parametrize("factor", [0.5, 1.0])
def test_the_threshold_keeps_what_is_larger_and_kills_the_rest(shape, factor):
    grid, noise = values(shape) + 2, 0.5
    level = factor * noise * math.sqrt(2 * math.log(grid.numel()))
    before = flat(haar_transform(grid))
    after = flat(haar_transform(haar_threshold(grid, noise=noise, factor=factor)))
    keep = before.abs() > level
    keep[0] = True
    assert 1 < keep.sum() < len(keep)
    torch.testing.assert_close(after[keep], before[keep], rtol=0, atol=1e-13)
    assert after[~keep].abs().max() < 1e-13


def test_the_universal_threshold_kills_pure_noise():
    # P(some of n normals exceeds √(2 log n)) ≤ 1/√(π log n) = 0.21 at n = 1024
    clean = 0
    for seed in range(100):
        fit = haar_threshold(0.3 * values((1024,), seed), noise=0.3)
        clean += (fit - fit[0]).abs().max().item() < 1e-12
    assert clean >= 100 * (1 - 0.21) - 4 * math.sqrt(100 * 0.21 * 0.79)


def test_grids_that_are_not_dyadic_are_refused():
    for shape in ((3,), (4, 8), (6, 6), (0,), ()):
        with pytest.raises(ValueError, match=r"sides 2\^J, got .*; pad or crop"):
            haar_transform(torch.zeros(shape, dtype=torch.float64))
    for name in ("noise", "factor"):
        for bad in (0.0, -1.0, float("nan")):
            choice = {"noise": 1.0, name: bad}
            with pytest.raises(ValueError, match=f"{name} must be a finite number( > 0)?, got"):
                haar_threshold(values((4,)), **choice)
