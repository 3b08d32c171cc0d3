"""The block theorem and the inertia theorem, on random networks and on networks of known forms."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.func import grad, hessian

from ldyn.core import stream
from ldyn.landscape import (
    Forms,
    UnitNet,
    inertia,
    last_unit_forms,
    replicate,
    separating_map,
    surplus_block,
    surplus_forms,
    surplus_inertia,
)
from ldyn.linalg import hessian_operator
from ldyn.nets import ACTIVATIONS

F64 = torch.float64


def normal(*shape, seed):
    return torch.randn(*shape, generator=stream("blocks", *shape, seed), dtype=F64)


def shares(surplus, seed):
    """Weights of K + 1 copies that sum to one, of either sign, the first away from zero."""
    weights = normal(surplus + 1, seed=seed)
    weights[0] = weights[0].sign() * (0.3 + weights[0].abs())
    weights[-1] = 1 - weights[:-1].sum()
    return weights


def relative(found, right):
    return ((found - right).abs().max() / right.abs().max()).item()


def squared(f, y):
    return (f - y).square().sum() / 2


def cross_entropy(f, y):
    """Of m + 1 classes, the last with logit zero, so that one output is enough for two."""
    logits = torch.cat([f, f.new_zeros(len(f), 1)], 1)
    return nn.functional.cross_entropy(logits, y, reduction="sum")


@settings(max_examples=60)
@given(
    d=st.integers(1, 4),
    m=st.integers(1, 3),
    surplus=st.integers(1, 3),
    activation=st.sampled_from(["tanh", "sigmoid", "softplus", "relu"]),
    classes=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_the_hessian_of_a_wide_net_falls_into_the_two_blocks(
    d, m, surplus, activation, classes, seed
):
    net = UnitNet(inputs=d, outputs=m, activation=activation)
    x = normal(12, d, seed=seed)
    y = torch.arange(12) % (m + 1) if classes else normal(12, m, seed=seed + 1)
    loss = cross_entropy if classes else squared
    theta, weights = normal(3 * (d + m), seed=seed + 2), shares(surplus, seed)

    def total(t):
        return loss(net.values(t, x), y)

    v, w, _ = net.split(theta)
    f = net.values(theta, x)
    forms = surplus_forms(grad(loss)(f, y), x, v[-1], w[-1], activation=activation)
    wide = net.replicate(theta, weights)
    found = separated(hessian(total)(wide), weights, m, d)
    right = torch.block_diag(hessian(total)(theta), surplus_block(forms, weights))
    assert relative(found, right) < 1e-10
    slope = grad(total)(wide)[-(surplus + 1) * (m + d) :] @ separating_map(weights, m, d)
    assert slope[m + d :].abs().max() < 1e-10 * grad(total)(theta).abs().max()


def separated(matrix, weights, m, d):
    """TᵀHT with the copies last in the raw order, so that T acts on the last coordinates."""
    change = separating_map(weights, m, d)
    rest = len(matrix) - len(change)
    full = torch.block_diag(torch.eye(rest, dtype=F64), change)
    return full.T @ matrix @ full


def with_ones(h):
    return torch.cat([h, torch.ones(len(h), 1, dtype=F64)], 1)


def deep(parts, x, activation, *, shifted=None, shift=0.0):
    """The values before the last activation; `shift` (n, M) joins those of layer `shifted`."""
    h = x
    for i, a in enumerate(parts):
        z = with_ones(ACTIVATIONS[activation](h) if i else h) @ a.T
        h = z + shift if i == shifted else z
    return h


def with_copies(flat, fixed, layer, m, d, copies):
    """The tensors of flat = [rest, v_0, w_0, …] with `copies` of the layer's last unit."""
    split = flat.split([t.numel() for t in fixed] + [m, d] * copies)
    *parts, bias = [p.reshape(t.shape) for p, t in zip(split, fixed, strict=False)]
    pairs = split[len(fixed) :]
    parts[layer] = torch.cat([parts[layer], torch.stack(pairs[1::2])])
    after = parts[layer + 1]
    parts[layer + 1] = torch.cat([after, torch.stack(pairs[::2], 1), bias[:, None]], 1)
    return parts


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus", "relu"])
@pytest.mark.parametrize("classes", [False, True])
def test_the_same_in_every_layer_of_a_deep_net(layer, activation, classes):
    widths, n, weights = [2, 3, 4, 3, 2], 10, shares(2, 5)
    x = normal(n, 2, seed=1)
    y = torch.arange(n) % 3 if classes else normal(n, 2, seed=2)
    loss = cross_entropy if classes else squared
    tensors = [normal(b, a + 1, seed=a + 10 * b) for a, b in itertools.pairwise(widths)]
    m, d = widths[layer + 2], widths[layer] + 1

    def shifted(z):
        return loss(deep(tensors, x, activation, shifted=layer + 1, shift=z), y)

    g = grad(shifted)(torch.zeros(n, m, dtype=F64))
    below = ACTIVATIONS[activation](deep(tensors[:layer], x, activation)) if layer else x
    v, w = tensors[layer + 1][:, -2], tensors[layer][-1]
    forms = surplus_forms(g, with_ones(below), v, w, activation=activation)

    def total(flat, copies):
        parts = with_copies(flat, fixed, layer, m, d, copies)
        return loss(deep(parts, x, activation), y)

    fixed = [t.clone() for t in tensors]
    fixed[layer] = tensors[layer][:-1]
    fixed[layer + 1] = tensors[layer + 1][:, :-2]
    fixed.append(tensors[layer + 1][:, -1])
    rest = torch.cat([t.flatten() for t in fixed])
    narrow = torch.cat([rest, v, w])
    wide = torch.cat([rest, *(p for share in weights for p in (share * v, w))])
    found = separated(hessian(lambda t: total(t, 3))(wide), weights, m, d)
    right = torch.block_diag(hessian(lambda t: total(t, 1))(narrow), surplus_block(forms, weights))
    assert relative(found, right) < 1e-10


