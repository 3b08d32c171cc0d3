"""Networks with one hidden layer on flat parameters, unit after unit: [v_0, w_0, v_1, …]."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import jvp

from ldyn.core import require_choice, require_count
from ldyn.gate import holds
from ldyn.nets import ACTIVATIONS


@dataclass(frozen=True, kw_only=True)
class UnitNet:
    """The family f(x) = Σ_j v_j σ(w_jᵀ x) + b, its width read off the length of θ.

    θ (…, p) holds [v_j (M), w_j (D)] for j = 0 … H−1, then b (M) if `bias`; p = H (M + D) + M·bias.
    A hidden bias is a column of ones in x. Leading axes of θ are networks; x and y may carry them.
    Raises: ValueError for a count < 1 or an unknown activation.
    Source: fukumizu2019, def-unit-layer.
    """

    inputs: int
    outputs: int = 1
    activation: str = "tanh"
    bias: bool = False

    def __post_init__(self) -> None:
        require_count(self.inputs, "inputs")
        require_count(self.outputs, "outputs")
        require_choice(self.activation, ACTIVATIONS, "activation")

    def units(self, theta: Tensor) -> int:
        """Return the number H of hidden units in `theta` θ (…, p).

        Raises: ValueError unless p fits the family.
        """
        units, rest = divmod(theta.shape[-1] - self.outputs * self.bias, self.outputs + self.inputs)
        if rest or units < 1:
            raise ValueError(
                f"theta has {theta.shape[-1]} entries, which is not H × "
                f"{self.outputs + self.inputs}{f' + {self.outputs}' if self.bias else ''} for any "
                f"H >= 1; make it with join(v, w{', b' if self.bias else ''})"
            )
        return units

    def split(self, theta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return v (…, H, M), w (…, H, D) and b (…, M), zero without bias, of `theta` θ (…, p)."""
        count, outputs = self.units(theta), self.outputs
        inner = theta[..., : count * (outputs + self.inputs)].unflatten(-1, (count, -1))
        b = theta[..., -outputs:] if self.bias else theta.new_zeros(*theta.shape[:-1], outputs)
        return inner[..., :outputs], inner[..., outputs:], b

    def join(self, v: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
        """Return θ (…, p) of `v` (…, H, M), `w` (…, H, D) and `b` (…, M).

        Raises: ValueError for other shapes, or a bias too many or missing.
        """
        ends = (v.shape[-1], w.shape[-1]) == (self.outputs, self.inputs)
        if v.shape[:-1] != w.shape[:-1] or not ends or (b is None) == self.bias:
            raise ValueError(
                f"expected v (…, H, {self.outputs}), w (…, H, {self.inputs}) and "
                f"{'b' if self.bias else 'no b'}, got {tuple(v.shape)}, {tuple(w.shape)} and "
                f"{'no b' if b is None else 'b'}"
            )
        inner = torch.cat([v, w], -1).flatten(-2)
        return inner if b is None else torch.cat([inner, b], -1)

    def values(self, theta: Tensor, x: Tensor) -> Tensor:
        """Return f(x), (…, n, M), of `theta` θ (…, p) at `x` (…, n, D)."""
        self._hold(x)
        v, w, b = self.split(theta)
        return ACTIVATIONS[self.activation](x @ w.mT) @ v + b[..., None, :]

    def residuals(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Return f(x) − y as (…, n·M), of `theta` θ (…, p) at `x` (…, n, D), `y` (…, n, M)."""
        self._hold(x, y)
        return (self.values(theta, x) - y).flatten(-2)

    def linearise(self, theta: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return `residuals` (…, n·M) and their derivative ∂f/∂θ (…, n·M, p).

        `theta` θ (…, p), `x` (…, n, D), `y` (…, n, M).
        ∂f_m/∂v_jc = σ(u_j) 1{m=c},  ∂f_m/∂w_j = v_jm σ'(u_j) x,  u_j = w_jᵀ x.
        """
        self._hold(x, y)
        v, w, b = self.split(theta)
        u = x @ w.mT
        if self.activation == "tanh":
            a = torch.tanh(u)
            slope = 1 - a.square()
        else:
            a, slope = jvp(ACTIVATIONS[self.activation], (u,), (torch.ones_like(u),))[:2]
        r = a @ v + b[..., None, :] - y
        parts = r.new_zeros(*r.shape, v.shape[-2], self.outputs + self.inputs)
        for c in range(self.outputs):
            parts[..., c, :, c] = a
        gain = slope[..., None, :] * v.mT[..., None, :, :]
        parts[..., self.outputs :] = gain[..., None] * x[..., None, None, :]
        jacobian = parts.flatten(-2)
        if self.bias:
            eye = torch.eye(self.outputs, dtype=r.dtype, device=r.device)
            jacobian = torch.cat([jacobian, eye.expand(*r.shape, -1)], -1)
        return r.flatten(-2), jacobian.flatten(-3, -2)

    def _hold(self, x: Tensor, y: Tensor | None = None) -> None:
        if x.shape[-1] != self.inputs:
            raise ValueError(
                f"x must have {self.inputs} columns, as inputs says, got {tuple(x.shape)}; "
                "a hidden bias is a column of ones"
            )
        if y is not None and y.shape[-2:] != (x.shape[-2], self.outputs):
            raise ValueError(
                f"y must be a tensor of shape (…, {x.shape[-2]}, {self.outputs}), got "
                f"{tuple(y.shape)}; with one output try y[:, None]"
            )

    def loss(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Return ½ Σ_ν ‖f(x_ν) − y_ν‖², (…), of `theta` θ (…, p), `x` (…, n, D), `y` (…, n, M)."""
        return self.residuals(theta, x, y).square().sum(-1) / 2

    def replicate(self, theta: Tensor, weights: Tensor) -> Tensor:
        """Return the wider θ in which the last unit stands K + 1 times, v_j = λ_j v_*, w_j = w_*.

        Arguments: `theta` (…, p); `weights` λ (…, K + 1), with Σ_j λ_j = 1.
        Raises: ValueError unless the weights sum to one.
        Source: fukumizu2019, def-replication.
        """
        weights = require_shares(weights)
        v, w, b = self.split(theta)
        copies = weights[..., :, None] * v[..., -1:, :]
        w_copies = w[..., -1:, :].expand(*copies.shape[:-1], -1)
        v = torch.cat([v[..., :-1, :].expand(*copies.shape[:-2], -1, -1), copies], -2)
        w = torch.cat([w[..., :-1, :].expand(*copies.shape[:-2], -1, -1), w_copies], -2)
        return self.join(v, w, b.expand(*v.shape[:-2], -1) if self.bias else None)


def require_shares(weights: Tensor) -> Tensor:
    """Return `weights` (…, K + 1) if each row sums to one. Raises: ValueError otherwise."""
    slack = torch.finfo(weights.dtype).eps ** 0.75 * weights.abs().sum(-1)
    if weights.ndim < 1 or not holds((weights.sum(-1) - 1).abs() <= slack):
        raise ValueError(
            f"the weights of the copies must sum to 1, got {weights.tolist()}; "
            "divide them by their sum"
        )
    return weights
