"""A curve that two units fit, but not exactly: the small example of the pages on embeddings."""

import torch

from ldyn.core import require_choice
from ldyn.landscape.minima import levenberg_marquardt, newton
from ldyn.landscape.toy import Toy
from ldyn.landscape.units import UnitNet

# Near the minima with the least loss that 200 random starts found; for ReLU, off the kinks.
STARTS = {
    "tanh": [-0.7, 6.9, 3.7, 2.1, 2.0, 0.5, -0.1],
    "relu": [-1.5, 3.4, -2.3, 1.6, 1.6, 0.8, -1.2],
}


def curve_toy(activation: str = "tanh") -> Toy:
    """Return sin(5x/2) + x/2 + cos(9x)/4 at 16 points of [−1, 1], rounded, and a two-unit minimum.

    x is (16, 2) with a column of ones for the hidden biases; there is an output bias.

    Raises: ValueError for an activation other than "tanh" or "relu".
    Source: page-embeddings.
    """
    require_choice(activation, STARTS, "activation")
    t = torch.linspace(-1, 1, 16, dtype=torch.float64)
    x = torch.stack([t, torch.ones_like(t)], 1)
    y = (100 * ((2.5 * t).sin() + t / 2 + (9 * t).cos() / 4)).round()[:, None] / 100
    net = UnitNet(inputs=2, activation=activation, bias=True)
    start = torch.tensor([STARTS[activation]], dtype=torch.float64)
    found = levenberg_marquardt(net.residuals, start, (x[None], y[None]))
    return Toy(net=net, x=x, y=y, theta=newton(net.loss, found.theta, (x[None], y[None]))[0])
