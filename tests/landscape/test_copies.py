"""Forms F and G of units of deep and convolutional networks, and copies at λ = 1/2."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from ldyn.core import stream
from ldyn.landscape import (
    difference_vector,
    replicate,
    surplus_block,
    unit_forms,
    unit_positions,
)
from ldyn.linalg import flat_parameters, hessian_operator

EYE = torch.eye(400, dtype=torch.float64)


def loss(outputs, labels):
    return cross_entropy(outputs, labels, reduction="sum")


def problem(activation, bias=True):
    act, draw = activation, stream("copies of units", activation.__name__)
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3, 2, 1, bias=bias), act(), nn.MaxPool2d(2), nn.Conv2d(2, 3, 3, 2, 1),
        act(), nn.Flatten(), nn.Linear(12, 4, bias=bias), act(), nn.Linear(4, 3),
    ).double().eval()  # fmt: skip
    for p in net.parameters():
        p.data = torch.randn(p.shape, generator=draw, dtype=p.dtype) / 2
    net[6].weight.data.abs_()  # so that its ReLU units are active
    x = torch.randn(9, 1, 11, 11, generator=draw, dtype=torch.float64)
    y = torch.arange(9) % 3
    return net, [(x[:4], y[:4]), (x[4:], y[4:])]


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("activation", [nn.Tanh, nn.Softplus, nn.ReLU])
@pytest.mark.parametrize("bias", [True, False])
def test_the_swap_splits_the_hessian(layer, activation, bias):
    """prop-swap: differences have the block of F and G, sums the rescaled narrow Hessian."""
    net, batches = problem(activation, bias)
    wide = replicate(net, layer, 1, [0.5, 0.5])
    count = (2, 3, 4)[layer]
    forms = unit_forms(net, layer, 1, loss, batches)
    block = surplus_block(forms, torch.tensor([0.5, 0.5]).double()) / 2
    eye = torch.eye(len(block), dtype=torch.float64)
    apart = torch.stack([difference_vector(wide, layer, (1, count), e) for e in eye], 1)
    operator = hessian_operator(wide, loss, batches)
    matrix = operator.matvec(EYE[: operator.size, : operator.size])
    size = matrix.abs().max()
    torch.testing.assert_close(apart.T @ apart, eye)
    assert (matrix @ apart - apart @ block).abs().max() <= 1e-13 * size
    scale = torch.ones(len(flat_parameters(net)), dtype=torch.float64)
    place, into = unit_positions(net, layer, 1), forms.gate.shape[1]
    scale[place[:into]], scale[place[into:]] = 0.5**0.5, 2**0.5
    narrow = hessian_operator(net, loss, batches)
    sums = scale[:, None] * narrow.matvec(EYE[: narrow.size, : narrow.size]) * scale
    foretold = torch.cat([torch.linalg.eigvalsh(block), torch.linalg.eigvalsh(sums)]).sort().values
    torch.testing.assert_close(torch.linalg.eigvalsh(matrix), foretold, rtol=0, atol=1e-12 * size)
    assert forms.gate.norm() > 1e-3


def test_positions_are_those_of_the_weights():
    net, _ = problem(nn.Tanh)
    theta = flat_parameters(net)
    at = unit_positions(net, 1, 2)
    into = torch.cat([net[3].weight[2].flatten(), net[3].bias[2:3]])
    assert torch.equal(theta[at], torch.cat([into, net[6].weight[:, 8:12].flatten()]))


def test_bad_choices_are_refused():
    net, batches = problem(nn.Tanh)
    with pytest.raises(ValueError, match="entries"):
        difference_vector(net, 0, (0, 1), torch.ones(3))
    for unit in (-1, 2):
        with pytest.raises(ValueError, match="unit must be one of"):
            unit_positions(net, 0, unit)
    with pytest.raises(ValueError, match="training mode"):
        unit_forms(net.train(), 0, 0, loss, batches)
