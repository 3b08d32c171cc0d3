"""Curvature operators of any network and loss: products with a matrix that is never formed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, jvp, vjp

Loss = Callable[[Tensor, Tensor], Tensor]
Batches = Sequence[tuple[Tensor, Tensor]]
Map = Callable[[Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class LinearOperator:
    """A symmetric p × p matrix A known by its products alone: `apply` takes v (p,) to A v (p,)."""

    size: int
    apply: Map
    dtype: torch.dtype
    device: torch.device

    def matvec(self, v: Tensor) -> Tensor:
        """Return A v for v (p,), or column by column for v (p, k).

        Raises: ValueError for a vector of another size, dtype or device.
        """
        if v.ndim not in (1, 2) or v.shape[0] != self.size:
            raise ValueError(
                f"expected a vector ({self.size},) or ({self.size}, k), got {tuple(v.shape)}; "
                "its entries follow model.named_parameters()"
            )
        if v.dtype != self.dtype or v.device != self.device:
            raise ValueError(
                f"expected {self.dtype} on {self.device}, got {v.dtype} on {v.device}; try v.to(…)"
            )
        if v.ndim == 1:
            return self.apply(v)
        return torch.stack([self.apply(column) for column in v.T], 1) if v.shape[1] else v.clone()


def hessian_operator(
    model: nn.Module, loss: Loss, batches: Batches, *, keep: bool = True
) -> LinearOperator:
    """Return ∇²L(θ) of L(θ) = Σ_b loss(f(x_b; θ), y_b), at the parameters that the model has now.

    A v = d/dt ∇L(θ + t v) at t = 0, forward mode over reverse mode; or, since A is symmetric, the
    pullback of v by ∇L, reverse over reverse. L is the sum over batches of what `loss` returns, so
    a `loss` that sums over its batch gives the sum over the data.

    Arguments: `model` in eval mode; θ (p,) follows model.named_parameters(). `batches` (x, y).
    `keep` computes the gradients once and keeps them for reverse mode, with the memory of every
    batch's activations; False goes through the model in forward mode for each product, slower.
    Raises: ValueError for a model in training mode or without parameters, or no batches.
    Source: pearlmutter1994, prop-hessian-product.
    """
    theta, outputs = _flat(model, batches)

    def product(x: Tensor, y: Tensor) -> Map:
        slope = grad(lambda t: loss(outputs(t, x), y))
        if keep:
            pull = vjp(slope, theta)[1]
            return lambda v: pull(v)[0]
        return lambda v: jvp(slope, (theta,), (v,))[1]

    return _sum([product(x, y) for x, y in batches], theta)


def gauss_newton_operator(model: nn.Module, loss: Loss, batches: Batches) -> LinearOperator:
    """Return Σ_b J_bᵀ H_b J_b, J_b = ∂f(x_b; θ)/∂θ and H_b the Hessian of loss(·, y_b) at f(x_b).

    Positive semi-definite when the loss is convex in the outputs. Arguments as for
    `hessian_operator`.
    Raises: ValueError for a model in training mode or without parameters, or no batches.
    Source: prop-hessian-product.
    """
    theta, outputs = _flat(model, batches)

    def product(x: Tensor, y: Tensor) -> Map:
        values = lambda t: outputs(t, x)  # noqa: E731
        slope = grad(lambda z: loss(z, y))

        def apply(v: Tensor) -> Tensor:
            moved = jvp(values, (theta,), (v,))[1]
            z, pull = vjp(values, theta)[:2]
            pulled: Tensor = pull(jvp(slope, (z,), (moved,))[1])[0]
            return pulled

        return apply

    return _sum([product(x, y) for x, y in batches], theta)


def flat_parameters(model: nn.Module) -> Tensor:
    """Return θ (p,), a copy of the parameters in the order of model.named_parameters().

    Raises: ValueError for a model without parameters.
    """
    found = [p.detach().flatten() for p in model.parameters()]
    if not found:
        raise ValueError("the model has no parameters, and so no curvature; give it a layer")
    return torch.cat(found)


def _flat(model: nn.Module, batches: Batches) -> tuple[Tensor, Callable[[Tensor, Tensor], Tensor]]:
    """θ, and the map (θ, x) → f(x; θ)."""
    if model.training:
        raise ValueError("the model is in training mode, where f may be random; try model.eval()")
    if not len(batches):
        raise ValueError("batches must hold at least one pair (x, y), got none; try [(x, y)]")
    theta = flat_parameters(model)
    names, parts = zip(*model.named_parameters(), strict=True)
    sizes = [p.numel() for p in parts]

    def outputs(t: Tensor, x: Tensor) -> Tensor:
        cut = {n: s.view_as(p) for n, p, s in zip(names, parts, t.split(sizes), strict=True)}
        found: Tensor = functional_call(model, cut, (x,))
        return found

    return theta, outputs


def _sum(maps: list[Map], theta: Tensor) -> LinearOperator:
    @torch.no_grad()
    def apply(v: Tensor) -> Tensor:
        total = maps[0](v)
        for product in maps[1:]:
            total = total + product(v)
        return total

    return LinearOperator(size=len(theta), apply=apply, dtype=theta.dtype, device=theta.device)
