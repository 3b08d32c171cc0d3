"""What a network's layers promise, and whether they are normalised by the right number."""

import copy
from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.func import functional_call, vmap
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import spectral_norm

from ldyn.core import slope, stream
from ldyn.gans import (
    CRITIC_ACTIVATIONS,
    chain_curvature,
    curvature_at,
    gradient_quotients,
    network_smoothness,
    normalise_operator,
    ring,
)
from ldyn.linalg import operator_norm

F64 = torch.float64
SMOOTH = ("ELU", "GELU", "tanh", "SiLU", "softplus")


def unit_net(activation, dims, seed):
    draw, layers = stream("unit net", seed), []
    for a, b in pairwise(dims):
        q = torch.linalg.qr(torch.randn(max(a, b), min(a, b), generator=draw, dtype=F64)).Q
        bias = 0.5 * torch.randn(b, generator=draw, dtype=F64)
        layers.append((q if b > a else q.T, bias))

    def critic(x):
        for weight, bias in layers[:-1]:
            x = CRITIC_ACTIVATIONS[activation].apply(weight @ x + bias)
        return (layers[-1][0] @ x)[0]

    return critic


def test_no_network_passes_the_bound_of_its_layers(claim):
    """Source: prop-network-smoothness."""
    ratios = []
    for name in SMOOTH:
        for depth in (2, 6, 16):
            bound = network_smoothness(name, [1.0] * (depth + 1)).curvature
            x = 2 * torch.randn(400, 2, generator=stream("places", depth), dtype=F64)
            critic = unit_net(name, (2, *(16,) * depth, 1), depth)
            ratios += [
                curvature_at(critic, x).max().item() / bound,
                chain_curvature(name, depth) / bound,
            ]
    claim("net-bound", measured=max(ratios))
    assert max(ratios) == pytest.approx(1, abs=1e-6)
    assert max(ratios) <= 1 + 1e-12


def test_activations_that_stretch_pass_the_plain_constant(claim):
    """Source: prop-network-smoothness."""
    gelu, silu = (
        chain_curvature(name, depth) / (depth * CRITIC_ACTIVATIONS[name].bend)
        for name, depth in (("GELU", 10), ("SiLU", 16))
    )
    claim("net-stretch", measured=min(gelu, silu), high=max(gelu, silu))
    assert gelu > 1
    assert silu > 1


def test_relu_grows_under_refinement(claim):
    """Source: prop-relu-kinks."""
    steps = [2.0**-k for k in range(14, 5, -1)]
    grid = lambda h: torch.arange(-2, 2 + h / 2, h, dtype=F64)[:, None]  # noqa: E731
    nets = [unit_net("ReLU", (1, 16, 16, 16, 1), seed) for seed in range(8)]
    found = torch.stack(
        [torch.stack([gradient_quotients(net, grid(h)).max() for h in steps]) for net in nets]
    )
    fit = slope(steps, found)
    claim("relu-refinement", measured=fit.value, low=fit.low, high=fit.high)
    assert fit.low <= -1 <= fit.high
    assert found[:, 0] / found[:, 1] == pytest.approx(2, rel=1e-6)


def test_a_layer_with_a_matrix_of_norm_one_stretches(claim):
    """Source: prop-convolution-norm."""
    norms = []
    for inputs, outputs in ((3, 32), (16, 16), (32, 1), (1, 1)):
        for padding in (0, 1):
            torch.manual_seed(0)
            layer = nn.Conv2d(inputs, outputs, 3, padding=padding, bias=False, dtype=F64)
            with torch.no_grad():
                layer.weight.fill_(1.0) if inputs == 1 else layer.weight.normal_()
            spectral_norm(layer, n_power_iterations=100).eval()
            like = torch.zeros(1, inputs, 16, 16, dtype=F64)
            norms.append(operator_norm(layer, like, tolerance=1e-4).item())
    claim("conv-factor", measured=max(norms), low=min(norms))
    assert min(norms) > 1.05
    assert 2.5 < max(norms) <= 3


