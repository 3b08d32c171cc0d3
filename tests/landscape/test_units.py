"""Families of networks on flat parameters: layout, Jacobian, copies, and what does not fit."""

import pytest
import torch

from ldyn.core import stream
from ldyn.landscape import UnitNet

F64 = torch.float64


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
@pytest.mark.parametrize("bias", [False, True])
def test_the_jacobian_is_that_of_the_residuals(activation, bias):
    net = UnitNet(inputs=3, outputs=2, activation=activation, bias=bias)
    draw = stream("jacobian", activation)
    theta = torch.randn(4, 3 * 5 + 2 * bias, generator=draw, dtype=F64)
    x = torch.randn(4, 7, 3, generator=draw, dtype=F64)
    y = torch.randn(4, 7, 2, generator=draw, dtype=F64)
    right = torch.func.vmap(torch.func.jacrev(net.residuals))(theta, x, y)
    assert torch.allclose(net.linearise(theta, x, y)[1], right, rtol=0, atol=1e-12)
    assert torch.allclose(net.linearise(theta[0], x[0], y[0])[1], right[0], rtol=0, atol=1e-12)
    assert torch.allclose(net.linearise(theta, x[0], y[0])[1][0], right[0], rtol=0, atol=1e-12)


def test_families_refuse_what_does_not_fit():
    net = UnitNet(inputs=2, bias=True)
    for size in (6, 1):
        with pytest.raises(ValueError, match="not H × 3"):
            net.units(torch.zeros(size))
    with pytest.raises(ValueError, match="expected v"):
        net.join(torch.zeros(2, 1), torch.zeros(2, 2))
    with pytest.raises(ValueError, match="one of"):
        UnitNet(inputs=2, activation="step")


def test_the_layout_goes_both_ways_and_copies_compute_the_same():
    net = UnitNet(inputs=3, outputs=2, bias=True)
    theta = torch.randn(5, 3 * 5 + 2, generator=stream("layout"), dtype=F64)
    assert torch.equal(net.join(*net.split(theta)), theta)
    x = torch.randn(7, 3, generator=stream("layout x"), dtype=F64)
    wide = net.replicate(theta, torch.tensor([0.4, 0.9, -0.3], dtype=F64))
    assert net.units(wide) == 5
    assert torch.allclose(net.values(wide, x), net.values(theta, x), atol=1e-13)
