"""Stacks: values as a plain network's, norms as singular values, Adam as torch's."""

import pytest
import torch

from ldyn.core import stream
from ldyn.nets import ETAS, SpectralNorms, StackedAdam, initialise, stacked_values

F64 = torch.float64


def test_norms_are_the_largest_singular_values_and_gradients_flow():
    stack = initialise((2, 16, 16, 1), [0, 1, 2], like=torch.zeros((), dtype=F64))
    norms = SpectralNorms(stack, warm=2000)
    divided = norms.divided([p.requires_grad_() for p in stack])
    for a in divided[::2]:
        found = torch.linalg.matrix_norm(a, 2)
        torch.testing.assert_close(found, torch.ones_like(found), rtol=0, atol=1e-9)
    got = torch.autograd.grad(divided[2].sum(), stack[2])[0]
    exact = stack[2] / torch.linalg.matrix_norm(stack[2], 2)[:, None, None]
    torch.testing.assert_close(
        got, torch.autograd.grad(exact.sum(), stack[2])[0], rtol=0, atol=1e-7
    )
    assert divided[1] is stack[1]


@pytest.mark.parametrize("activation", ETAS)
def test_values_are_those_of_a_plain_network(activation):
    like = torch.zeros((), dtype=F64)
    x = torch.randn(2, 7, 3, generator=stream("values"), dtype=F64)
    for outputs in (1, 2):
        a1, b1, a2, b2 = stack = initialise((3, 5, outputs), [0, 1], like=like)
        expected = ETAS[activation](x @ a1 + b1) @ a2 + b2
        torch.testing.assert_close(
            stacked_values(stack, x, activation), expected, rtol=1e-13, atol=1e-13
        )


def test_adam_is_torchs():
    start = torch.randn(4, generator=stream("adam"), dtype=F64)
    ours, theirs = [start.clone()], start.clone().requires_grad_()
    adam, reference = StackedAdam(ours, 0.01), torch.optim.Adam([theirs], 0.01, betas=(0.0, 0.9))
    for k in range(5):
        theirs.grad = (k + 1) * torch.sin(theirs.detach())
        adam.step([(k + 1) * torch.sin(ours[0])])
        reference.step()
    torch.testing.assert_close(ours[0], theirs.detach(), rtol=1e-10, atol=1e-12)
