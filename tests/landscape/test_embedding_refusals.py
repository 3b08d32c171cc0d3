"""Networks whose units cannot be copied or added without changing the function are refused."""

import pytest
import torch
from torch import nn

from ldyn.core import stream
from ldyn.landscape import add_inactive, add_unpropagated, replicate, rescale

F64 = torch.float64


def narrow(act):
    return nn.Sequential(nn.Linear(2, 3), act(), nn.Linear(3, 2)).double()


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(2, 2)

    def forward(self, x):
        return x + self.body(x)


class Doubled(nn.Sequential):
    def forward(self, x):
        return 2 * super().forward(x)


def tied():
    a, b = nn.Linear(3, 3), nn.Linear(3, 3)
    b.weight = a.weight
    return nn.Sequential(a, nn.Tanh(), b, nn.Tanh(), nn.Linear(3, 1))


def hooked(kind):
    net = between(nn.Tanh())
    getattr(net[0], kind)(lambda *_: None)
    return net


def between(*modules, first=None, last=None):
    return nn.Sequential(first or nn.Linear(4, 4), *modules, last or nn.Linear(4, 4))


REFUSED = {
    "net must be a Sequential, got Residual": Residual(),
    "got Doubled": Doubled(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)),
    "hidden one": nn.Sequential(nn.Linear(2, 3)),
    "flatten|top level": nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.Tanh()), nn.Linear(3, 1)),
    "shares parameters": tied(),
    "plain, got a Linear": between(
        nn.Tanh(), Residual(), first=nn.Linear(4, 2), last=nn.Linear(2, 1)
    ),
    "BatchNorm1d": between(nn.BatchNorm1d(4), nn.ReLU()),
    "LayerNorm": between(nn.LayerNorm(4)),
    "Softmax": between(nn.Softmax(-1)),
    "eval": between(nn.Dropout(0.1)),
    "PReLU": between(nn.PReLU(4)),
    "first axis": between(nn.Flatten(0)),
    "2 groups": between(first=nn.Conv2d(4, 4, 3, groups=2), last=nn.Conv2d(4, 4, 3)),
    "4 groups": between(first=nn.Conv2d(4, 4, 3), last=nn.Conv2d(4, 4, 3, groups=4)),
    "nn.Flatten": between(first=nn.Conv2d(4, 4, 3)),
    "MaxPool2d": between(nn.MaxPool2d(2)),
    "columns": between(nn.Flatten(), last=nn.Linear(8, 1)),
    "hooks": hooked("register_forward_pre_hook"),
    "hooks, as": hooked("register_forward_hook"),
}


@pytest.mark.parametrize("says", REFUSED)
def test_nets_whose_copies_would_not_be_copies_are_refused(says):
    with pytest.raises(ValueError, match=says):
        replicate(REFUSED[says], 0, 0, [0.5, 0.5])


def test_weights_units_and_factors_that_do_not_fit_are_refused():
    net = narrow(nn.Tanh)
    for weights in ([0.5, 0.5 + 1e-9], [float("nan"), 1.0], [[0.5, 0.5]], []):
        with pytest.raises(ValueError, match=r"sum to 1|weights.* must be .*number|finite"):
            replicate(net, 0, 0, weights)
    for unit in (3, -1):
        with pytest.raises(ValueError, match=f"one of 0, …, 2, got {unit}"):
            replicate(net, 0, unit, [0.5, 0.5])
    with pytest.raises(ValueError, match="hidden one"):
        replicate(net, 1, 0, [0.5, 0.5])
    with pytest.raises(ValueError, match="fails for Tanh"):
        rescale(net, 0, 0, 2.0)
    relu = narrow(nn.ReLU)
    for factors in ([1.0, -1.0], [1.0]):
        with pytest.raises(ValueError, match="positive numbers"):
            replicate(relu, 0, 0, [0.5, 0.5], factors)
    with pytest.raises(ValueError, match="factor"):
        rescale(relu, 0, 0, 0.0)


def test_dropout_that_drops_nothing_is_allowed_in_training():
    net = between(nn.Dropout(0.0), nn.Tanh()).train()
    wide = replicate(net, 0, 1, [0.5, 0.5])
    x = torch.rand(5, 4, generator=stream("no dropout"))
    torch.testing.assert_close(wide(x), net(x))


def test_units_that_need_not_be_silent_are_refused():
    weight, out = torch.ones(1, 2, dtype=F64), torch.ones(2, 1, dtype=F64)
    bias, x = torch.full((1,), -9.0, dtype=F64), torch.zeros(4, 2, dtype=F64)
    for act, row in ((nn.Tanh, 0 * weight), (nn.LeakyReLU, weight)):
        with pytest.raises(
            ValueError, match="without ReLU only units with weight = 0 and bias = 0"
        ):
            add_inactive(narrow(act), 0, row, bias, out, x=x)


def test_new_units_take_the_dtype_of_the_net():
    net, x = narrow(nn.Tanh).float(), torch.ones(4, 2)
    wide = add_unpropagated(net, 0, torch.ones(1, 2, dtype=F64), torch.ones(1, dtype=F64))
    assert {p.dtype for p in wide.parameters()} == {torch.float32}
    torch.testing.assert_close(wide(x), net(x))
