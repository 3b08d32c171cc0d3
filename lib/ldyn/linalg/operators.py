"""Curvature operators of any network and loss: products with a matrix that is never formed."""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, jvp, vjp
from torch.nn.attention import SDPBackend, sdpa_kernel

from ldyn.gate import all_finite
from ldyn.linalg.trust import require_quotient, require_symmetric_product

Loss = Callable[[Tensor, Tensor], Tensor]
Batches = Sequence[tuple[Tensor, Tensor]]
Map = Callable[[Tensor], Tensor]
Outputs = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class LinearOperator:
    """A symmetric p × p matrix A known by its products alone: `apply` takes v (p,) to A v (p,)."""

    size: int
    apply: Map
    dtype: torch.dtype
    device: torch.device

    def matvec(self, v: Tensor) -> Tensor:
        """Return A v for v (p,), or column by column for v (p, k).

        Raises: ValueError for a vector of another size, dtype or device, or a product that is not
        finite.
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
        columns = [v] if v.ndim == 1 else v.T
        try:
            found = torch.stack([self.apply(c) for c in columns], 1) if len(columns) else v.clone()
        except NotImplementedError as error:
            raise ValueError(
                f"expected what torch can differentiate in forward mode, got {str(error)[:99]}…; "
                "try keep=True, or write that part out in elementary functions"
            ) from error
        if not all_finite(found):
            raise ValueError(
                "the product of the operator with a finite vector is not finite; look for the "
                "activation or loss whose second derivative overflows, and try float64"
            )
        return found[:, 0] if v.ndim == 1 else found


def hessian_operator(
    model: nn.Module, loss: Loss, batches: Batches, *, keep: bool = True, trainable: bool = False
) -> LinearOperator:
    """Return ∇²L(θ) of L(θ) = Σ_b loss(f(x_b; θ), y_b), for the model as it is now.

    A v = d/dt ∇L(θ + t v) at t = 0, forward mode over reverse mode; or, since A is symmetric, the
    pullback of v by ∇L, reverse over reverse. L is the sum over batches of what `loss` returns, so
    a `loss` that sums over its batch gives the sum over the data. A is made of a copy of the model,
    and held once, on random vectors, to uᵀAv = vᵀAu and to a difference quotient of ∇L.

    Arguments: `model` in eval mode; θ (p,) follows model.named_parameters(), of which `trainable`
    leaves out those without requires_grad. `loss` of the outputs and y, (n, …), (n, …) ↦ ();
    `batches` pairs (x, y); y may be labels, integers.
    `keep` computes the gradients once and keeps them for reverse mode, with the memory of every
    batch's activations; False goes through the model in forward mode for each product, slower.
    Raises: ValueError for a model of which a part is in training mode, one without parameters, no
    batches, and second derivatives that torch gets wrong or not at all.
    Source: pearlmutter1994, prop-hessian-product.
    """
    theta, outputs = _flat(model, batches, trainable)

    def slope_at(outputs: Outputs, x: Tensor, y: Tensor) -> Map:
        return grad(lambda t: loss(outputs(t, x), y))

    def product(x: Tensor, y: Tensor) -> Map:
        slope = slope_at(outputs, x, y)
        if keep:
            pull = vjp(slope, theta)[1]
            return lambda v: pull(v)[0]
        return lambda v: jvp(slope, (theta,), (v,))[1]

    maps = [product(x, y) for x, y in batches]
    made = _sum(maps, theta)
    exact, double = _flat(model, batches, trainable, double=True)
    pair = [part.double() if part.is_floating_point() else part for part in batches[0]]
    require_quotient(torch.no_grad()(maps[0]), theta.dtype, slope_at(double, *pair), exact)
    return made


def gauss_newton_operator(
    model: nn.Module, loss: Loss, batches: Batches, *, trainable: bool = False
) -> LinearOperator:
    """Return Σ_b J_bᵀ H_b J_b, J_b = ∂f(x_b; θ)/∂θ and H_b the Hessian of loss(·, y_b) at f(x_b).

    Positive semi-definite when the loss is convex in the outputs.

    Arguments: `model`, `batches`, `trainable` as for `hessian_operator`; labels are integers;
    `loss` (n, …), (n, …) ↦ ().
    Raises: ValueError as `hessian_operator`.
    Source: prop-hessian-product.
    """
    theta, outputs = _flat(model, batches, trainable)

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


def flat_parameters(model: nn.Module, *, trainable: bool = False) -> Tensor:
    """Return θ (p,), a copy of the parameters in the order of model.named_parameters().

    With `trainable`, of those with requires_grad alone.
    Raises: ValueError for a model without parameters.
    """
    found = [p.detach().flatten() for p in model.parameters() if p.requires_grad or not trainable]
    if not found:
        raise ValueError("the model has no parameters, and so no curvature; give it a layer")
    return torch.cat(found)


def require_eval(model: nn.Module) -> None:
    """Raise the ValueError of a model of which any part is in training mode."""
    for name, module in model.named_modules():
        if module.training:
            raise ValueError(
                f"the model is in training mode, where f may be random, got it so in "
                f"{name or type(module).__name__}; try model.eval()"
            )


def _flat(
    model: nn.Module, batches: Batches, trainable: bool, double: bool = False
) -> tuple[Tensor, Outputs]:
    """θ, and the map (θ, x) → f(x; θ) of a copy of the model."""
    require_eval(model)
    if not len(batches):
        raise ValueError("batches must hold at least one pair (x, y), got none; try [(x, y)]")
    theta = flat_parameters(model, trainable=trainable)
    try:
        model = copy.deepcopy(model)
    except RuntimeError as error:
        raise ValueError(
            f"the model cannot be copied ({str(error)[:60]}…); hooks such as weight_norm's leave "
            "tensors that depend on others, so remove them first"
        ) from error
    model = model.double() if double else model
    parts = [p for p in model.parameters() if p.requires_grad or not trainable]
    model.requires_grad_(False)
    # A module that is used under two names has its place once, or one name would undo the other.
    places = {
        f"{prefix}.{name}".lstrip("."): [p is q for q in parts].index(True)
        for prefix, module in model.named_modules()
        for name, p in module.named_parameters(recurse=False)
        if any(p is q for q in parts)
    }

    def outputs(t: Tensor, x: Tensor) -> Tensor:
        cut = t.split([p.numel() for p in parts])
        named = {name: cut[i].view_as(parts[i]) for name, i in places.items()}
        with _differentiable():
            found: Tensor = functional_call(model, named, (x,), tie_weights=False)
        return found

    return theta.double() if double else theta, outputs


@contextmanager
def _differentiable() -> Iterator[None]:
    """Attention in the form that differentiates twice, encoder layers without their short cut."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def _sum(maps: list[Map], theta: Tensor) -> LinearOperator:
    @torch.no_grad()
    def apply(v: Tensor) -> Tensor:
        total = maps[0](v)
        for product in maps[1:]:
            total = total + product(v)
        return total

    made = LinearOperator(size=len(theta), apply=apply, dtype=theta.dtype, device=theta.device)
    require_symmetric_product(made.matvec, theta)
    return made
