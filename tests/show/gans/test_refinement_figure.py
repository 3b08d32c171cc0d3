"""Slopes and quotients in the page are those of the library."""

import json

import pytest
import torch
from torch.func import grad, vmap

from ldyn.core import stream
from ldyn.gans import CRITIC_ACTIVATIONS, gradient_quotients


@pytest.mark.parametrize("name", ["ReLU", "ELU", "tanh", "SiLU", "softplus"])
def test_slopes_and_quotients_are_those_of_the_library(js, name):
    draw = stream("refinement", name)
    normal = lambda *shape: torch.randn(*shape, generator=draw, dtype=torch.float64)  # noqa: E731
    layers = [(normal(5, 1), normal(5)), (normal(4, 5), normal(4)), (normal(1, 4), normal(1))]

    def critic(x):
        for w, b in layers[:-1]:
            x = CRITIC_ACTIVATIONS[name].apply(w @ x + b)
        return (layers[-1][0] @ x)[0]

    text = f"{json.dumps([[w.tolist(), b.tolist()] for w, b in layers])}, '{name}'"
    x = torch.arange(-2, 2.01, 0.125, dtype=torch.float64)[:, None]
    slopes = vmap(grad(critic))(x)[:, 0]
    found = js("refinement", f"{x[:, 0].tolist()}.map((x) => slopeAt({text}, x))")
    assert found == pytest.approx(slopes.tolist(), abs=1e-12)
    quotients = gradient_quotients(critic, x)
    best = js("refinement", f"steepest({text}, 0.125)")
    assert best["quotient"] == pytest.approx(quotients.max().item(), rel=1e-10)
    i = int(quotients.argmax())
    assert best["at"] == pytest.approx(x[i : i + 2].mean().item(), abs=1e-12)
