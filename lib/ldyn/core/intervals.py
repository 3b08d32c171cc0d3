"""Intervals that cover: for means, for shares, and for sums of logarithms of means."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ldyn.gate.checks import require_count


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate, and limits that hold the truth in a share `level` of repetitions."""

    value: float
    low: float
    high: float
    level: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def mean_interval(values: Any, *, level: float = 0.95) -> Interval:
    """Return the mean of independent replications with Student's interval x̄ ± t s/√r.

    t is the quantile with r − 1 degrees of freedom. Exact for normal replications, which may be of
    either sign; for positive and skewed ones `log_contrast` covers better.

    Arguments: `values` (r,), r ≥ 2. Raises: ValueError for other shapes and for non-finite values.
    """
    x = require_numbers(values, "values", ("r",))
    r = require_replications(x.shape[0])
    half = (student_quantile(_upper(level), r - 1) * x.std() / math.sqrt(r)).item()
    mean = x.mean().item()
    return Interval(value=mean, low=mean - half, high=mean + half, level=level)


def crossed_interval(values: Any, *, level: float = 0.95) -> Interval:
    """Return the mean of a table whose rows and columns are both drawn, with x̄ ± t (A + B)^½.

    A and B are the squared standard errors of the mean of the row means and of the column means, t
    has Satterthwaite's (A + B)²/(A²/(r − 1) + B²/(m − 1)) degrees of freedom. Assumed: rows and
    columns with effects of their own and what is left of each cell, which counts twice. For r = 3,
    m = 10 and 95 % it held the truth in 93 to 99 % (simulated, tests/core/test_intervals.py).

    Arguments: `values` (r, m), r, m ≥ 2. Raises: ValueError for other shapes, non-finite values.
    Source: satterthwaite1946.
    """
    x = require_numbers(values, "values", ("r", "m"))
    for count in x.shape:
        require_replications(count)
    free = torch.tensor(x.shape).to(x) - 1
    error = torch.stack([x.mean(1).var(), x.mean(0).var()]) / (free + 1)
    total = error.sum()
    nu = torch.where(total > 0, total.square() / (error.square() / free).sum(), 1.0)
    half = (student_quantile(_upper(level), nu.clamp(min=1)) * total.sqrt()).item()
    mean = x.mean().item()
    return Interval(value=mean, low=mean - half, high=mean + half, level=level)


def share_interval(count: int, total: int, *, level: float = 0.95) -> Interval:
    """Return count/total with Wilson's interval for the probability p of independent events.

    The p for which |count/total − p| ≤ z √(p(1 − p)/total), z a normal quantile.

    Raises: ValueError unless 0 ≤ count ≤ total and total ≥ 1.
    Source: wilson1927.
    """
    n = require_count(total, "total")
    if require_count(count, "count", at_least=0) > n:
        raise ValueError(f"expected count <= total, got {count} of {n}; exchange them")
    z = _normal_quantile(_upper(level))
    p, a = count / n, z * z / n
    middle = (p + a / 2) / (1 + a)
    half = math.sqrt(a * (p * (1 - p) + a / 4)) / (1 + a)
    return Interval(value=p, low=max(0.0, middle - half), high=min(1.0, middle + half), level=level)


def log_contrast(
    samples: Any, weights: Any, *, over: Any = None, level: float = 0.95
) -> tuple[Tensor, Tensor]:
    """Return Σ_j w_j log μ_j, μ_j the means of m columns, and the half-width of its interval, (…).

    x̄_j and s_j² are mean and variance of the r replications of column j. By the delta method
    Σ_j w_j log x̄_j has variance Σ_j a_j, a_j = w_j² s_j²/(r x̄_j²); the half-width is t (Σ_j a_j)^½,
    t Student's quantile with Satterthwaite's degrees of freedom (r − 1)(Σ_j a_j)²/Σ_j a_j².

    How often it holds the truth was simulated (tests/core/test_intervals.py): at 95 %, for slopes
    over 4 to 8 sizes, r = 3 … 60 and risks that are normal or log-normal, with spreads s/x̄ up to ½
    that may grow or fall threefold with n, 94 to 96 %. For r = 3 it is 92 to 94 % if nearly
    all of the variance is one column's, and 97 % for two or three sizes alike; with log-normal
    spreads of 1 it is 92 to 94 %.

    Assumed: replications and columns independent. A factor common to a row's columns cancels if
    Σ_j w_j = 0; then the interval is too wide. With `over`, whose rows are paired with those of
    `samples`, the sum is that of log μ_j/ν_j, and s_j/x̄_j is the spread of x/x̄_j − y/ȳ_j.

    Arguments: `samples` and `over` (…, r, m), positive, r ≥ 2; `weights` (m,).
    Raises: ValueError for other shapes, values that are not positive, or fewer than two rows.
    Source: satterthwaite1946.
    """
    x = require_numbers(samples, "samples", ("…", "r", "m"), positive=True)
    w = require_numbers(weights, "weights", ("m",))
    r = require_replications(x.shape[-2])
    y = None if over is None else require_numbers(over, "over", ("…", "r", "m"), positive=True)
    if x.shape[-1:] != w.shape or (y is not None and y.shape != x.shape):
        raise ValueError(
            f"expected samples and over (…, r, m) and weights (m,), got {tuple(x.shape)}, "
            f"{None if y is None else tuple(y.shape)} and {tuple(w.shape)}; pair them row by row"
        )
    mean = x.mean(-2, keepdim=True)
    share, logs = x / mean, mean.log()
    if y is not None:
        below = y.mean(-2, keepdim=True)
        share, logs = share - y / below, logs - below.log()
    a = w.square() * share.var(-2) / r
    total = a.sum(-1)
    degrees = (r - 1) * torch.where(total > 0, total.square() / a.square().sum(-1), 1.0)
    t = student_quantile(_upper(level), degrees.clamp(min=1))
    return logs.squeeze(-2) @ w, t * total.sqrt()


