"""Envelopes: what inf-convolution with a regulariser makes of a loss and of its critics."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive
from ldyn.gans.losses import Loss
from ldyn.gate import holds


def huber_critic(theta: Tensor, *, slope: float, weight: float) -> Tensor:
    """Return ψ* = min(max(2βθ, −α), α), the slope of the best critic x ↦ ψx of δ_θ against δ_0.

    It attains max ψθ − ψ²/4β over |ψ| ≤ α: βθ² for |θ| ≤ α/2β and α|θ| − α²/4β beyond.

    Arguments: `theta` any shape; `slope` α > 0, the Lipschitz constant; `weight` β > 0. One of
    them may be infinite: no constraint, or no penalty (then ψ* = α sign θ).
    Raises: ValueError for other constants, or a θ that is not floating or has NaN.
    Source: chu2020, prop-huber.
    """
    _require_huber("theta", theta, slope, weight)
    return _huber(theta, slope, weight)


def _huber(theta: Tensor, slope: float, weight: float) -> Tensor:
    if weight == math.inf:
        return slope * theta.sign()
    return (2 * weight * theta).clamp(-slope, slope)


def huber_descent(start: Tensor, *, step: float, steps: int, slope: float, weight: float) -> Tensor:
    """Return the path of θ ← θ − γψ*(θ), (steps + 1, …), the start first.

    Arguments: `start` any shape; `step` γ > 0; `slope` α and `weight` β as in `huber_critic`, one
    of them perhaps infinite.
    Raises: ValueError for a step or constants that are not > 0, a count below one, or bad starts.
    Source: chu2020, prop-huber.
    """
    _require_huber("start", start, slope, weight)
    require_positive(step, "step")
    require_count(steps, "steps")
    path = [start]
    for _ in range(steps):
        path.append(path[-1] - step * _huber(path[-1], slope, weight))
    return torch.stack(path)


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """A Moreau envelope at one measure on m points.

    Fields: `value` of the envelope; `critic` (m,) λK(μ − ν*), sharing no constant with the loss's
    own; `inner` ν* (m,), where the infimum is attained; `gap` ≥ 0, a bound on the error of
    `value` by the inequality of Fenchel and Young; infinite where the bound says nothing.
    Source: moreau1965, lem-fenchel-young.
    """

    value: Tensor
    critic: Tensor
    inner: Tensor
    gap: Tensor


def moreau_envelope(
    loss: Loss, mu: Tensor, data: Tensor, *, gram: Tensor, weight: float, steps: int = 4000
) -> Envelope:
    """Return inf_ν J(ν) + ½λ⟨μ − ν, K(μ − ν)⟩ over probabilities ν on m points, and its critic.

    Multiplicative steps ν ← ν exp(−(Φ_ν − λK(μ − ν))/(1 + λ)), normalised: mirror descent, with
    a step that is safe for losses whose second derivative is at most 1/ν and |K| ≤ 1.

    Arguments: `loss` one of `LOSSES` but the hinge, which has a jump; `mu`, `data` probability
    weights (m,) > 0; `gram` K (m, m), symmetric; `weight` λ > 0.
    Raises: ValueError for weights that are no probabilities, a Gram matrix that is not symmetric or
    has entries beyond 1, or a λ that is not > 0.
    Source: chu2020, thm-envelope and lem-infimal-critics.
    """
    require_positive(weight, "weight")
    require_count(steps, "steps")
    for name, w in (("mu", mu), ("data", data)):
        if not holds((w > 0) & ((w.sum() - 1).abs() <= 1e-6)):
            raise ValueError(f"{name} must be weights > 0 of sum 1; try {name} / {name}.sum()")
    if not holds(gram.abs() <= 1):
        raise ValueError(
            f"gram must have entries up to 1, got one up to {gram.abs().max():g}; "
            "try gram / gram.max() and weight * gram.max()"
        )
    log_nu = mu.log()
    for _ in range(steps):
        nu = log_nu.exp()
        slope = loss.critic(nu, data) - weight * gram @ (mu - nu)
        log_nu = torch.log_softmax(log_nu - slope / (1 + weight), 0)
    nu = log_nu.exp()
    critic = weight * gram @ (mu - nu)
    quadratic = critic @ (mu - nu) / 2
    own = loss.critic(nu, data)
    shifted = critic + (own - critic) @ nu  # the constant of a critic is free on probabilities
    gap = loss.value(nu, data) + loss.conjugate(shifted, data) - shifted @ nu
    return Envelope(value=loss.value(nu, data) + quadratic, critic=critic, inner=nu, gap=gap)


def penalty_series(points: Tensor, weights: Tensor, *, bandwidth: float, terms: int) -> Tensor:
    """Return the first terms of ‖f‖²_H as a series of gradient penalties, f = Σ_i c_i k(·, x_i).

    Term j = (2πσ²)^(−d/2) σ^{2j}/(2^j j!) ‖∇^j f‖²_{L²}
           = Σ_il c_i c_l 2^(−d/2−j) e^(−r/2) L_j^{(d/2−1)}(r/2),  r = ‖x_i − x_l‖²/2σ²,
    with Laguerre polynomials; all terms are ≥ 0 and their sum is Σ_il c_i c_l k(x_i, x_l). Pairs
    with r > 300 are left out: |e^(−r/2) L_j(r/2)| is of the order e^(−r/4).

    Arguments: `points` x (n, d); `weights` c (n,); `bandwidth` σ of the Gaussian kernel.
    Raises: ValueError for a bandwidth that is not > 0, or a number of terms below one.
    Source: chu2020, prop-penalty-series.
    """
    require_positive(bandwidth, "bandwidth")
    require_count(terms, "terms")
    dim = points.shape[1]
    half = (points[:, None] - points).square().sum(-1) / (4 * bandwidth**2)
    order, before, now = dim / 2 - 1, torch.zeros_like(half), torch.ones_like(half)
    found = []
    for j in range(terms):
        term = torch.where(half < 150, (-half).exp() * now, 0)  # far away now overflows
        found.append(2.0 ** (-dim / 2 - j) * weights @ term @ weights)
        after = ((2 * j + 1 + order - half) * now - (j + order) * before) / (j + 1)
        before, now = now, after
    return torch.stack(found)


def _require_huber(name: str, theta: Tensor, slope: float, weight: float) -> None:
    if not holds(~theta.isnan()):
        raise ValueError(f"{name} must be without NaN, got some; mend it first")
    if not (slope > 0 and weight > 0 and min(slope, weight) < math.inf):
        raise ValueError(
            f"slope and weight must be > 0 and one of them finite, got {slope} and {weight}; "
            "try slope=1.0, weight=1.0"
        )