PATTERNS = [(0.5, 0.5), (1.5, -0.5), (0.2, 0.3, 0.5), (1.2, 0.3, -0.5), (2.0, 0.5, -0.7, -0.8)]


@pytest.mark.parametrize("weights", PATTERNS)
@pytest.mark.parametrize(("rank", "signs"), [(0, (1, 2)), (1, (1, 1)), (2, (0, 1)), (0, (3, 0))])
def test_the_inertia_of_a_block_is_what_the_theorem_says(weights, rank, signs):
    d, m, weights = 4, 3, torch.tensor(weights, dtype=F64)
    frame = torch.linalg.qr(normal(d, d, seed=rank)).Q
    gate = normal(m, rank, seed=2) @ frame[:, :rank].T
    up, down = signs
    values = torch.zeros(d, dtype=F64)
    values[rank : rank + up], values[rank + up : rank + up + down] = 2.0, -1.5
    noise = normal(d, rank, seed=3) @ frame[:, :rank].T
    curvature = frame * values @ frame.T + noise + noise.T
    forms = Forms(gate=gate, curvature=curvature)
    block = torch.linalg.eigvalsh(surplus_block(forms, weights))
    small = 1e-10 * block.abs().max()
    found = int((block < -small).sum()), int((block > small).sum())
    assert tuple(map(int, surplus_inertia(forms, weights))) == found
    surplus, p, n = len(weights) - 1, int((weights > 0).sum()), int((weights < 0).sum())
    assert found[1] == surplus * rank + (p - 1) * up + n * down


def test_stacks_of_forms_are_counted_one_by_one():
    gate, curvature = normal(5, 2, 3, seed=1), normal(5, 3, 3, seed=2)
    gate[2:] = 0
    forms = Forms(gate=gate, curvature=curvature + curvature.mT)
    weights = torch.tensor([0.7, 0.6, -0.3], dtype=F64)
    together = torch.stack(surplus_inertia(forms, weights), 1)
    blocks = surplus_block(forms, weights)
    for j in range(5):
        one = Forms(gate=gate[j], curvature=forms.curvature[j])
        assert together[j].tolist() == [int(c) for c in surplus_inertia(one, weights)]
        assert torch.allclose(blocks[j], surplus_block(one, weights))


