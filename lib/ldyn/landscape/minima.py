"""Minima of many small least-squares problems at once: Levenberg–Marquardt, then Newton."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import grad, hessian, jacfwd, jacrev, vmap

from ldyn.core import few_threads, require_count, require_positive

Linearise = Callable[..., tuple[Tensor, Tensor]]
Model = Callable[..., list[Tensor]]


@dataclass(frozen=True, kw_only=True)
class Minima:
    """Where k descents ended; one that cannot be computed, at NaN.

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
    linearise: Linearise | None = None,
    steps: int = 300,
    tolerance: float = 1e-6,
) -> Minima:
    """Minimise L_j(θ) = ½ ‖r(θ, data_j)‖² for k problems of one shape in one computation.

    A step solves (JᵀJ + μ I) s = −Jᵀr; it is taken if L falls, and μ follows how well the model
    foretold by how much. A member that is done, or stuck, leaves the others as they are.

    Arguments: `residuals` of one member, (p,), *data_j ↦ (m,); `start` (k, p), float64 for tight
    tolerances; `data` tensors with a leading axis k; `linearise`, where a formula is known, of all
    members at once, (k, p), *data ↦ residuals (k, m) and their derivative (k, m, p), such as
    `UnitNet.linearise`: several times faster than differentiating; `tolerance` for the largest
    entry of |∇L|.
    Raises: ValueError for a start that is not (k, p), data of another length, or bad choices.
    Source: nielsen1999, page-lambda-line.
    """
    require_count(steps, "steps")
    require_positive(tolerance, "tolerance")
    require_stack(start, data)
    with few_threads(gram_work(start, data)):
        model = _model(linearise or _differentiated(residuals, start, data))
        return _descend(model, start, data, steps, tolerance)


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


def _model(linearise: Linearise) -> Model:
    """L, ∇L and what solves (JᵀJ + μ I) s = −∇L: JᵀJ, or J and r where J has fewer rows."""

    def model(theta: Tensor, *data: Tensor) -> list[Tensor]:
        r, jacobian = linearise(theta, *data)
        slope = (jacobian.mT @ r[..., None])[..., 0]
        tall = jacobian.shape[1] >= jacobian.shape[2]
        return [
            r.square().sum(1) / 2,
            slope,
            *([jacobian.mT @ jacobian] if tall else [jacobian, r]),
        ]

    return model


def _descend(
    model: Model, start: Tensor, data: Sequence[Tensor], steps: int, tolerance: float
) -> Minima:
    loss, slope, *system = model(start, *data)
    largest = system[0].square().sum(1) if len(system) == 2 else system[0].diagonal(dim1=1, dim2=2)
    damping = 1e-3 * largest.amax(1).clamp(min=1e-12)
    state = [damping, torch.full_like(damping, 2.0), start, loss, slope, *system]
    live = torch.arange(len(start), device=start.device)
    end = [start.clone(), loss.clone(), loss.clone(), torch.zeros_like(live)]
    for step in range(steps + 1):
        damping, _, now, loss, slope, *_ = state
        steep = slope.abs().amax(1)
        # Where no step helps any more, rounding has the last word.
        going = (steep > tolerance) & (damping < 1e18) & (step < steps)
        if not going.all():
            for kept, value in zip(
                end, (now, loss, steep, torch.full_like(live, step)), strict=True
            ):
                kept[live] = value
            if not going.any():
                break
            live = live[going]
            state, data = [t[going] for t in state], [t[going] for t in data]
        state = _step(model, state, data)
    theta, loss, gradient, taken = end
    return Minima(
        theta=theta, loss=loss, gradient=gradient, converged=gradient <= tolerance, steps=taken
    )


def _differentiated(
    residuals: Callable[..., Tensor], start: Tensor, data: Sequence[Tensor]
) -> Linearise:
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


def _step(model: Model, state: list[Tensor], data: Sequence[Tensor]) -> list[Tensor]:
    damping, growth, now, loss, slope, *system = state
    move = _solve(slope, damping, system)
    # A step that cannot be computed is none, and is not asked for its residuals.
    move = torch.where(move.isfinite().all(1, keepdim=True), move, 0.0)
    fresh = [now + move, *model(now + move, *data)]
    foretold = (move * (damping[:, None] * move - slope)).sum(1) / 2
    gain = (loss - fresh[1]) / foretold
    better = (fresh[1] < loss) & gain.isfinite() & fresh[2].isfinite().all(1)
    shrink = (1 - (2 * gain - 1) ** 3).clamp(1 / 3, 1.0)
    return [
        damping * torch.where(better, shrink, growth),
        torch.where(better, 2.0, 2 * growth),
        *(
            torch.where(better.view(-1, *[1] * (old.ndim - 1)), new, old)
            for new, old in zip(fresh, state[2:], strict=True)
        ),
    ]


def _solve(slope: Tensor, damping: Tensor, system: list[Tensor]) -> Tensor:
    jacobian, right = system if len(system) == 2 else (None, slope)
    gram = system[0].clone() if jacobian is None else jacobian @ jacobian.mT
    gram.diagonal(dim1=1, dim2=2).add_(damping[:, None])
    factor, _ = torch.linalg.cholesky_ex(gram)
    solved = torch.cholesky_solve(right[..., None], factor)
    return -(solved if jacobian is None else jacobian.mT @ solved)[..., 0]


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
