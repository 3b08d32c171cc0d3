"""Sliced energies by sorting against sums over all pairs."""

import math

import pytest
import torch

from ldyn.core import stream
from ldyn.gans import energy_loss
from ldyn.kernels import sliced_energy_gradient

LINE = torch.ones(1, 1, dtype=torch.float64)


def draw(n, dim, name):
    return torch.randn(n, dim, generator=stream("energy", name), dtype=torch.float64)


def signs(x, y, directions):
    """n times the gradient, pair by pair; the sign of zero is zero."""
    u, v = x @ directions.T, y @ directions.T
    toward = (u[:, None] - v).sign().mean(1) - (u[:, None] - u).sign().mean(1)
    return toward @ directions / len(directions)


def test_on_the_line_it_is_the_gradient_of_the_energy():
    x, y = draw(9, 1, "x").requires_grad_(), draw(7, 1, "y")
    (slope,) = torch.autograd.grad(energy_loss(x, y), x)
    found = sliced_energy_gradient(x.detach(), y, directions=LINE)
    assert torch.allclose(found, len(x) * slope, rtol=0, atol=1e-13)


def test_in_space_it_is_the_mean_over_directions_with_ties_too():
    x, y = draw(30, 3, "x").round(decimals=0), draw(20, 3, "y").round(decimals=0)
    directions = torch.cat([torch.eye(3, dtype=torch.float64), draw(4, 3, "directions")])
    found = sliced_energy_gradient(x, y, directions=directions)
    assert torch.allclose(found, signs(x, y, directions), rtol=0, atol=1e-14)
    assert sliced_energy_gradient(x, x, directions=directions).abs().max() < 1e-15


def test_many_directions_give_the_energy_of_the_plane():
    """The mean of |cos| is 2/π."""
    x, y = draw(12, 2, "x").requires_grad_(), draw(10, 2, "y") + 1
    angles = torch.arange(2000, dtype=torch.float64) * math.pi / 2000
    directions = torch.stack([angles.cos(), angles.sin()], 1)
    (slope,) = torch.autograd.grad(energy_loss(x, y), x)
    found = sliced_energy_gradient(x.detach(), y, directions=directions) * math.pi / 2
    assert torch.allclose(found, len(x) * slope, rtol=0, atol=5e-3)


def test_bad_input_is_answered_with_what_to_try():
    x, y = draw(4, 2, "x"), draw(5, 2, "y")
    with pytest.raises(ValueError, match=r"directions must be .* with d = 2 as in x"):
        sliced_energy_gradient(x, y, directions=LINE)
    with pytest.raises(ValueError, match=r"share their dtype.*try y\.to\(x\)"):
        sliced_energy_gradient(x, y.float(), directions=x)
    with pytest.raises(ValueError, match=r"x and directions must share"):
        sliced_energy_gradient(x, y, directions=x.float())
    with pytest.raises(ValueError, match="must be finite"):
        sliced_energy_gradient(x * torch.nan, y, directions=x)