@pytest.mark.parametrize("surplus", [1, 2, 3])
def test_equal_shares_show_the_eigenvalues_of_a_small_block_in_the_raw_hessian(surplus):
    net = UnitNet(inputs=3, outputs=2, activation="tanh")
    x, y, theta = normal(12, 3, seed=1), normal(12, 2, seed=2), normal(15, seed=3)
    forms = last_unit_forms(net, theta, x, y)
    top = torch.cat([forms.curvature / (surplus + 1), forms.gate.T], 1)
    bottom = torch.cat([forms.gate, forms.gate.new_zeros(2, 2)], 1)
    small = torch.linalg.eigvalsh(torch.cat([top, bottom]))
    shares = torch.full((surplus + 1,), 1 / (surplus + 1), dtype=F64)
    raw = torch.linalg.eigvalsh(hessian(net.loss)(net.replicate(theta, shares), x, y))
    for value in small:
        assert int(((raw - value).abs() < 1e-10 * raw.abs().max()).sum()) == surplus


def test_one_unit_of_a_family_has_the_forms_of_its_formula():
    net = UnitNet(inputs=3, outputs=2, activation="tanh", bias=True)
    x, y, theta = normal(9, 3, seed=1), normal(9, 2, seed=2), normal(12, seed=3)
    v, w, _ = net.split(theta)
    t = torch.tanh(x @ w[-1])
    r = net.values(theta, x) - y
    forms = last_unit_forms(net, theta, x, y)
    assert relative(forms.gate, (r * (1 - t**2)[:, None]).T @ x) < 1e-12
    bend = (r @ v[-1]) * (-2 * t * (1 - t**2))
    assert relative(forms.curvature, (x * bend[:, None]).T @ x) < 1e-12


def test_weights_that_do_not_fit_are_refused():
    bend = normal(2, 2, seed=2)
    with pytest.raises(ValueError, match="curvature must be symmetric, got"):
        Forms(gate=normal(1, 2, seed=1), curvature=bend)
    forms = Forms(gate=normal(1, 2, seed=1), curvature=bend + bend.mT)
    for second in (0.4, 0.5 + 1e-6, float("nan")):
        with pytest.raises(ValueError, match=r"sum to 1|weights.* must be .*finite"):
            surplus_block(forms, torch.tensor([0.5, second], dtype=F64))
    with pytest.raises(ValueError, match="none zero"):
        surplus_inertia(forms, torch.tensor([1.0, 0.0], dtype=F64))
    for refuses in (lambda w: separating_map(w, 1, 1), lambda w: surplus_block(forms, w)):
        with pytest.raises(ValueError, match="first not zero"):
            refuses(torch.tensor([0.0, 1.0], dtype=F64))
    with pytest.raises(ValueError, match="n = 5 as in gradients, got shape"):
        surplus_forms(normal(5, 2, seed=1), normal(4, 3, seed=1), normal(2, seed=1),
                      normal(3, seed=1), activation="tanh")  # fmt: skip


def test_copies_of_a_unit_and_of_one_that_it_feeds_bring_a_fourth_block_of_zeros():
    """As the solution of ex-two-splits says: KK′ zeros beyond what each brings alone."""
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2))
    for i, p in enumerate(net.double().eval().parameters()):
        p.data = normal(*p.shape, seed=i)
    x, y = normal(20, 2, seed=0), normal(20, 2, seed=1)

    def signs(model):
        operator = hessian_operator(model, lambda z, y: (z - y).square().sum(), [(x, y)])
        found = inertia(operator.matvec(torch.eye(operator.size, dtype=F64)))
        return [int(n) for n in (found.negative, found.zero, found.positive)]

    second = lambda net: replicate(net, 1, 0, [1.3, -0.5, 0.2])  # noqa: E731
    first = replicate(net, 0, 1, [0.6, 0.4])
    nets = first, second(net), net, second(first)
    assert [d - (a + b - c) for a, b, c, d in zip(*map(signs, nets), strict=True)] == [0, 1 * 2, 0]
