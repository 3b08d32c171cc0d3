"""Gradient flow dθ/dt = −∇L(θ) of many small problems at once, over long times."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import grad, jacfwd, vmap

from ldyn.core import few_threads, require_count, require_positive
from ldyn.landscape.minima import gram_work, require_stack

Derivatives = Callable[..., tuple[Tensor, Tensor]]


@dataclass(frozen=True, kw_only=True)
class Flow:
    """What k gradient flows passed through.

    Fields: `theta` (T, k, p) at the times asked for; `gradient` (k,) the norm of ∇L at the end;
    `steps` how many steps the slowest member took; `arrived` (k,) whether it reached the last time.
    """

    theta: Tensor
    gradient: Tensor
    steps: int
    arrived: Tensor


def gradient_flow(
    loss: Callable[..., Tensor],
    start: Tensor,
    data: Sequence[Tensor] = (),
    *,
    times: Sequence[float],
    tolerance: float = 1e-3,
    most_steps: int = 20_000,
) -> Flow:
    """Return where dθ/dt = −∇L_j(θ) takes k starts, each with step sizes of its own.

    A step is θ − h (I + h∇²L)⁻¹∇L, once with h and as two halves; their difference is the error
    that is held below `tolerance` · (|θ_i| + 0.01 max |θ| + 10⁻⁴), and their extrapolation is
    taken unless L would grow. Stiff directions cost nothing: times of 10⁸ take some hundred steps.

    Arguments: `loss` of one member, (p,), *data_j ↦ (); `start` (k, p) in float64; `data` tensors
    with k first; `times` increasing, in units of 1 / (curvature of L).
    Raises: ValueError for times that do not increase from zero, or a bad tolerance.
    Source: tsutsui2020, page-channels.
    """
    require_positive(tolerance, "tolerance")
    require_count(most_steps, "most_steps")
    require_stack(start, data)
    stops = torch.tensor([0.0, *times], dtype=start.dtype, device=start.device)
    if len(stops) < 2 or (stops.diff() <= 0).any():
        raise ValueError(f"times must increase from zero, got {list(times)}; try (1.0, 10.0)")
    with few_threads(gram_work(start, data)):
        return _follow(loss, start, data, stops, tolerance, most_steps)


def _follow(
    loss: Callable[..., Tensor],
    start: Tensor,
    data: Sequence[Tensor],
    stops: Tensor,
    tolerance: float,
    most_steps: int,
) -> Flow:
    def slope(theta: Tensor, *rest: Tensor) -> tuple[Tensor, Tensor]:
        g = grad(loss)(theta, *rest)
        return g, g

    derivatives, height = vmap(jacfwd(slope, has_aux=True)), vmap(loss)
    slack = 1e-12 * height(start, *data).abs()
    theta, size = start.clone(), torch.full_like(start[:, 0], 1e-3)
    now, goal = torch.zeros_like(size), torch.ones_like(size, dtype=torch.long)
    path, steps = start.expand(len(stops) - 1, -1, -1).clone(), 0
    while steps < most_steps and (live := (goal < len(stops)).nonzero()[:, 0]).numel():
        h = torch.minimum(size[live], stops[goal[live]] - now[live])
        here = [d[live] for d in data]
        trial, error = _try(derivatives, theta[live], h, here, tolerance)
        now_high, then_high = height(theta[live], *here), height(trial, *here)
        good = (error < 1) & (then_high <= now_high + slack[live])
        theta[live] = torch.where(good[:, None], trial, theta[live])
        now[live] += good * h
        factor = torch.where(good, (0.9 * error.clamp(min=1e-6).rsqrt()).clamp(0.2, 5.0), 0.2)
        # A step cut short to end at a time that was asked for says little about the next one.
        size[live] = torch.where(good, torch.maximum(h * factor, 0.2 * size[live]), h * factor)
        done = now[live] >= stops[goal[live]] * (1 - 1e-12)
        path[goal[live][done] - 1, live[done]] = theta[live][done]
        goal[live[done]] += 1
        steps += 1
    gradient = vmap(grad(loss))(theta, *data).norm(dim=1)
    return Flow(theta=path, gradient=gradient, steps=steps, arrived=goal == len(stops))


def _try(
    derivatives: Derivatives, theta: Tensor, h: Tensor, data: list[Tensor], tolerance: float
) -> tuple[Tensor, Tensor]:
    eye = torch.eye(theta.shape[1], dtype=theta.dtype, device=theta.device)

    def step(at: Tensor, curvature: Tensor, g: Tensor, h: Tensor) -> Tensor:
        move, _ = torch.linalg.solve_ex(eye + h[:, None, None] * curvature, g)
        return at - h[:, None] * move

    curvature, g = derivatives(theta, *data)
    whole, half = step(theta, curvature, g, h), step(theta, curvature, g, h / 2)
    twice = step(half, *derivatives(half, *data), h / 2)
    scale = theta.abs() + 0.01 * theta.abs().amax(1, keepdim=True) + 1e-4
    gap = ((twice - whole).abs() / (tolerance * scale)).amax(1)
    return 2 * twice - whole, torch.where(gap.isfinite(), gap, 1e6)