def student_quantile(probability: float, degrees: Tensor | float) -> Tensor:
    """Return the t with P(T ≤ t) = `probability`, T Student's with `degrees` ν ≥ 1 of freedom.

    P(0 ≤ T ≤ √ν tan θ) = Γ((ν + 1)/2) / (√π Γ(ν/2)) · ∫_0^θ cos^(ν−1), which is concave in θ, so
    that Newton's steps from the normal quantile rise to the root. The integral is Gauss'.

    Raises: ValueError unless ½ ≤ probability ≤ 0.9995 and all degrees are finite and ≥ 1.
    """
    nu = torch.as_tensor(degrees, dtype=torch.float64)
    if not (0.5 <= probability <= 0.9995 and torch.isfinite(nu).all() and (nu >= 1).all()):
        raise ValueError(
            f"expected a probability in [0.5, 0.9995] and degrees >= 1, got {probability} and "
            f"{degrees}; for 95 % intervals try 0.975"
        )
    nodes, weights = (part.to(nu.device) for part in _gauss(64))
    constant = (torch.lgamma((nu + 1) / 2) - torch.lgamma(nu / 2)).exp() / math.sqrt(math.pi)
    theta = torch.atan(_normal_quantile(probability) / nu.sqrt())
    for _ in range(100):
        heights = (theta[..., None] * nodes).cos() ** (nu - 1)[..., None]
        missing = probability - 0.5 - constant * theta * (heights @ weights)
        step = missing / (constant * theta.cos() ** (nu - 1))
        theta = theta + step
        if (step.abs() <= 1e-10 * theta).all():
            break
    return nu.sqrt() * theta.tan()


def require_numbers(
    values: Any, name: str, shape: tuple[str, ...], *, positive: bool = False
) -> Tensor:
    """Return `values` as a finite float64 tensor with the axes of `shape`, "…" for any before.

    Raises: ValueError for what is no such tensor; if `positive`, also for values ≤ 0.
    """
    try:
        x = torch.as_tensor(values, dtype=None if hasattr(values, "dtype") else torch.float64)
        if x.is_complex():  # what is imaginary would be dropped
            raise TypeError
        x = x.detach().double()
    except (TypeError, RuntimeError, ValueError) as error:
        raise ValueError(
            f"{name} must be numbers, got {type(values).__name__}; try torch.tensor({name})"
        ) from error
    fixed = [axis for axis in shape if axis != "…"]
    if x.ndim < len(fixed) or ("…" not in shape and x.ndim > len(fixed)) or x.numel() == 0:
        raise ValueError(
            f"{name} must have the shape ({', '.join(shape)}), got {tuple(x.shape)}; "
            "put replications in rows"
        )
    if not torch.isfinite(x).all() or (positive and not (x > 0).all()):
        kind = "finite and > 0" if positive else "finite"
        raise ValueError(f"{name} must be {kind}; leave out what is not, with its row")
    return x


def require_replications(count: int) -> int:
    """Return the number of replications if it is at least 2. Raises: ValueError otherwise."""
    if count < 2:
        raise ValueError(
            f"an interval needs at least 2 replications, got {count}; repeat with other seeds, "
            "or for numbers without sampling error take log_slope or the mean alone"
        )
    return count


def _upper(level: float) -> float:
    """The probability below the upper end of a symmetric interval."""
    if not (isinstance(level, int | float) and 0 < level <= 0.999):
        raise ValueError(f"level must be a number in (0, 0.999], got {level!r}; try 0.95")
    return (1 + level) / 2


def _normal_quantile(probability: float) -> float:
    return (
        math.sqrt(2) * torch.erfinv(torch.tensor(2 * probability - 1, dtype=torch.float64)).item()
    )


@cache
def _gauss(count: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights of Gauss' quadrature on [0, 1], from Legendre's recurrence."""
    k = torch.arange(1, count, dtype=torch.float64)
    off = (k / (4 * k.square() - 1).sqrt()).diag(1)
    nodes, vectors = torch.linalg.eigh(off + off.T)
    return (1 + nodes) / 2, vectors[0].square()
