"""PAC-Bayes: the bound, and what one surplus unit costs in it."""

import math

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive
from ldyn.gate import holds


def binary_kl(empirical: Tensor | float, risk: Tensor | float) -> Tensor:
    """Return kl(q‖p) = q ln(q/p) + (1 − q) ln((1 − q)/(1 − p)) in nats, elementwise.

    Arguments: `empirical` q and `risk` p in [0, 1], of shapes that broadcast.
    Raises: ValueError for numbers outside [0, 1].
    Source: maurer2004, lem-small-kl.
    """
    q, p = _unit_interval(empirical, "empirical"), _unit_interval(risk, "risk")
    q, p = torch.broadcast_tensors(q, p)
    return (
        torch.xlogy(q, q) - torch.xlogy(q, p) + torch.special.xlog1py(1 - q, -q)
        - torch.special.xlog1py(1 - q, -p)
    )  # fmt: skip


def kl_inverse(empirical: Tensor | float, budget: Tensor | float) -> Tensor:
    """Return the largest p in [q, 1] with kl(q‖p) ≤ ε, elementwise, by bisection, in float64.

    Arguments: `empirical` q in [0, 1]; `budget` ε ≥ 0 in nats.
    Raises: ValueError for numbers out of range.
    Source: maurer2004, lem-small-kl.
    """
    q = _unit_interval(empirical, "empirical").double()  # a bound that is rounded down is none
    epsilon = torch.as_tensor(budget, dtype=q.dtype, device=q.device)
    _require_nonnegative(epsilon, "budget")
    q, epsilon = torch.broadcast_tensors(q, epsilon)
    low, high = q.clone(), torch.ones_like(q)
    for _ in range(60):
        middle = (low + high) / 2
        fits = binary_kl(q, middle) <= epsilon
        low, high = torch.where(fits, middle, low), torch.where(fits, high, middle)
    return high


def pac_bayes_bound(
    empirical_risk: Tensor | float,
    divergence: Tensor | float,
    samples: int,
    confidence: float = 0.95,
) -> Tensor:
    """Return the bound on R(Q), in float64: the p with kl(R̂(Q)‖p) = (KL(Q‖P) + ln(2√n/α))/n.

    Holds with probability `confidence` = 1 − α over the sample, for all posteriors Q at once; the
    prior P may not depend on the sample. Loss in [0, 1].

    Arguments: `empirical_risk` R̂(Q); `divergence` KL(Q‖P) ≥ 0 in nats; `samples` n.
    Raises: ValueError for a confidence outside (0, 1) and other numbers out of range.
    Source: maurer2004, thm-pac-bayes.
    """
    require_count(samples, "samples")
    _unit_interval(empirical_risk, "empirical_risk")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}; try 0.95")
    kl = _require_nonnegative(torch.as_tensor(divergence, dtype=torch.float64), "divergence")
    return kl_inverse(
        empirical_risk, (kl + math.log(2 * math.sqrt(samples) / (1 - confidence))) / samples
    )


def exchange_rate(empirical: Tensor | float, bound: Tensor | float) -> Tensor:
    """Return κ = ln(p (1 − q)/(q (1 − p))): nats per sample that a unit of empirical risk costs.

    With p = kl_inverse(q, ε), ∂p/∂q = κ ∂p/∂ε and ∂p/∂ε = p (1 − p)/(p − q).

    Arguments: `empirical` q and `bound` p, 0 < q < p < 1.
    Raises: ValueError unless 0 < q < p < 1.
    Source: lem-exchange.
    """
    q, p = _unit_interval(empirical, "empirical"), _unit_interval(bound, "bound")
    if not ((q > 0) & (q < p) & (p < 1)).all():
        raise ValueError(f"expected 0 < empirical < bound < 1, got {empirical} and {bound}; try a "
                         "bound from kl_inverse")  # fmt: skip
    return torch.logit(p) - torch.logit(q)


def gaussian_divergence(mean: Tensor, scale: Tensor | float, prior_scale: float) -> Tensor:
    """Return KL(N(μ, diag s²) ‖ N(0, τ² I)) = ½ Σ_i [s_i²/τ² − 1 − ln(s_i²/τ²) + μ_i²/τ²].

    Arguments: `mean` μ (…, p), `scale` s > 0 that broadcasts to it, `prior_scale` τ; gives (…).
    Raises: ValueError for scales that are not positive.
    Source: mcallester1999, prop-gaussian-cost.
    """
    require_positive(prior_scale, "prior_scale")
    s = torch.as_tensor(scale, dtype=mean.dtype, device=mean.device)
    fits = all(a in (1, b) for a, b in zip(s.shape[::-1], mean.shape[::-1], strict=False))
    if not holds(s > 0) or s.ndim > mean.ndim or not fits:
        raise ValueError(
            f"scale must be > 0 and broadcast to mean, got {scale} for {tuple(mean.shape)}; a "
            "point would have an unbounded divergence"
        )
    t = (s / prior_scale).square()
    return (t - 1 - t.log() + (mean / prior_scale).square()).sum(-1) / 2


