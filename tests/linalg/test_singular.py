"""The operator norm against dense matrices, the Fourier transform, and finite differences."""

import pytest
import torch
from torch import nn
from torch.func import vmap
from torch.nn.functional import conv2d, conv_transpose2d

from ldyn.core import stream
from ldyn.linalg import operator_norm

F64 = torch.float64


def randn(*shape):
    return torch.randn(*shape, generator=stream("singular", *shape), dtype=F64)


def dense(layer, like):
    """The matrix of a linear map, a column for each entry of its input."""
    units = torch.eye(like.numel(), dtype=like.dtype).view(-1, *like.shape)
    return vmap(lambda x: layer(x).flatten())(units).T


ZERO = torch.zeros(1, 4, 7, 7, dtype=F64)
CASES = {
    "plain": lambda w: lambda x: conv2d(x, w),
    "padded": lambda w: lambda x: conv2d(x, w, padding=1),
    "stride 2": lambda w: lambda x: conv2d(x, w, stride=2, padding=1),
    "stride 3": lambda w: lambda x: conv2d(x, w, stride=3),
    "dilated": lambda w: lambda x: conv2d(x, w, padding=2, dilation=2),
    "groups": lambda w: lambda x: conv2d(x, w[:, :2], padding=1, groups=2),
    "transposed": lambda w: lambda x: conv_transpose2d(x, w.transpose(0, 1), stride=2, padding=1),
}


@pytest.mark.parametrize("case", CASES)
def test_value_and_gradient_are_those_of_the_dense_matrix(case):
    weight = randn(6, 4, 3, 3).requires_grad_()
    layer = CASES[case](weight)
    found = operator_norm(layer, ZERO, tolerance=1e-10)
    right = torch.linalg.svdvals(dense(layer, ZERO))[0]
    assert found.item() == pytest.approx(right.item(), rel=1e-12)
    ours, theirs = (torch.autograd.grad(v, weight)[0] for v in (found, right))
    assert (ours - theirs).abs().max() <= 1e-6 * theirs.abs().max()


def test_the_gradient_is_that_of_finite_differences():
    weight, way, h = randn(5, 4, 3, 3), randn(5, 4, 3, 3) / 10, 1e-4
    norm = lambda w: operator_norm(CASES["stride 2"](w), ZERO, tolerance=1e-10)  # noqa: E731
    leaf = weight.clone().requires_grad_()
    (slope,) = torch.autograd.grad(norm(leaf), leaf)
    quotient = (norm(weight + h * way) - norm(weight - h * way)) / (2 * h)
    assert (slope * way).sum().item() == pytest.approx(quotient.item(), rel=1e-6)


def test_circular_padding_is_diagonal_in_frequency():
    """Source: prop-circular-norm."""
    layer = nn.Conv2d(3, 5, 3, padding=1, padding_mode="circular", dtype=F64)
    with torch.no_grad():
        layer.weight.copy_(randn(5, 3, 3, 3))
    blocks = torch.fft.fft2(layer.weight, s=(12, 12)).permute(2, 3, 0, 1)
    right = torch.linalg.matrix_norm(blocks, 2).max()
    found = operator_norm(layer, torch.zeros(1, 3, 12, 12, dtype=F64))
    assert found.item() == pytest.approx(right.item(), rel=1e-9)
    ours, theirs = (torch.autograd.grad(v, layer.weight)[0] for v in (found, right))
    assert (ours - theirs).abs().max() <= 1e-6


def test_an_affine_map_counts_without_its_constant_and_in_its_own_dtype():
    torch.manual_seed(0)
    layer = nn.Linear(6, 4)
    found = operator_norm(layer, torch.zeros(6), tolerance=1e-4)
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(torch.linalg.matrix_norm(layer.weight, 2).item(), rel=1e-4)
    with torch.no_grad():  # a constant that rounds the values to 1e-3, and is no part of the norm
        layer.bias.fill_(1e4)
    large = operator_norm(layer, torch.zeros(6), tolerance=1e-4)
    assert large.item() == pytest.approx(found.item(), rel=1e-6)
    ours, theirs = (torch.autograd.grad(v, layer.weight)[0] for v in (large, found))
    assert (ours - theirs).abs().max() <= 1e-6
    zero = torch.zeros(4, 6, dtype=F64)
    assert operator_norm(lambda x: zero @ x, torch.zeros(6, dtype=F64)).item() == 0


def test_what_is_no_layer_is_refused():
    with pytest.raises(ValueError, match="not affine"):
        operator_norm(torch.tanh, torch.zeros(3, dtype=F64))
    with pytest.raises(ValueError, match="like must be floating point"):
        operator_norm(nn.Linear(3, 3), torch.zeros(3, dtype=torch.long))
    for homogeneous in (torch.relu, torch.abs, nn.LeakyReLU(0.2), nn.MaxPool1d(2)):
        with pytest.raises(ValueError, match="not affine"):
            operator_norm(homogeneous, torch.zeros(1, 6, dtype=F64))
    with pytest.raises(ValueError, match="not finite at finite"):
        operator_norm(lambda x: torch.nan * x, torch.zeros(3, dtype=F64))
    for wrong in (torch.zeros(4), torch.zeros(3, dtype=F64)):
        with pytest.raises(ValueError, match="give like the layer's shape and dtype"):
            operator_norm(nn.Linear(3, 3), wrong)
    close = torch.linspace(0.999, 1, 400, dtype=F64)
    with pytest.raises(ValueError, match="no singular vector within"):
        operator_norm(lambda x: close * x, torch.zeros(400, dtype=F64), steps=2, rounds=2)
