"""Entropic transport: the critics of Sinkhorn's loss, plain and debiased."""

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive


def sinkhorn_slope(
    x: Tensor, mu: tuple[Tensor, Tensor], data: tuple[Tensor, Tensor], *,
    regularisation: float, debiased: bool = False, iterations: int = 200,
) -> Tensor:  # fmt: skip
    """Return ∇Φ_μ(x) of Sinkhorn's loss with cost ½‖x − y‖², (…, q, d).

    J(μ) = min_P ∫½‖x − y‖²dP + ε KL(P‖μ⊗μ_0), of which Φ_μ = f is the potential, and
    ∇f(x) = x − Σ_j π_j(x) y_j,  π(x) = softmax_j(log b_j + (g_j − ½‖x − y_j‖²)/ε).
    Debiased, J − ½J(μ, μ) − ½J(μ_0, μ_0): the potential of μ against itself is subtracted.

    Arguments: `x` (…, q, d); `mu` and `data`: points (…, n, d) with log-weights (…, n), −∞ for
    none, of one dtype and device, leading axes being a batch; `regularisation` ε; `iterations` of
    Sinkhorn, each of which reduces the error by at least tanh²(D²/4ε), D the points' diameter.
    Raises: ValueError for an ε that is not > 0, a count below one, points that are not finite or of
    another dimension or dtype, log-weights that do not match or are no probabilities, or potentials
    that still move by more than 1e-5 ε after the iterations: marginals are right to that.
    Source: peyre2019, prop-sinkhorn-sensitivity.
    """
    require_positive(regularisation, "regularisation")
    require_count(iterations, "iterations")
    (a, log_a), (b, log_b) = mu, data
    _require_cloud("mu", a, log_a, x)
    _require_cloud("data", b, log_b, x)
    cost, g = _cost(a, b), torch.zeros_like(log_b)
    for _ in range(iterations):
        f = _soft(g, log_b, cost, regularisation)
        g = _soft(f, log_a, cost.mT, regularisation)
    _require_rest(f, _soft(g, log_b, cost, regularisation), regularisation, iterations)
    slope = x - _mean(x, b, log_b, g, regularisation)
    if not debiased:
        return slope
    cost, f = _cost(a, a), torch.zeros_like(log_a)
    for _ in range(iterations):
        f = (f + _soft(f, log_a, cost, regularisation)) / 2
    _require_rest(f, _soft(f, log_a, cost, regularisation), regularisation, iterations)
    return slope - x + _mean(x, a, log_a, f, regularisation)


def _cost(x: Tensor, y: Tensor) -> Tensor:
    return (x[..., :, None, :] - y[..., None, :, :]).square().sum(-1) / 2


def _soft(g: Tensor, log_b: Tensor, cost: Tensor, eps: float) -> Tensor:
    """−ε log Σ_j b_j exp((g_j − c_ij)/ε)."""
    return -eps * torch.logsumexp(log_b[..., None, :] + (g[..., None, :] - cost) / eps, -1)


def _mean(x: Tensor, y: Tensor, log_b: Tensor, g: Tensor, eps: float) -> Tensor:
    """The mean of y under π(x), (…, q, d)."""
    weight = torch.softmax(log_b[..., None, :] + (g[..., None, :] - _cost(x, y)) / eps, -1)
    return weight @ y


def _require_rest(f: Tensor, again: Tensor, eps: float, iterations: int) -> None:
    if not (moved := ((again - f).abs().max() / eps).item()) <= 1e-5:
        raise ValueError(
            f"regularisation must be larger for {iterations} iterations, got {eps:g}, of which a "
            f"potential still moves by {moved:.1e}; allow more iterations, or try double precision"
        )


def _require_cloud(name: str, points: Tensor, log: Tensor, x: Tensor) -> None:
    if not (x.isfinite().all() and points.isfinite().all()):
        raise ValueError(f"x and points of {name} must be finite, got NaN or infinity; mend them")
    if points.ndim < 2 or x.shape[-1] != points.shape[-1] or 0 in points.shape:
        raise ValueError(
            f"x and {name} must be (…, q, d) and (…, n, d) with one d, got {tuple(x.shape)} and "
            f"{tuple(points.shape)}; for the line try [:, None]"
        )
    if len({(t.dtype, t.device) for t in (x, points, log)}) > 1 or log.shape != points.shape[:-1]:
        raise ValueError(
            f"log-weights of {name} must be {tuple(points.shape[:-1])}, one a point, and of the "
            f"dtype and device of x, got {tuple(log.shape)}, {log.dtype}; try .to(x)"
        )
    if not (torch.logsumexp(log, -1).abs() < 1e-5).all():
        raise ValueError(f"weights of {name} must sum to 1; try torch.log_softmax(log_weights, -1)")
