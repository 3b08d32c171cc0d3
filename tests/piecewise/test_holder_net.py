"""Smooth functions on the line and the square within the bounds of their networks."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from ldyn.piecewise import holder_net

LINE = torch.linspace(0, 1, 4097, dtype=torch.float64)


def holder(beta, place, dim):
    """Σ_j |x_j − c|^β / (scale d): in the Hölder ball of radius 1 in each coordinate."""
    scale = (beta * 2 ** (2 - beta) if beta > 1 else 1.0) * dim
    return lambda x: (x - place).abs().pow(beta).sum(1) / scale


@given(
    beta=st.floats(0.2, 2.0),
    cells=st.integers(1, 16),
    place=st.floats(0, 1),
)
@settings(max_examples=25)
def test_smooth_functions_on_the_line(beta, cells, place):
    f = holder(beta, place, 1)
    net = holder_net(f, dim=1, cells=cells, teeth=1)
    bound = cells**-beta / 4 if beta > 1 else (2 * cells) ** -beta
    assert (net(LINE[:, None]) - f(LINE[:, None])).abs().max() <= bound + 1e-12


@given(
    beta=st.floats(0.2, 2.0),
    cells=st.integers(1, 5),
    teeth=st.integers(1, 6),
    place=st.floats(0, 1),
)
@settings(max_examples=25)
def test_smooth_functions_on_the_square(beta, cells, teeth, place):
    f = holder(beta, place, 2)
    net = holder_net(f, dim=2, cells=cells, teeth=teeth)
    x = torch.cartesian_prod(LINE[::128], LINE[::128])
    # each coordinate carries half the radius, so that d · F/d = 1
    rate = cells**-beta / 4 if beta > 1 else (2 * cells) ** -beta
    largest = f(x).abs().max().item()
    gap = (net(x) - f(x)).abs().max().item()
    assert gap <= rate + 4 * largest * 4.0**-teeth + 1e-12


@pytest.mark.parametrize("cells", [1, 3])
def test_at_the_nodes_the_square_is_exact_up_to_its_products(cells):
    f = lambda x: (3 * x[:, 0]).sin() * (2 * x[:, 1]).cos()  # noqa: E731
    axis = torch.arange(cells + 1, dtype=torch.float64) / cells
    nodes = torch.cartesian_prod(axis, axis)
    # tents are 0 or 1 there, and 1 · 1 is a product that the network gets right
    net = holder_net(f, dim=2, cells=cells, teeth=5)
    torch.testing.assert_close(net(nodes), f(nodes), rtol=0, atol=1e-12)


def test_wrong_order_of_nodes_would_show():
    f = lambda x: x[:, 0] + 0 * x[:, 1]  # noqa: E731
    net = holder_net(f, dim=2, cells=2, teeth=12)
    x = torch.tensor([[0.2, 0.9], [0.7, 0.1]], dtype=torch.float64)
    torch.testing.assert_close(net(x), x[:, 0], rtol=0, atol=1e-6)
