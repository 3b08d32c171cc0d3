"""Stacks of perceptrons against the same sums written out, and their law at the start."""

import math

import pytest
import torch

from ldyn.core import stream
from ldyn.nets import ACTIVATIONS, count_parameters, forward, initialise

LIKE = torch.zeros(0, dtype=torch.float64)
DIMS = (3, 5, 4, 2)


def points(k, n, d):
    return torch.rand(k, n, d, generator=stream("mlp", k, n, d), dtype=torch.float64)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_forward_is_the_formula_of_each_member(activation):
    parameters = initialise(DIMS, [0, 1, 2], like=LIKE, activation=activation)
    x = points(3, 7, 3)
    values = forward(parameters, x, activation)
    assert values.shape == (3, 7, 2)
    eta = ACTIVATIONS[activation]
    for j in range(3):
        (a1, b1, a2, b2, a3, b3) = (p[j] for p in parameters)
        alone = eta(eta(x[j] @ a1 + b1) @ a2 + b2) @ a3 + b3
        torch.testing.assert_close(values[j], alone, rtol=0, atol=1e-14)


def test_activations_take_their_values():
    z = torch.tensor([-1.0, 0.0, 2.0], dtype=torch.float64)
    expected = {
        "relu": [0.0, 0.0, 2.0],
        "leaky": [-0.1, 0.0, 2.0],
        "tanh": [math.tanh(t) for t in z.tolist()],
        "sigmoid": [1 / (1 + math.exp(-t)) for t in z.tolist()],
        "softplus": [math.log1p(math.exp(t)) for t in z.tolist()],
        "gelu": [t * (1 + math.erf(t / math.sqrt(2))) / 2 for t in z.tolist()],
    }
    assert set(expected) == set(ACTIVATIONS)
    for name, values in expected.items():
        assert ACTIVATIONS[name](z).tolist() == pytest.approx(values, abs=1e-14)


def test_a_member_depends_on_its_seed_alone():
    together = initialise(DIMS, [4, "name", 9], like=LIKE)
    again = initialise(DIMS, [9, 4], like=LIKE)
    for p, q in zip(together, again, strict=True):
        assert torch.equal(p[2], q[0])
        assert torch.equal(p[0], q[1])
        assert not torch.equal(p[0], p[2])


def test_dtype_follows_and_the_draw_does_not_change_with_it():
    double = initialise(DIMS, [1], like=LIKE)
    single = initialise(DIMS, [1], like=LIKE.float())
    assert all(p.dtype == torch.float32 for p in single)
    assert all(torch.equal(p.float(), q) for p, q in zip(double, single, strict=True))


@pytest.mark.parametrize(
    ("activation", "gain"),
    [
        ("relu", 2.0),
        ("leaky", 2.0),
        ("gelu", 2.0),
        ("tanh", 1.0),
        ("sigmoid", 1.0),
        ("softplus", 1.0),
    ],
)
def test_initial_weights_have_the_stated_variance(activation, gain):
    wide, deep = 200, 300
    weight, bias = initialise((wide, deep), [0], like=LIKE, activation=activation)
    count = wide * deep
    # the sample variance of N normals has standard error √(2/N) times itself
    variance = weight.square().mean().item() * wide
    assert variance == pytest.approx(gain, abs=4 * gain * math.sqrt(2 / count))
    assert abs(weight.mean().item()) < 4 * math.sqrt(gain / wide / count)
    edge = 1 / math.sqrt(wide)
    assert bias.abs().max() <= edge
    assert bias.var().item() == pytest.approx(edge**2 / 3, rel=4 * math.sqrt(0.8 / deep))


def test_parameters_are_counted():
    parameters = initialise(DIMS, [0], like=LIKE)
    assert count_parameters(DIMS) == sum(p.numel() for p in parameters) == 54
    assert count_parameters((2, 1)) == 3


@pytest.mark.parametrize(
    ("dims", "activation", "says"),
    [
        ((3,), "relu", r"inputs and outputs.*try"),
        ((3, 0, 1), "relu", r"integer >= 1, got 0; try"),
        ((3, 2.0, 1), "relu", r"an integer, got 2.0; try"),
        ((3, 1), "swish", r"activation must be one of gelu, leaky, relu"),
    ],
)
def test_bad_shapes_and_names_are_refused(dims, activation, says):
    with pytest.raises(ValueError, match=says):
        initialise(dims, [0], like=LIKE, activation=activation)


def test_forward_refuses_an_unknown_activation():
    with pytest.raises(ValueError, match="activation must be one of"):
        forward(initialise(DIMS, [0], like=LIKE), points(1, 2, 3), "swish")
