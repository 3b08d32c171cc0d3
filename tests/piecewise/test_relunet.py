"""The algebra of networks keeps the function and the counts."""

from itertools import pairwise

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from ldyn.core import stream
from ldyn.piecewise import ReluNet, affine, compose, deepen, stack


def network(dims, seed=0):
    draw = stream("relunet", *dims, seed)
    layers = [
        (
            torch.randn(b, a, generator=draw, dtype=torch.float64),
            torch.randn(b, generator=draw, dtype=torch.float64),
        )
        for a, b in pairwise(dims)
    ]
    return ReluNet(layers=tuple(layers))


def points(n, d):
    return torch.randn(n, d, generator=stream("relunet points", n, d), dtype=torch.float64)


def columns(values):
    return values[:, None] if values.ndim == 1 else values


def test_the_network_is_its_formula():
    net, x = network((3, 5, 4, 2)), points(7, 3)
    (a1, b1), (a2, b2), (a3, b3) = net.layers
    for i in range(7):
        z = torch.relu(a2 @ torch.relu(a1 @ x[i] + b1) + b2)
        torch.testing.assert_close(net(x)[i], a3 @ z + b3)
    assert net(x).shape == (7, 2)
    assert network((3, 4, 1))(x).shape == (7,)


def test_counts_by_hand():
    first = (torch.tensor([[1.0, 0.0], [0.0, -3.0]]).double(), torch.tensor([0.0, 0.5]).double())
    last = (torch.tensor([[2.0, 0.0]]).double(), torch.tensor([-7.0]).double())
    net = ReluNet(layers=(first, last))
    assert (net.depth, net.nonzero, net.largest) == (2, 5, 7.0)
    full = network((3, 5, 4, 2))
    assert full.nonzero == 4 * 5 + 6 * 4 + 5 * 2
    single = affine(torch.eye(3), torch.zeros(3))
    assert (single.depth, single.nonzero, single.largest) == (1, 3, 1.0)


@given(
    inner=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    outer=st.lists(st.integers(1, 4), min_size=1, max_size=3),
)
@settings(max_examples=25)
def test_composition(inner, outer):
    one, two = network(inner), network([inner[-1], *outer], seed=1)
    x = points(6, inner[0])
    both = compose(two, one)
    torch.testing.assert_close(both(x), two(columns(one(x))), rtol=1e-10, atol=1e-10)
    assert both.depth == one.depth + two.depth - 1


@given(dims=st.lists(st.integers(1, 4), min_size=2, max_size=4), more=st.integers(0, 3))
@settings(max_examples=25)
def test_deepening_keeps_the_function(dims, more):
    net, x = network(dims), points(6, dims[0])
    deep = deepen(net, net.depth + more)
    assert deep.depth == net.depth + more
    torch.testing.assert_close(deep(x), net(x), rtol=1e-10, atol=1e-10)
    if more:
        # the last affine map is doubled, then 4 entries an output a level, 2 in the last
        outputs = dims[-1]
        last = sum(int(t.count_nonzero()) for t in net.layers[-1])
        assert deep.nonzero == net.nonzero + last + 4 * outputs * (more - 1) + 2 * outputs
        assert deep.largest == max(net.largest, 1.0)
    assert deepen(net, 0) is net


@given(
    depths=st.lists(st.integers(1, 3), min_size=1, max_size=3),
    shared=st.booleans(),
)
@settings(max_examples=25)
def test_stacking(depths, shared):
    nets = [network([2, *[3] * (d - 1), 2], seed=i) for i, d in enumerate(depths)]
    together = stack(nets, shared=shared)
    x = points(6, 2 if shared else 2 * len(nets))
    parts = [x] * len(nets) if shared else x.split(2, dim=1)
    expected = torch.cat([net(p) for net, p in zip(nets, parts, strict=True)], 1)
    torch.testing.assert_close(together(x), expected, rtol=1e-10, atol=1e-10)
    assert together.depth == max(depths)
    assert together.nonzero == sum(deepen(net, max(depths)).nonzero for net in nets)


def test_affine_maps_compose_to_their_product():
    a, b = points(3, 2), points(4, 3)
    both = compose(affine(b, points(1, 4)[0]), affine(a, points(1, 3)[0]))
    x = points(5, 2)
    assert both.depth == 1
    torch.testing.assert_close(both(x), (x @ a.T + points(1, 3)) @ b.T + points(1, 4))


def test_dtype_follows_and_bad_input_is_refused():
    net = network((3, 4, 1))
    x = points(5, 3)
    assert net(x.float()).dtype == torch.float32
    torch.testing.assert_close(net(x.float()), net(x.float().double()).float())
    with pytest.raises(ValueError, match=r"x must be .*\(n, 3\), got shape \(5, 2\)"):
        net(points(5, 2))
    with pytest.raises(ValueError, match=r"inner must have the 3 outputs .* got 1; stack"):
        compose(net, network((2, 1)))
    with pytest.raises(ValueError, match="at least one network, got none; try"):
        stack([], shared=True)


def test_layers_are_kept_in_float64_and_must_follow():
    rows = ((torch.ones(3, 2), torch.zeros(3)), (torch.ones(1, 3).double(), torch.zeros(1)))
    net = ReluNet(layers=rows)
    assert {t.dtype for layer in net.layers for t in layer} == {torch.float64}
    assert net(torch.ones(4, 2)).tolist() == [6.0] * 4
    wide, empty = (torch.ones(1, 3), torch.zeros(3)), (torch.ones(3, 0), torch.zeros(3))
    for bad in ((), rows[::-1], (rows[0], wide), (torch.ones(2, 2),), list(rows[0]), (empty,)):
        with pytest.raises(ValueError, match=r"layers.* must be .*, got .*; try"):
            ReluNet(layers=bad)
