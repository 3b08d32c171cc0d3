"""The arithmetic of the sawtooth figure is that of the library's networks."""

import pytest
import torch

from ldyn.piecewise import square_net

X = torch.linspace(0, 1, 65, dtype=torch.float64)


@pytest.mark.parametrize("m", [1, 2, 5, 8])
def test_the_square_is_that_of_the_network(js, m):
    drawn = js("sawtooth", f"{X.tolist()}.map((x) => square(x, {m}))")
    assert drawn == pytest.approx(square_net(m)(X[:, None]).tolist(), abs=1e-12)


@pytest.mark.parametrize("m", [2, 5])
def test_the_teeth_are_what_one_more_composition_takes_away(js, m):
    drawn = js("sawtooth", f"{X.tolist()}.map((x) => sawtooth(x, {m}))")
    teeth = 4**m * (square_net(m - 1)(X[:, None]) - square_net(m)(X[:, None]))
    assert drawn == pytest.approx(teeth.tolist(), abs=1e-9)


def test_the_errors_are_those_of_the_network_on_a_fine_grid(js):
    z = torch.linspace(0, 1, 2**12 + 1, dtype=torch.float64)
    for m in (1, 4, 7):
        found = (square_net(m)(z[:, None]) - z.square()).max().item()
        assert js("sawtooth", f"largestGap({m})") == pytest.approx(found, rel=1e-9)
