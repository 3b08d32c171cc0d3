"""What a copy of a tanh unit costs in a bound, when the weights of both copies are free."""

import math

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive


def copy_exponent(inputs: int, outputs: int, *, fixed: bool = False) -> tuple[float, int]:
    """Return (e, k): the price of a copy is e ln u − k ln ln u up to a constant, at the rate u.

    With q = M − 1, or q = M if the copies' common weights are `fixed`, e is D/2 for D ≤ q and
    (D + q)/4 for D > q, and k is 1 for D = q alone.
    Raises: ValueError for counts below one.
    Source: watanabe2009, thm-copy-price, prop-cost-copies, cor-copy-or-new.
    """
    d, q = require_count(inputs, "inputs"), require_count(outputs, "outputs") - (not fixed)
    return (d / 2 if d <= q else (d + q) / 4), int(d == q)


def copy_price(
    rates: Tensor,
    v: Tensor,
    w: Tensor,
    x: Tensor,
    *,
    shares: tuple[float, float] = (0.0, 1.0),
    reach: float = 1.0,
    prior_scale: float = 2.0,
    clip: float = 4.0,
    draws: int = 2**14,
    seed: int = 0,
) -> Tensor:
    """Return −ln ∫ exp(−u L) dP over two tanh units, less that over one, at the rates u (r,).

    L is the mean of ‖f − v tanh(wᵀx)‖²/B, P = N(0, τ² I). The two have v_0 = λa + δ, v_1 =
    (1 − λ)a − δ, δ ⟂ v, w_0 − w_1 = η and λw_0 + (1 − λ)w_1 = b, with λ in `shares` and
    |δ|, |η| ≤ `reach`; a and b are integrated by Laplace's method, the rest by quasi-random points.

    Arguments: `rates` u (r,); `v` (M,), `w` (D,), `x` (n, D); `prior_scale` τ; `clip` B;
    `seed` of the points.
    Raises: ValueError for numbers out of range, or shares that do not increase.
    Source: watanabe2009, thm-copy-price.
    """
    for name, value in (("reach", reach), ("prior_scale", prior_scale), ("clip", clip)):
        require_positive(value, name)
    if not shares[0] < shares[1] or (rates <= 0).any():
        raise ValueError(
            f"shares must increase and rates be > 0, got {shares} and {rates}; try (0.0, 1.0)"
        )
    outputs, inputs = len(v), len(w)
    engine = torch.quasirandom.SobolEngine(2 + inputs + outputs, scramble=True, seed=seed)
    uniform = engine.draw(require_count(draws, "draws"), dtype=torch.float64).to(v)
    uniform = uniform.clamp(1e-12, 1 - 1e-12)
    share = shares[0] + (shares[1] - shares[0]) * uniform[:, :1]
    eta, volume = _spread(uniform[:, 1 : 2 + inputs], reach)
    delta = torch.zeros_like(eta[:, :1]).expand(-1, outputs)
    if outputs > 1:
        free, more = _spread(uniform[:, 2 + inputs :], reach)
        delta, volume = free @ torch.linalg.svd(v[None])[2][1:], volume + more
    volume = volume + math.log(shares[1] - shares[0]) + v.norm().log()
    left, logdet, a, b = _common_weights(v, w, x, share, delta, eta)
    ends = (share * a + delta, (1 - share) * a - delta, b + (1 - share) * eta, b - share * eta)
    square = sum(z.square().sum(1) for z in ends) - v.square().sum() - w.square().sum()
    prior = -square / (2 * prior_scale**2)
    prior = prior - (inputs + outputs) / 2 * math.log(2 * math.pi * prior_scale**2)
    alone = _common_weights(v, w, x, 0 * share[:1], 0 * delta[:1], 0 * eta[:1])[1]
    weight = volume + prior - (logdet - alone) / 2
    return math.log(draws) - torch.logsumexp(weight - rates[:, None] * left / clip, 1)


def _spread(uniform: Tensor, reach: float, span: float = 11.5) -> tuple[Tensor, Tensor]:
    """Points (n, d), even in direction and in ln of the length, and minus the ln of their density.

    Arguments: `uniform` (n, d + 1); lengths are from e^−`span` times `reach` to `reach`.
    """
    radius, normal = reach * (span * (uniform[:, 0] - 1)).exp(), torch.special.ndtri(uniform[:, 1:])
    half = normal.shape[1] / 2
    area = math.log(2 * span) + half * math.log(math.pi) - math.lgamma(half)
    ray = normal / normal.norm(dim=1, keepdim=True)
    return radius[:, None] * ray, area + 2 * half * radius.log()


def _common_weights(
    v: Tensor, w: Tensor, x: Tensor, share: Tensor, delta: Tensor, eta: Tensor, steps: int = 5
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Least mean square over (a, b), ln det of the Gauss–Newton matrix there, and a, b."""
    a, b = v.expand_as(delta), w.expand_as(eta)
    eye, goal = torch.eye(len(v)).to(v), torch.tanh(x @ w)[:, None] * v
    for step in range(steps + 1):
        one = torch.tanh((b + (1 - share) * eta) @ x.T)
        two = torch.tanh((b - share * eta) @ x.T)
        first, second = (share * a + delta)[:, None], ((1 - share) * a - delta)[:, None]
        rest = (goal - one[..., None] * first - two[..., None] * second).flatten(1)
        of_a = (share * one + (1 - share) * two)[..., None, None] * eye
        slope = (1 - one**2)[..., None] * first + (1 - two**2)[..., None] * second
        jacobian = torch.cat([of_a, slope[..., None] * x[:, None]], -1).flatten(1, 2)
        normal = jacobian.mT @ jacobian
        if step < steps:
            move = torch.linalg.solve(normal, (jacobian.mT @ rest[..., None])[..., 0])
            a, b = a + move[:, : len(v)], b + move[:, len(v) :]
    return rest.square().sum(1) / len(x), torch.linalg.slogdet(normal)[1], a, b
