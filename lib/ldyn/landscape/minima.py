"""Minima of many small least-squares problems at once: Levenberg–Marquardt, then Newton."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import grad, hessian, jacfwd, jacrev, vmap

from ldyn.core import few_threads, require_count, require_positive

Linearise = Callable[..., tuple[Tensor, Tensor]]


@dataclass(frozen=True, kw_only=True)
class Minima:
    """Where k descents ended.

    Fields: `theta` (k, p); `loss` (k,); `gradient` (k,) the largest entry of |∇L| there;
    `converged` (k,) whether that is within the tolerance; `steps` (k,) how many were tried.
    """

    theta: Tensor
    loss: Tensor
    gradient: Tensor
    converged: Tensor
    steps: Tensor


def levenberg_marquardt(
    residuals: Callable[..., Tensor],
    start: Tensor,
    data: Sequence[Tensor] = (),
    *,
    jacobian: Callable[..., Tensor] | None = None,
    steps: int = 300,
    tolerance: float = 1e-6,
) -> Minima:
    """Minimise L_j(θ) = ½ ‖r(θ, data_j)‖² for k problems of one shape in one computation.

    A step solves (JᵀJ + μ I) s = −Jᵀr; it is taken if L falls, and μ follows how well the model
    foretold by how much. A member that is done, or stuck, leaves the others as they are.

    Arguments: `residuals` of one member, (p,), *data_j ↦ (m,); `start` (k, p), float64 for tight
    tolerances; `data` tensors with a leading axis k; `jacobian` of all members at once, (k, p),
    *data ↦ (k, m, p), where a formula is known, which is much faster than differentiating;
    `tolerance` for the largest entry of |∇L|.
    Raises: ValueError for a start that is not (k, p), data of another length, or bad choices.
    Source: nielsen1999, page-lambda-line.
    """
    require_count(steps, "steps")
    require_positive(tolerance, "tolerance")
    require_stack(start, data)
    with few_threads(gram_work(start, data)):
        return _descend(_linearise(residuals, jacobian, start, data), start, data, steps, tolerance)


def require_stack(start: Tensor, data: Sequence[Tensor]) -> None:
    """Raise the ValueError of `data` that do not have the leading axis of `start` (k, p)."""
    if any(d.ndim < 1 or len(d) != len(start) for d in data):
        raise ValueError(
            f"expected start (k, p) and data with k first, got {tuple(start.shape)} and "
            f"{[tuple(d.shape) for d in data]}; for one problem use start[None], data[None]"
        )


def gram_work(start: Tensor, data: Sequence[Tensor]) -> int:
    """Return about how many multiplications k matrices (p, p) of second derivatives take."""
    return start.shape[1] ** 2 * (start.numel() + sum(d.numel() for d in data))


def _descend(
    linearise: Linearise, start: Tensor, data: Sequence[Tensor], steps: int, tolerance: float
) -> Minima:
    r, slopes = linearise(start, *data)
    damping = 1e-3 * slopes.square().sum(1).amax(1).clamp(min=1e-12)
    state = [start.clone(), r, slopes, damping, torch.full_like(damping, 2.0)]
    live = torch.arange(len(start), device=start.device)
    theta, loss = start.clone(), r.square().sum(1) / 2
    gradient, taken = loss.clone(), torch.zeros_like(live)
    for step in range(steps + 1):
        now, r, slopes, damping, _ = state
        slope = (slopes.mT @ r[..., None])[..., 0]
        theta[live], loss[live] = now, r.square().sum(1) / 2
        gradient[live], taken[live] = slope.abs().amax(1), step
        # Where no step helps any more, rounding has the last word.
        going = (gradient[live] > tolerance) & (damping < 1e18)
        if step == steps or not going.any():
            break
        live, slope = live[going], slope[going]
        state, data = [t[going] for t in state], [t[going] for t in data]
        state = _step(linearise, state, slope, data)
    return Minima(
        theta=theta, loss=loss, gradient=gradient, converged=gradient <= tolerance, steps=taken
    )


def _linearise(
    residuals: Callable[..., Tensor],
    jacobian: Callable[..., Tensor] | None,
    start: Tensor,
    data: Sequence[Tensor],
) -> Linearise:
    if jacobian is not None:
        values, known = vmap(residuals), jacobian
        return lambda theta, *rest: (values(theta, *rest), known(theta, *rest))

    def twice(theta: Tensor, *rest: Tensor) -> tuple[Tensor, Tensor]:
        r = residuals(theta, *rest)
        return r, r

    count = residuals(start[0], *(d[0] for d in data)).numel()
    derivative = jacfwd if start.shape[1] <= count else jacrev
    both = vmap(derivative(twice, has_aux=True))

    def linearise(theta: Tensor, *rest: Tensor) -> tuple[Tensor, Tensor]:
        jacobian, r = both(theta, *rest)
        return r.detach(), jacobian.detach()

    return linearise


def _step(
    linearise: Linearise, state: list[Tensor], slope: Tensor, data: Sequence[Tensor]
) -> list[Tensor]:
    now, r, jacobian, damping, growth = state
    move = _solve(jacobian, r, slope, damping)
    # A step that cannot be computed is none, and is not asked for its residuals.
    move = torch.where(move.isfinite().all(1, keepdim=True), move, 0.0)
    fresh, fresh_jacobian = linearise(now + move, *data)
    fall = (r.square().sum(1) - fresh.square().sum(1)) / 2
    foretold = (move * (damping[:, None] * move - slope)).sum(1) / 2
    gain = fall / foretold
    better = (fall > 0) & gain.isfinite() & fresh_jacobian.isfinite().flatten(1).all(1)
    shrink = (1 - (2 * gain - 1) ** 3).clamp(1 / 3, 1.0)
    return [
        torch.where(better[:, None], now + move, now),
        torch.where(better[:, None], fresh, r),
        torch.where(better[:, None, None], fresh_jacobian, jacobian),
        damping * torch.where(better, shrink, growth),
        torch.where(better, 2.0, 2 * growth),
    ]


def _solve(jacobian: Tensor, r: Tensor, slope: Tensor, damping: Tensor) -> Tensor:
    m, p = jacobian.shape[1:]
    gram = jacobian.mT @ jacobian if p <= m else jacobian @ jacobian.mT
    gram.diagonal(dim1=1, dim2=2).add_(damping[:, None])
    factor, _ = torch.linalg.cholesky_ex(gram)
    right = (slope if p <= m else r)[..., None]
    solved = torch.cholesky_solve(right, factor)
    return -(solved if p <= m else jacobian.mT @ solved)[..., 0]


def newton(
    loss: Callable[..., Tensor], start: Tensor, data: Sequence[Tensor] = (), *, steps: int = 8
) -> Tensor:
    """Return k points (k, p) after Newton steps θ − H⁺∇L, taken while they shrink ‖∇L‖.

    Polishes stationary points to rounding; the pseudo-inverse leaves flat directions alone.

    Arguments: `loss` of one member, (p,), *data_j ↦ (); `start` (k, p) near the points.
    Raises: ValueError for fewer than one step.
    Source: fukumizu2000, page-lambda-line.
    """
    require_count(steps, "steps")
    require_stack(start, data)
    slope, curvature = vmap(grad(loss)), vmap(hessian(loss))
    theta, rounding = start, max(1e-12, start.shape[1] * torch.finfo(start.dtype).eps)
    with few_threads(gram_work(start, data)):
        for _ in range(steps):
            g = slope(theta, *data)
            inverse = torch.linalg.pinv(curvature(theta, *data), hermitian=True, rtol=rounding)
            trial = theta - (inverse @ g[..., None])[..., 0]
            better = slope(trial, *data).norm(dim=1) < g.norm(dim=1)
            theta = torch.where(better[:, None], trial, theta)
    return theta


def gradient_descent(
    loss: Callable[..., Tensor],
    start: Tensor,
    data: Sequence[Tensor] = (),
    *,
    rate: float,
    steps: int,
    looks: int = 100,
) -> Tensor:
    """Return what θ ← θ − rate · ∇L(θ) visits from k starts, (looks + 1, k, p), start and end in.

    Arguments: `loss` of one member, (p,), *data_j ↦ (); `start` (k, p); `steps` a multiple of
    `looks`.
    Raises: ValueError for a rate that is not positive, or steps that are not a multiple of looks.
    Source: fukumizu2000, page-lambda-line.
    """
    require_positive(rate, "rate")
    if require_count(steps, "steps") % require_count(looks, "looks"):
        raise ValueError(f"steps must be a multiple of looks, got {steps} and {looks}; try 100")
    require_stack(start, data)
    slope = vmap(grad(loss))
    theta, path = start, [start]
    with few_threads(gram_work(start, data) / max(start.shape[1], 1)):
        for _ in range(looks):
            for _ in range(steps // looks):
                theta = theta - rate * slope(theta, *data)
            path.append(theta)
    return torch.stack(path)
