"""The smallest example of a line of minima that turns into a line of saddles: 1–1–1 in 1–2–1."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.landscape.minima import levenberg_marquardt, newton
from ldyn.landscape.units import UnitNet


@dataclass(frozen=True, kw_only=True)
class Toy:
    """A family, its data x (n, 1), y (n, 1), and the narrow minimum θ_* = (v_*, w_*)."""

    net: UnitNet
    x: Tensor
    y: Tensor
    theta: Tensor

    def loss(self, theta: Tensor) -> Tensor:
        """Return L(θ) = ½ Σ_ν (f(x_ν) − y_ν)² for `theta` θ (…, p) of any width."""
        return self.net.loss(theta, self.x, self.y)


def fukumizu_amari_toy() -> Toy:
    """Return y = 2 tanh x − tanh 4x at 61 equispaced points of [−3, 3], and its one-unit minimum.

    Two units fit the data exactly; one cannot, and its minimum is found here to rounding.
    Source: fukumizu2000, page-lambda-line.
    """
    x = torch.linspace(-3, 3, 61, dtype=torch.float64)[:, None]
    y = 2 * torch.tanh(x) - torch.tanh(4 * x)
    net = UnitNet(inputs=1)
    start = torch.tensor([[1.0, 0.5]], dtype=torch.float64)
    found = levenberg_marquardt(net.residuals, start, (x[None], y[None]))
    return Toy(net=net, x=x, y=y, theta=newton(net.loss, found.theta, (x[None], y[None]))[0])
