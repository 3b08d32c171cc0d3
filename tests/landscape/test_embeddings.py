"""Wider networks that compute the same function, and the networks that are refused."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ldyn.core import stream
from ldyn.landscape import add_inactive, add_unpropagated, replicate, rescale

F64 = torch.float64
ACTS = [nn.Tanh, nn.Sigmoid, nn.Softplus, nn.GELU, nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.ELU]


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=stream("embeddings", *shape, seed), dtype=F64)


def drawn(net, seed):
    """`net` in float64 with weights from a stream, of a size that keeps values of order one."""
    net = net.double().eval()
    for i, p in enumerate(net.parameters()):
        p.data = normal(*p.shape, seed=seed + i) / max(1, p[0].numel()) ** 0.5
    return net


def dense(widths, act=nn.Tanh, bias=True, seed=0):
    layers = []
    for a, b in itertools.pairwise(widths):
        layers += [nn.Linear(a, b, bias=bias), act(), nn.Dropout(0.3)]
    return drawn(nn.Sequential(*layers[:-2]), seed)


def conv(channels=(2, 3, 4), act=nn.ReLU, bias=True, seed=0):
    a, b, c = channels
    return drawn(
        nn.Sequential(
            nn.Conv2d(a, b, 3, padding=1, bias=bias), act(), nn.MaxPool2d(2),
            nn.Conv2d(b, c, 3, stride=2, padding=1, padding_mode="circular", bias=bias), act(),
            nn.AvgPool2d(2), nn.Flatten(), nn.Linear(4 * c, 5), act(), nn.Linear(5, 2),
        ),
        seed,
    )  # fmt: skip


def gap(wide, net, x):
    """The largest difference of the two functions."""
    with torch.no_grad():
        return (wide(x) - net(x)).abs().max().item()


def shares(surplus, seed):
    weights = normal(surplus + 1, seed=seed)
    return torch.cat([weights[:-1], 1 - weights[:-1].sum(0, keepdim=True)])


@settings(max_examples=80)
@given(
    widths=st.lists(st.integers(1, 5), min_size=3, max_size=7),
    act=st.sampled_from(ACTS),
    bias=st.booleans(),
    surplus=st.integers(1, 3),
    data=st.data(),
    seed=st.integers(0, 10**6),
)
def test_copies_compute_the_same_in_any_layer(widths, act, bias, surplus, data, seed):
    net = dense(widths, act, bias, seed)
    layer = data.draw(st.integers(0, len(widths) - 3))
    unit = data.draw(st.integers(0, widths[layer + 1] - 1))
    before = [p.clone() for p in net.parameters()]
    wide = replicate(net, layer, unit, shares(surplus, seed))
    assert wide[3 * layer].out_features == widths[layer + 1] + surplus
    assert gap(wide, net, normal(9, widths[0], seed=seed)) < 1e-12
    assert all(torch.equal(p, q) for p, q in zip(net.parameters(), before, strict=True))


@settings(max_examples=40)
@given(
    layer=st.integers(0, 2),
    act=st.sampled_from(ACTS),
    bias=st.booleans(),
    unit=st.integers(0, 2),
    seed=st.integers(0, 10**6),
)
def test_copies_of_channels_compute_the_same(layer, act, bias, unit, seed):
    net = conv(act=act, bias=bias, seed=seed)
    wide = replicate(net, layer, unit, shares(2, seed))
    assert gap(wide, net, normal(4, 2, 16, 16, seed=seed)) < 1e-12


def test_the_copies_are_where_the_docstring_says():
    net, weights = dense([2, 3, 2]), [0.5, 0.8, -0.3]
    wide = replicate(net, 0, 1, weights)
    w, v = wide[0].weight, wide[3].weight
    assert w.shape == (5, 2)
    for place, share in zip((1, 3, 4), weights, strict=True):
        assert torch.equal(w[place], net[0].weight[1])
        assert torch.allclose(v[:, place], share * net[3].weight[:, 1])
    assert torch.equal(v[:, [0, 2]], net[3].weight[:, [0, 2]])


@settings(max_examples=30)
@given(
    moves=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=6),
    seed=st.integers(0, 10**6),
)
def test_embeddings_may_be_iterated_over_layers_and_kinds(moves, seed):
    net = dense([2, 3, 2, 3, 2], nn.ReLU, seed=seed)
    x, wide = normal(9, 2, seed=seed), net
    for kind, layer in moves:
        lower, upper = wide[3 * layer], wide[3 * layer + 3]
        rows, columns = lower.in_features, upper.out_features
        weight, bias = normal(2, rows, seed=seed), normal(2, seed=seed)
        if kind == 0:
            wide = replicate(wide, layer, lower.out_features - 1, shares(2, seed))
        elif kind == 1:
            low = torch.full((2,), -1e3, dtype=F64)
            wide = add_inactive(wide, layer, weight, low, normal(columns, 2, seed=seed), x=x)
        elif kind == 2:
            wide = add_unpropagated(wide, layer, weight, bias)
        else:
            wide = rescale(wide, layer, 0, 2.5)
    assert gap(wide, net, x) < 1e-12


@pytest.mark.parametrize("act", [nn.ReLU, nn.LeakyReLU, nn.PReLU])
def test_homogeneous_units_may_be_copied_and_rescaled_at_once(act):
    net, x = conv(act=act, seed=4), normal(4, 2, 16, 16)
    for layer in (0, 1, 2):
        wide = replicate(net, layer, 1, [0.7, 0.5, -0.2], [0.3, 4.0, 1.5])
        assert gap(wide, net, x) < 1e-12
        assert gap(rescale(net, layer, 2, 3.0), net, x) < 1e-12


@pytest.mark.parametrize("act", [nn.Tanh, nn.GELU, nn.ReLU])
def test_units_at_zero_are_inactive_whatever_leaves_them(act):
    net, x = conv(act=act, seed=2), normal(4, 2, 16, 16)
    dead = torch.zeros(2, 3, 3, 3, dtype=F64), torch.zeros(2, dtype=F64)
    assert gap(add_inactive(net, 1, *dead, normal(5, 8)), net, x) < 1e-12


def test_relu_units_are_inactive_below_the_kink_of_every_sample():
    x = normal(30, 2)
    net = dense([2, 3, 3, 2], nn.ReLU)
    weight, out = normal(1, 3), normal(2, 1)
    with torch.no_grad():
        reach = (net[:3](x) @ weight.T).amax()
        awake = int((net[:3](x) @ weight.T - reach + 0.1 >= 0).sum())
    wide = add_inactive(net, 1, weight, -(reach + 0.1)[None], out, x=x)
    assert gap(wide, net, x) < 1e-12
    with pytest.raises(ValueError, match=f"active at {awake} of 30 samples"):
        add_inactive(net, 1, weight, -(reach - 0.1)[None], out, x=x)
    with pytest.raises(ValueError, match="active at 1 of 30"):
        add_inactive(net, 1, weight, -reach[None], out, x=x)
    with pytest.raises(ValueError, match="pass x"):
        add_inactive(net, 1, weight, torch.tensor([-9.0], dtype=F64), out)


def test_conv_units_are_asked_at_every_place_of_the_image():
    net, x = conv(), normal(6, 2, 16, 16)
    weight, out = normal(2, 2, 3, 3), normal(4, 2, 3, 3)
    wide = add_inactive(net, 0, weight, torch.full((2,), -50.0, dtype=F64), out, x=x)
    assert gap(wide, net, x) < 1e-12
    with pytest.raises(ValueError, match="active at 6 of 6"):
        add_inactive(net, 0, weight, torch.zeros(2, dtype=F64), out, x=x)


def test_sigmoid_and_tanh_units_that_are_not_silent_are_refused():
    out, bias = normal(2, 1), torch.zeros(1, dtype=F64)
    with pytest.raises(ValueError, match=r"σ\(0\) = 0, here it is 0\.5"):
        add_inactive(dense([2, 3, 2], nn.Sigmoid), 0, torch.zeros(1, 2, dtype=F64), bias, out)
    with pytest.raises(ValueError, match="weight = 0 and bias = 0"):
        add_inactive(dense([2, 3, 2]), 0, normal(1, 2), bias, out, x=normal(5, 2))


def test_unpropagated_units_and_their_shapes():
    net = conv(seed=3)
    wide = add_unpropagated(net, 1, normal(3, 3, 3, 3), normal(3))
    assert (wide[3].out_channels, wide[7].in_features) == (7, 28)
    assert gap(wide, net, normal(4, 2, 16, 16)) < 1e-12
    with pytest.raises(ValueError, match="expected weight"):
        add_unpropagated(net, 1, normal(3, 3, 3), normal(3))
    with pytest.raises(ValueError, match="expected bias"):
        add_unpropagated(net, 1, normal(3, 3, 3, 3), None)


def test_the_wide_net_can_be_trained_in_its_own_dtype():
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    net[0].weight.requires_grad_(False)
    wide = replicate(net, 0, 0, [0.1] * 10)
    assert wide[0].weight.dtype == torch.float32
    assert (wide[0].weight.requires_grad, wide[2].weight.requires_grad) == (False, True)
    wide(torch.ones(4, 2)).sum().backward()
    assert wide[2].weight.grad.shape == (1, 12)
