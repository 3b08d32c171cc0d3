"""The operator norm of a layer, as the layer acts: a number with the right gradient."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import jvp, vjp

from ldyn.core import require_count, require_positive, stream
from ldyn.linalg.lanczos import extreme_eigenpairs
from ldyn.linalg.operators import LinearOperator


def operator_norm(
    layer: Callable[[Tensor], Tensor],
    like: Tensor,
    *,
    steps: int = 60,
    rounds: int = 50,
    tolerance: float = 1e-6,
) -> Tensor:
    """Return the largest singular value σ of the linear part A x = f(x) − f(0) of an affine map f.

    Lanczos on AᵀA, restarted until ‖AᵀA v − σ² v‖ ≤ tolerance · σ². Then σ = ⟨u, A v⟩ with u and v
    held fixed, so that its derivative by any weight in f is uᵀ(∂A) v, that of a singular value;
    a second derivative is not to be had. No matrix is formed, and padding, stride, dilation
    and groups of a convolution are those that f has.

    Arguments: `layer` f, (…) ↦ (m, …); `like` an input of the shape, dtype and device that f
    takes, such as (1, c, n, n) for a convolution; its values are not used. In float32 ask for 1e-4.
    Raises: ValueError for a map that is not affine or does not take `like`, an empty input, what is
    not finite, or no convergence.
    Source: lanczos1950, prop-convolution-norm and prop-circular-norm.
    """
    require_count(steps, "steps")
    require_count(rounds, "rounds")
    require_positive(tolerance, "tolerance")
    if not like.numel():
        raise ValueError("like must be non-empty, got no entries; try torch.zeros(1, c, n, n)")
    zero = torch.zeros_like(like)
    with torch.no_grad():
        try:
            value, pull = vjp(layer, zero)[:2]  # Aᵀ
        except RuntimeError as error:
            raise ValueError(f"the map does not take {tuple(like.shape)} of {like.dtype}: {error}; "
                             "give like the layer's shape and dtype") from error  # fmt: skip
        # A as a derivative: in f(v) − f(0) a large constant would leave its rounding.
        forward = lambda v: jvp(layer, (zero,), (v.view_as(like),))[1]  # noqa: E731
        normal = LinearOperator(
            size=like.numel(),
            apply=lambda v: pull(forward(v))[0].flatten(),
            dtype=like.dtype,
            device=like.device,
        )
        draws = torch.randn(2, like.numel(), generator=stream("operator norm"), dtype=torch.float64)
        v, w = draws.to(like)
        _require_affine(lambda x: layer(x.view_as(like)) - value, v, w, value)
        v = _top(normal, v / v.norm(), steps, rounds, tolerance)
        u = forward(v)
        u = u / u.norm().clamp(min=torch.finfo(u.dtype).tiny)
    return (u * forward(v)).sum()


def _require_affine(
    forward: Callable[[Tensor], Tensor], v: Tensor, w: Tensor, value: Tensor
) -> None:
    """Compare A(v − 2w) with Av − 2Aw: a ReLU, which doubles with its input, does not pass."""
    one, two, both = (forward(x) for x in (v, w, v - 2 * w))
    size = one.norm() + two.norm() + both.norm()
    if not size.isfinite():
        raise ValueError("the map is not finite at finite inputs; mend its weights first")
    rounding = 100 * torch.finfo(value.dtype).eps * value.norm()
    if (both - one + 2 * two).norm() > 1e-3 * size + rounding:
        raise ValueError("the map is not affine: A(v − 2w) is not Av − 2Aw with Ax = f(x) − f(0); "
                         "give one layer without its activation")  # fmt: skip


def _top(a: LinearOperator, v: Tensor, steps: int, rounds: int, tolerance: float) -> Tensor:
    """The eigenvector of the largest eigenvalue, by Lanczos restarted from the best so far."""
    for _ in range(rounds):
        found = extreme_eigenpairs(a, v, lowest=0, steps=steps, tolerance=tolerance)
        v = found.vectors[:, -1]
        if found.converged[-1]:
            return v
    raise ValueError(
        f"no singular vector within {tolerance:g} after {rounds} rounds of {steps} steps; "
        "allow more of them, or a larger tolerance"
    )