def test_the_norm_of_the_operator_and_its_gradient(claim):
    """Against the singular values of the dense matrix. Source: prop-convolution-norm."""
    worst = 0.0
    for layer in (
        nn.Conv2d(2, 3, 3, dtype=F64),
        nn.Conv2d(2, 3, 3, stride=2, padding=1, dtype=F64),
        nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular", dtype=F64),
        nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1, dtype=F64),
    ):
        draw = torch.randn(*layer.weight.shape, generator=stream("layer"), dtype=F64)
        layer.weight.data.copy_(draw)
        layer.bias.data.zero_()
        units = torch.eye(72, dtype=F64).view(72, 1, 2, 6, 6)
        right = torch.linalg.svdvals(vmap(lambda x, f=layer: f(x).flatten())(units))[0]
        found = operator_norm(layer, units[0], tolerance=1e-10)
        assert found.item() == pytest.approx(right.item(), rel=1e-10)
        ours, theirs = (torch.autograd.grad(v, layer.weight)[0] for v in (found, right))
        worst = max(worst, ((ours - theirs).abs().max() / theirs.abs().max()).item())
    claim("conv-gradient", measured=f"{'below' if worst < 1e-6 else 'above'} 1e-6")
    assert worst < 1e-6


def test_the_normalised_convolution_has_norm_one_and_the_gradient_of_the_quotient():
    """Stride, padding and channels; against the dense matrix. Source: prop-convolution-norm."""
    for inputs, outputs, stride, padding in ((3, 8, 1, 1), (4, 4, 2, 0), (8, 1, 3, 1)):
        layer = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=padding, bias=False, dtype=F64)
        draws = stream("normalised", inputs)
        way, start = (torch.randn(*layer.weight.shape, generator=draws, dtype=F64) for _ in "ab")
        layer.weight.data.copy_(start)
        bare, units = copy.deepcopy(layer), torch.eye(36 * inputs, dtype=F64)
        units = units.view(-1, 1, inputs, 6, 6)

        def dense(w, f=bare, x=units):
            act = vmap(lambda one: functional_call(f, {"weight": w}, (one,)).flatten())
            return torch.linalg.svdvals(act(x))[0]

        divided = normalise_operator(layer, units[0]).weight
        source = layer.parametrizations.weight.original
        assert dense(divided).item() == pytest.approx(1, abs=0.01)
        pairs = (divided, source / dense(source))
        ours, theirs = (torch.autograd.grad((w * way).sum(), source)[0] for w in pairs)
        assert (ours - theirs).abs().max() <= 1e-6 * theirs.abs().max()


def largest_used(rate, steps=150):
    """The largest true norm of a weight that was used in a step of training."""
    torch.manual_seed(0)
    linear = [spectral_norm(nn.Linear(a, b, dtype=F64)) for a, b in ((2, 64), (64, 64), (64, 1))]
    between = nn.LeakyReLU(0.2)
    critic = nn.Sequential(linear[0], between, linear[1], between, linear[2])
    data = ring(256, generator=stream("lag", "ring"))
    fakes = 0.3 * torch.randn(256, 2, generator=stream("lag", "blob"), dtype=F64)
    optimiser = torch.optim.Adam(critic.parameters(), lr=rate, betas=(0.0, 0.9))
    largest = 0.0
    for step in range(steps):
        with parametrize.cached():
            loss = critic(data).mean() - critic(fakes).mean()
            used = [torch.linalg.matrix_norm(f.weight.detach(), 2).item() for f in linear]
            optimiser.zero_grad()
            loss.backward()
        optimiser.step()
        if step >= 50:  # the first vectors are random and forgotten by then
            largest = max(largest, *used)
    return largest


def test_a_single_power_iteration_lags(claim):
    still, slow, fast = (largest_used(rate) for rate in (0.0, 1e-4, 0.01))
    claim("norm-lag", measured=fast)
    assert still < 1.02
    assert still < slow < 1.2
    assert fast > 1.5
