"""Location and scale: y = f(x) + σ(x) e, fitted by a convex programme in natural parameters."""

import torch
from torch import Tensor

from ldyn.causal.columns import Column, at_most, require_columns, standardised
from ldyn.causal.regression import RIDGE, dependence, spline_basis
from ldyn.core import require_choice

CRITERIA = ("likelihood", "hsic")


def loci(x: Column, y: Column, *, criterion: str = "likelihood") -> float:
    """Return the score of the location–scale noise model: positive if x causes y.

    c(y → x) − c(x → y) after both columns were standardised; c is the mean negative
    log-likelihood of the fit ("likelihood"), or the HSIC of the input and the residual
    (y − f(x))/σ(x) ("hsic"). Of more than 2,000 rows, 2,000 at random are used.

    Arguments: `x`, `y` (n,); `criterion` "likelihood" or "hsic".
    Raises: ValueError for bad columns or an unknown criterion.
    Source: immer2023, prop-lsnm.
    """
    require_choice(criterion, CRITERIA, "criterion")
    a, b = (standardised(c) for c in at_most(2000, *require_columns(x, y)))
    return _cost(b, a, criterion) - _cost(a, b, criterion)


def location_scale_fit(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return η = f/σ² and a = 1/(2σ²) at points `x` (n,) with values `y` (n,): the likeliest fit.

    With η = Bw, a = Bv, B the splines of `spline_basis`, the minimum over w and v ≥ 0 of
    Σ_i (a_i y_i² − y_i η_i + η_i²/(4a_i) − ½ log 2a_i) + ½δ(‖w‖² + ‖v‖²), δ = 10⁻⁵,
    which is convex in (w, v); by Newton's method with a barrier −t Σ log v_k, t from 10⁻² to
    10⁻⁶.

    Raises: ValueError for an x that is constant.

    Source: immer2023, prop-lsnm.
    """
    basis = spline_basis(x)
    k = basis.shape[1]
    point = torch.cat([basis.new_zeros(k), basis.new_full((k,), 0.5)])
    for barrier in (1e-2, 1e-4, 1e-6):
        for _ in range(50):
            slope, curvature = _derivatives(point, basis, y, barrier)
            step = -torch.linalg.solve(curvature, slope)
            decrement = -(slope @ step).item()
            if decrement < 1e-9:
                break
            point = _descend(point, step, decrement, basis, y, barrier)
    return basis @ point[:k], basis @ point[k:]


def _objective(point: Tensor, basis: Tensor, y: Tensor, barrier: float) -> float:
    w, v = point.chunk(2)
    eta, a = basis @ w, basis @ v
    fit = a * y.square() - y * eta + eta.square() / (4 * a) - torch.log(2 * a) / 2
    return (fit.sum() + RIDGE / 2 * (point @ point) - barrier * torch.log(v).sum()).item()


def _derivatives(point: Tensor, basis: Tensor, y: Tensor, barrier: float) -> tuple[Tensor, Tensor]:
    """The gradient and the Hessian of the objective in (w, v)."""
    w, v = point.chunk(2)
    eta, a = basis @ w, basis @ v
    mean = eta / (2 * a)
    slope_w = basis.T @ (mean - y) + RIDGE * w
    slope_v = basis.T @ (y.square() - mean.square() - 1 / (2 * a)) + RIDGE * v - barrier / v
    ww, wv, vv = 1 / (2 * a), -mean / a, (0.5 + 2 * a * mean.square()) / a.square()
    left = torch.stack([basis * s[:, None] for s in (ww, wv, vv)])
    top, mixed, bottom = basis.T @ left
    curvature = torch.cat([torch.cat([top, mixed], 1), torch.cat([mixed, bottom], 1)])
    curvature.diagonal().add_(RIDGE)
    curvature.diagonal()[len(v) :].add_(barrier / v.square())
    return torch.cat([slope_w, slope_v]), curvature


def _descend(
    point: Tensor, step: Tensor, decrement: float, basis: Tensor, y: Tensor, barrier: float
) -> Tensor:
    """The step, shortened until v stays positive and the objective falls by its tenth."""
    k = len(point) // 2
    length = min(1.0, 0.95 / max((-step[k:] / point[k:]).max().item(), 1e-12))
    before = _objective(point, basis, y, barrier)
    while length > 1e-8:
        after = _objective(point + length * step, basis, y, barrier)
        if after <= before - 0.1 * length * decrement:
            break
        length /= 2
    return point + length * step


def _cost(x: Tensor, y: Tensor, criterion: str) -> float:
    eta, a = location_scale_fit(x, y)
    residual = (y - eta / (2 * a)) * (2 * a).sqrt()
    if criterion == "hsic":
        return dependence(x, residual)
    return (residual.square() - torch.log(2 * a)).mean().item() / 2
