"""How far features of random frequencies stray from their kernel: variances and a bound."""

import math

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive
from ldyn.gate import holds
from ldyn.kernels import Gaussian
from ldyn.solvers import feature_variance

_FAR = 1000.0  # squared distance over h² beyond which every k(δ) is 0 in float64


def orthogonal_variance(kernel: Gaussian, delta: Tensor, *, count: int) -> Tensor:
    """Return Var k̂(δ), (n,), of q frequencies of a Gaussian kernel at right angles in blocks of d.

    Var = v/q + p c/q²,  v/q the variance of independent ones, p the ordered pairs in one block,
    c = ₁F₁(d; d/2; −s/2) − e^(−s) = e^(−s/2) ₁F₁(−d/2; d/2; s/2) − e^(−s),  s = ‖δ‖²/h².

    Arguments: `delta` δ = x − z (n, d); `count` q.
    Raises: ValueError for bad points, count < 1, or a kernel not Gaussian.
    Source: yu2016, prop-orthogonal-features.
    """
    alone = feature_variance(kernel, delta, count=count)
    d = delta.shape[1]
    s = (delta.double() / kernel.bandwidth).square().sum(1).clamp(max=_FAR)
    term = (-s / 2).exp()  # of the second form: the first alternates and loses all digits
    covariance = term - (-s).exp()
    for k in range(60 + int(2 * s.max())):
        term = term * (k - d / 2) / (k + d / 2) * s / (2 * (k + 1))
        covariance = covariance + term
    rest = count % d
    pairs = (count - rest) * (d - 1) + rest * (rest - 1)
    return alone + (pairs / count**2 * covariance).to(alone)


def second_order_ceiling(kernel: Gaussian, delta: Tensor) -> Tensor:
    """Return ((Σ k² (cosh s − 1)) / (Σ k² (cosh s − 1 − s²/2)))^½ over δ, a scalar, s = ‖δ‖²/h².

    By so much less errs a mean of cosines whose second order is exact, and whose higher orders
    err as those of independent frequencies do.

    Arguments: `delta` δ (n, d), not all zero.
    Raises: ValueError where all are.
    Source: prop-second-order.
    """
    s = delta.double().square().sum(1) / kernel.bandwidth**2
    if not holds((s > 0).any()):
        raise ValueError("delta must not be all zero, got zeros; try x[:1] - x[1:]")
    whole = torch.expm1(-s).square() / 2  # k² (cosh s − 1)
    # k² (cosh s − 1 − s²/2), of near pairs by its series, of which the difference loses all digits
    q = s.square()
    series = (-s).exp() * q.square() / 24 * (1 + q / 30 * (1 + q / 56 * (1 + q / 90)))
    rest = torch.where(s < 0.1, series, whole - (-s).exp() * q / 2)
    return (whole.sum() / rest.sum()).sqrt()


def pairs_for_uniform_error(
    error: float, *, dim: int, diameter: float, spread: float, chance: float
) -> int:
    """Return the q with which sup |k̂ − k| over a set is below `error` but for `chance`, by proof.

    q = ⌈(4(d + 2)/ε²) (log(2/chance) + (2d/(d + 2)) log(12 ℓσ/ε))⌉, for ε ≤ 4ℓσ.

    Arguments: `error` ε; `diameter` ℓ of the set; `spread` σ = (E‖ω‖²)^½, √d/h if Gaussian.
    Raises: ValueError unless all are > 0, the chance < 1 and ε ≤ 4ℓσ.
    Source: rahimi2007, thm-uniform-features.
    """
    require_count(dim, "dim")
    values = {"error": error, "diameter": diameter, "spread": spread, "chance": chance}
    for name, value in values.items():
        require_positive(value, name)
    if chance >= 1:
        raise ValueError(f"chance must be below 1, got {chance}; try chance=0.05")
    if error > 4 * diameter * spread:
        raise ValueError(
            f"error must be <= 4 diameter spread = {4 * diameter * spread:.3g}, got {error}; "
            "beyond it every set of frequencies will do"
        )
    logs = math.log(2 / chance) + 2 * dim / (dim + 2) * math.log(12 * diameter * spread / error)
    return math.ceil(4 * (dim + 2) / error**2 * logs)
