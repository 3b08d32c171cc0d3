"""Constants of networks against their derivatives, and layers that are normalised as they act."""

import math

import pytest
import torch
from torch import nn
from torch.func import grad, vmap

from ldyn.core import stream
from ldyn.gans import (
    CRITIC_ACTIVATIONS,
    chain_curvature,
    curvature_at,
    gradient_quotients,
    network_smoothness,
    normalise_operator,
)
from ldyn.linalg import operator_norm

F64 = torch.float64
SMOOTH = [name for name, a in CRITIC_ACTIVATIONS.items() if a.bend < math.inf]


def randn(*shape):
    return torch.randn(*shape, generator=stream("networks", *shape), dtype=F64)


@pytest.mark.parametrize("name", SMOOTH)
def test_the_constants_of_an_activation_are_its_largest_derivatives(name):
    a = CRITIC_ACTIVATIONS[name]
    x = torch.cat([torch.linspace(-12, 12, 240_000, dtype=F64), torch.tensor([-1e-12], dtype=F64)])
    first = vmap(grad(a.apply))(x).abs().max()
    second = vmap(grad(grad(a.apply)))(x).abs().max()
    assert a.slope * (1 - 1e-5) <= first <= a.slope * (1 + 1e-12)
    assert a.bend * (1 - 1e-8) <= second <= a.bend * (1 + 1e-12)


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("depth", [1, 3, 8])
def test_no_network_passes_its_constants(name, depth):
    norms, layers = [1.5, *[0.8] * (depth - 1), 2.0], []
    for a, b, norm in zip([2] + [6] * depth, [6] * depth + [1], norms, strict=True):
        w = randn(b, a)
        layers.append((w * norm / torch.linalg.matrix_norm(w, 2), randn(b) / 2))

    def critic(x):
        for w, b in layers[:-1]:
            x = CRITIC_ACTIVATIONS[name].apply(w @ x + b)
        return (layers[-1][0] @ x)[0]

    bound, x = network_smoothness(name, norms), 3 * randn(500, 2)
    assert vmap(grad(critic))(x).norm(dim=1).max() <= bound.slope
    assert 0 < curvature_at(critic, x).max() <= bound.curvature
    line = torch.linspace(-1, 1, 300, dtype=F64)[:, None] * randn(2)
    assert gradient_quotients(critic, line).max() <= bound.curvature


def test_the_closed_form_of_the_bound():
    """α t Σ_{j=ℓ−1}^{2ℓ−2} s^j. Source: prop-network-smoothness."""
    for name in SMOOTH:
        a, depth, last = CRITIC_ACTIVATIONS[name], 7, 3.0
        found = network_smoothness(name, [1.0] * depth + [last])
        powers = sum(a.slope**j for j in range(depth - 1, 2 * depth - 1))
        assert found.curvature == pytest.approx(last * a.bend * powers, rel=1e-12)
        assert found.slope == pytest.approx(last * a.slope**depth, rel=1e-12)
    assert network_smoothness("ReLU", [1.0, 1.0]).curvature == math.inf
    assert network_smoothness("ReLU", [2.0]).curvature == 0


def test_the_worst_chain_is_what_a_search_of_all_pairs_finds():
    """All places of two layers on a grid, the derivative by automatic differentiation."""
    for name in SMOOTH:
        apply = CRITIC_ACTIVATIONS[name].apply
        z = torch.linspace(-4, 4, 161, dtype=F64)
        z = torch.cat([z[z != 0], torch.tensor([-1e-9], dtype=F64)])
        one, two = (t.flatten() for t in torch.meshgrid(z, z, indexing="ij"))
        shift = two - apply(one)
        chain = lambda x, b, f=apply: f(b + f(x))  # noqa: E731
        right = vmap(grad(grad(chain)))(one, shift).abs().max().item()
        assert chain_curvature(name, 2) == pytest.approx(right, rel=2e-3)
        assert chain_curvature(name, 2) >= right - 1e-8


def test_quotients_and_curvatures_of_a_parabola_are_its_second_derivatives():
    x = torch.linspace(-1, 2, 7, dtype=F64)[:, None] * torch.tensor([3.0, 4.0], dtype=F64)
    bowl = lambda y: 3 * y[0] ** 2 - y[1] ** 2  # noqa: E731
    moved = math.hypot(6 * 3, 2 * 4) / 5
    assert gradient_quotients(bowl, x).tolist() == pytest.approx([moved] * 6, rel=1e-12)
    assert curvature_at(bowl, x).tolist() == pytest.approx([6.0] * 7, rel=1e-12)


def test_a_chain_of_softplus_stays_a_softplus():
    assert chain_curvature("softplus", 12) == pytest.approx(0.25, abs=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Linear(5, 3, dtype=F64),
        nn.Conv2d(2, 3, 3, stride=2, padding=1, dtype=F64),
        nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular", dtype=F64),
        nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1, dtype=F64),
    ],
    ids=["linear", "stride", "circular", "transposed"],
)
def test_a_normalised_layer_has_its_norm_and_keeps_its_parameters(layer):
    like = torch.zeros(1, 5, dtype=F64) if isinstance(layer, nn.Linear) else randn(1, 2, 6, 6)
    before = sum(p.numel() for p in layer.parameters())
    direction = layer.weight.detach().clone()
    assert normalise_operator(layer, like, norm=2.0) is layer
    assert operator_norm(layer, like).item() == pytest.approx(2, rel=1e-6)
    assert sum(p.numel() for p in layer.parameters()) == before
    assert torch.equal(layer.weight, layer.weight)
    torch.testing.assert_close(layer.weight / layer.weight.norm(), direction / direction.norm())
    # the weight is of degree zero in what it is made of: no gradient along it
    original = layer.parametrizations.weight.original
    (slope,) = torch.autograd.grad((layer.weight * randn(*original.shape)).sum(), original)
    assert (slope * original).sum().abs() < 1e-10 * slope.norm()
    assert slope.norm() > 0


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="activation"):
        network_smoothness("Swish", [1.0])
    with pytest.raises(ValueError, match="one number for each layer"):
        network_smoothness("ELU", [])
    with pytest.raises(ValueError, match="each norm"):
        network_smoothness("ELU", [1.0, -1.0])
    with pytest.raises(ValueError, match="one number for each layer"):
        network_smoothness("ELU", torch.zeros(0))
    with pytest.raises(ValueError, match=r"norms\[1\] must be a finite"):
        network_smoothness("ELU", torch.tensor([1.0, torch.nan]))
    with pytest.raises(ValueError, match="no bounded second"):
        chain_curvature("ReLU", 2)
    with pytest.raises(ValueError, match="neighbours that differ"):
        gradient_quotients(torch.sum, torch.zeros(3, 1, dtype=F64))
    for quotient in (curvature_at, gradient_quotients):
        with pytest.raises(ValueError, match=r"got \(2,\); try lambda"):
            quotient(torch.sin, randn(3, 2))
    blank = nn.Linear(3, 2, dtype=F64)
    with torch.no_grad():
        blank.weight.zero_()
    with pytest.raises(ValueError, match="norm 0 cannot be divided"):
        normalise_operator(blank, torch.zeros(1, 3, dtype=F64))
    with pytest.raises(ValueError, match="give like the layer's shape"):
        normalise_operator(nn.Linear(3, 2), torch.zeros(1, 4))
    with pytest.raises(ValueError, match="no weight"):
        normalise_operator(nn.ReLU(), torch.zeros(1, 2))
