"""The arithmetic of the figures on embeddings is that of the library's networks."""

import pytest
import torch
from torch.func import grad

from ldyn.landscape import curve_toy, inactive

S = 0.35


def wide_parameter(toy, kind):
    """What the figure's slider at S makes of the toy's minimum."""
    theta, tail = toy.theta[:-1], toy.theta[-1:]
    if kind == "copies":
        return toy.net.replicate(toy.theta, torch.tensor([S, 1 - S], dtype=theta.dtype))
    quiet = [0.0, 0.0] if toy.net.activation == "tanh" else [1.5, -1.8]
    unit = [2 * S, *quiet] if kind == "inactive" else [0.0, 2 * S, 0.7]
    return torch.cat([theta, torch.tensor(unit, dtype=theta.dtype), tail])


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("kind", ["copies", "inactive", "unpropagated"])
def test_split_units_have_the_function_and_gradient_of_the_network(js, activation, kind):
    toy = curve_toy(activation)
    net = f'embed({toy.theta.tolist()}, "{kind}", {S}, "{activation}")'
    theta = wide_parameter(toy, kind)
    drawn = js("unit-split", f'points(16).map((x) => output({net}, x, "{activation}"))')
    assert drawn == pytest.approx(toy.net.values(theta, toy.x)[:, 0].tolist(), abs=1e-12)
    assert drawn == pytest.approx(toy.net.values(toy.theta, toy.x)[:, 0].tolist(), abs=1e-12)
    slopes = js("unit-split", f'slopes({net}, {toy.y[:, 0].tolist()}, "{activation}").flat()')
    assert slopes == pytest.approx(grad(toy.loss)(theta)[:-1].tolist(), abs=1e-10)


@pytest.mark.parametrize("v", [1.0, -0.7])
@pytest.mark.parametrize(("w", "b"), [(0.6, -1.2), (0.6, -0.3), (-2.0, 1.0), (0.0, -0.05)])
def test_the_plane_of_the_inactive_unit_is_that_of_the_network(js, v, w, b):
    toy = curve_toy("relu")
    unit = torch.tensor([v, w, b], dtype=torch.float64)
    wide = torch.cat([toy.theta[:-1], unit, toy.theta[-1:]])
    y = toy.y[:, 0].tolist()
    drawn = js("inactive-cone", f"loss({toy.theta.tolist()}, {y}, [{v}, {w}, {b}])")
    assert drawn == pytest.approx(toy.loss(wide).item(), abs=1e-12)
    silent = bool(inactive(unit[None, 1:], toy.x))
    assert (js("inactive-cone", f"active(16, {w}, {b})") == 0) == silent
    assert silent == (b < -abs(w))
