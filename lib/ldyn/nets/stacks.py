"""Stacks whose members do not notice each other: values, spectral norms, Adam."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from ldyn.core import require_choice

ETAS: dict[str, Callable[[Tensor], Tensor]] = {
    "leaky": lambda z: functional.leaky_relu(z, 0.2),
    "elu": functional.elu,
    "silu": functional.silu,
    "softplus": functional.softplus,
}


def require_inputs(parameters: Sequence[Tensor], x: Tensor) -> None:
    """Raise the ValueError of `x` (k, n, d) that the first matrix does not take."""
    if x.shape[2] != (d := parameters[0].shape[1]):
        told = f"x must be of shape (k, n, {d}), as the first matrix asks, got {tuple(x.shape)}"
        raise ValueError(f"{told}; try points of dimension {d}")


def stacked_values(parameters: Sequence[Tensor], x: Tensor, activation: str) -> Tensor:
    """Return A_L η(… η(x A_1 + b_1) …) + b_L for each of k networks, (k, n, c).

    A product with one column is taken as a multiplication and a sum: what a member gets is then
    the same number, to the last digit, however many members stand beside it.

    Arguments: `parameters` [A_1, b_1, …] with a leading axis k; `x` (k, n, d); `activation` a name
    in ETAS. Members that are infinite or NaN leave the others as they are.
    Raises: ValueError for an unknown activation.
    Source: chu2020, def-stacked-game.
    """
    require_choice(activation, ETAS, "activation")
    require_inputs(parameters, x)
    eta, last = ETAS[activation], len(parameters) - 2
    for i in range(0, last + 2, 2):
        a, b = parameters[i], parameters[i + 1]
        if a.shape[2] == 1:
            x = (x * a.transpose(1, 2)).sum(2, keepdim=True) + b
        else:
            x = torch.baddbmm(b, x, a)
        x = eta(x) if i < last else x
    return x


class SpectralNorms:
    """The largest singular values of a stack's matrices, by a power iteration that goes on.

    `advance` makes steps u ← Au/‖Au‖, v ← Aᵀu/‖Aᵀu‖ from where the last call stopped; `divided`
    returns the parameters with each matrix divided by uᵀAv, through which gradients flow.
    Source: chu2020, def-stacked-game.
    """

    def __init__(self, parameters: Sequence[Tensor], *, warm: int = 50) -> None:
        self.right = [torch.ones_like(a[:, :1]) for a in parameters[::2]]
        self.left = [torch.ones_like(a[:, :, :1]) for a in parameters[::2]]
        self.advance(parameters, warm)

    @torch.no_grad()
    def advance(self, parameters: Sequence[Tensor], steps: int = 1) -> None:
        """Make `steps` power iterations on the matrices as they are, infinite or NaN included."""
        for i, a in enumerate(parameters[::2]):
            u, v = self.left[i], self.right[i]
            for _ in range(steps):
                u = functional.normalize((a * v).sum(2, keepdim=True), dim=1)
                v = functional.normalize((a * u).sum(1, keepdim=True), dim=2)
            self.left[i], self.right[i] = u, v

    def divided(self, parameters: Sequence[Tensor]) -> list[Tensor]:
        """Return [A_1/σ_1, b_1, …], each matrix over its norm, also those infinite or NaN."""
        out = list(parameters)
        for i, (u, v) in enumerate(zip(self.left, self.right, strict=True)):
            a = parameters[2 * i]
            out[2 * i] = a / (u * a * v).sum((1, 2), keepdim=True)
        return out


class StackedAdam:
    """Adam with an update for a stack of members, each as it would be alone.

    `rate` is one for all, or one a member (k, 1, 1).
    """

    def __init__(
        self, parameters: list[Tensor], rate: float | Tensor, *, decay: float = 0.9
    ) -> None:
        self.parameters, self.rate, self.decay, self.now = parameters, rate, decay, 0
        self.squares = [torch.zeros_like(p) for p in parameters]

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor]) -> None:
        """Move by −rate · g/(√(v/(1 − decayᵗ)) + 1e-8), v the running mean of g²: β₁ = 0.

        A member whose gradients are infinite or NaN leaves the others as they are.
        """
        self.now += 1
        whole = 1 - self.decay**self.now
        for p, v, g in zip(self.parameters, self.squares, gradients, strict=True):
            v.mul_(self.decay).addcmul_(g, g, value=1 - self.decay)
            p.addcdiv_(self.rate * g, (v / whole).sqrt_().add_(1e-8), value=-1.0)