def gaussian_price(pull: Tensor | float, outputs: int = 1) -> Tensor:
    """Return (M/2) ln(1 + c), the least of (M/2) [(1 + c) t − 1 − ln t], taken at t = 1/(1 + c).

    What M parameters N(0, t τ²) with prior N(0, τ²) cost, divergence and risk together, if the
    risk they add costs M c t / 2 nats.

    Arguments: `pull` c = 2 n κ τ² h ≥ 0, with h the added risk per squared parameter.
    Raises: ValueError for a negative pull.
    Source: prop-cost-tanh.
    """
    c = pull if isinstance(pull, Tensor) else torch.tensor(pull, dtype=torch.float64)
    return require_count(outputs, "outputs") / 2 * _require_nonnegative(c, "pull").log1p()


def gibbs_price(pulls: Tensor, outputs: int = 1) -> Tensor:
    """Return −ln mean_w (1 + c_w)^(−M/2): the least price of a surplus unit.

    No posterior undercuts it that has E[v | w] = 0 and is independent of the other units.

    Arguments: `pulls` c_w (draws, …), 2 n κ τ² φ_w², where w follows the prior and φ_w² is the
    added risk per squared output weight; gives (…).
    Raises: ValueError for a negative pull.
    Source: watanabe2009, lem-change, thm-unit-price.
    """
    prices = gaussian_price(_require_nonnegative(pulls, "pulls"), outputs)
    return math.log(len(pulls)) - torch.logsumexp(-prices, 0)


def inactive_probability(low: float, high: float, bias_ratio: float = 1.0) -> float:
    """Return P(C) = P(w₁x + w₂ < 0 for all x in [low, high]), w ~ N(0, τ² diag(1, ρ²)).

    P(C) = (π − ω)/2π,  ω = arctan(high/ρ) − arctan(low/ρ): the cone's angle over the full one.

    Arguments: `bias_ratio` ρ, the bias's prior scale over the slope's.
    Raises: ValueError unless low ≤ high and ρ > 0.
    Source: prop-cost-relu.
    """
    start, end = _cone(low, high, bias_ratio)
    return (end - start) / (2 * math.pi)


def sample_conditioned(
    count: int,
    low: float,
    high: float,
    *,
    scale: float = 1.0,
    bias_ratio: float = 1.0,
    generator: torch.Generator,
) -> Tensor:
    """Return w (count, 2) from N(0, τ² diag(1, ρ²)) given that w₁x + w₂ < 0 on [low, high].

    In the prior's own units the angle is uniform on the cone, and the length independent of it.

    Arguments: `scale` τ of the slope, `bias_ratio` ρ.
    Raises: ValueError unless low ≤ high and τ, ρ > 0.
    Source: prop-cost-relu.
    """
    require_positive(scale, "scale")
    require_count(count, "count", at_least=0)
    start, end = _cone(low, high, bias_ratio)
    device = generator.device
    uniform = torch.rand(2, count, generator=generator, dtype=torch.float64, device=device)
    angle, length = start + (end - start) * uniform[0], (-2 * (-uniform[1]).log1p()).sqrt()
    return scale * length[:, None] * torch.stack([angle.cos(), bias_ratio * angle.sin()], 1)


def _cone(low: float, high: float, bias_ratio: float) -> tuple[float, float]:
    require_positive(bias_ratio, "bias_ratio")
    if not low <= high:
        raise ValueError(f"expected low <= high, got {low} and {high}; exchange them")
    # (x, ρ) points at the angle π/2 − arctan(x/ρ); the cone is what is over π/2 away from all.
    return math.pi - math.atan(low / bias_ratio), 2 * math.pi - math.atan(high / bias_ratio)


def _require_nonnegative(value: Tensor, name: str) -> Tensor:
    if not holds(value >= 0):
        raise ValueError(f"{name} must be >= 0, got {value.min().item()}; try 0.0")
    return value


def _unit_interval(value: Tensor | float, name: str) -> Tensor:
    p = value if isinstance(value, Tensor) else torch.tensor(value, dtype=torch.float64)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"{name} must be between 0 and 1, got {p.tolist()}; clip the loss")
    return p
