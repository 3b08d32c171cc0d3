"""Which loss has which condition: the constants, and sequences where there are none."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ldyn.core import require_choice, require_count, require_positive
from ldyn.gans.losses import wasserstein_line
from ldyn.gans.smoothness import Smoothness, gaussian_mmd_smoothness

CONDITIONS = ("slope", "curvature", "sensitivity")


def loss_smoothness(
    name: str, *, bandwidth: float = 1.0, diameter: float = 1.0, regularisation: float = 0.1
) -> Smoothness:
    """Return α, β₁, β₂ of a loss, infinite where it does not have the condition.

    All but the sensitivities of the two Sinkhorn losses, which are upper bounds, are the least;
    those bounds are infinite for D² > 400 ε, where they pass the largest number.

    Arguments: `name` one of minimax, non-saturating, Wasserstein, smooth IPM, MMD, half MMD²,
    half W₂², Sinkhorn, debiased Sinkhorn; `bandwidth` σ of the Gaussian kernel, `diameter` D of
    the convex set that carries all measures for the last three, `regularisation` ε of the
    Sinkhorn losses with the cost ½‖x − y‖², in units of D².
    Raises: ValueError for an unknown name or arguments that are not > 0.
    Source: chu2020, thm-conditions-table and prop-sinkhorn-sensitivity.
    """
    require_positive(bandwidth, "bandwidth")
    require_positive(diameter, "diameter")
    none, wide = math.inf, diameter
    ratio = diameter**2 / require_positive(regularisation, "regularisation")
    top = math.exp(ratio) if ratio < 400 else math.inf
    cross = ratio / 2 * top * math.cosh(min(ratio, 400) / 4) ** 2
    # 1/(1 − tanh(r/4)) = (1 + e^{r/2})/2
    own = top * (1 + ratio + ratio / 4 * (1 + math.exp(min(ratio, 400) / 2)))
    half_mmd = gaussian_mmd_smoothness(bandwidth)
    table = {
        "minimax": (none, none, none),
        "non-saturating": (none, none, none),
        "Wasserstein": (1.0, none, none),
        "smooth IPM": (none, 1.0, none),
        "MMD": (1 / bandwidth, math.sqrt(3) / bandwidth**2, none),
        "half MMD²": (half_mmd.slope, half_mmd.curvature, half_mmd.sensitivity),
        "half W₂²": (wide, none, none),
        "Sinkhorn": (wide, max(1.0, ratio / 4 - 1), cross),
        "debiased Sinkhorn": (wide, ratio / 4, cross + own),
    }
    require_choice(name, table, "name")
    return Smoothness(**dict(zip(CONDITIONS, table[name], strict=True)))


def failing_sequence(name: str, condition: str, n: float) -> float:
    """Return the constant that the critics of the n-th pair would need; it grows beyond all.

    A slope, a difference quotient of slopes, or a change of slope over W₁, of critics on the line
    at the n-th member of the sequence with which the page proves that there is no constant.

    Arguments: `name` and `condition` a key of `CROSSES`; `n` from 2 to 1e12, beyond
    which rounding would spoil the quotients.
    Raises: ValueError for a pair that has no sequence, with those that do, or another n.
    Source: chu2020, thm-conditions-table.
    """
    if (name, condition) not in CROSSES:
        raise ValueError(
            f"no sequence for {name!r} and {condition!r}; try one of {sorted(CROSSES)}"
        )
    if not 2 <= n <= 1e12:
        raise ValueError(f"n must be a number from 2 to 1e12, got {n!r}; try n=100.0")
    return CROSSES[name, condition](n)


def _number(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _quotient(field: Callable[[Tensor], Tensor], x: float, h: float) -> float:
    """Difference quotient of a slope between x − h and x + h."""
    low, high = field(_number(x - h, x + h)).tolist()
    return abs(high - low) / (2 * h)


def _ratio_critic(m: float, sign: int, move: float = 0.0) -> Callable[[Tensor], Tensor]:
    """Slope of minimax (sign 1) or the non-saturating critic (−1) for N(m + e, 1), N(0, 1).

    Φ = ∓½ log(1 + e^{∓u}), u = log μ/μ_0 = (m + e)x − (m + e)²/2, so Φ′ = ½(m + e) s(∓u), s the
    logistic function. The argument is t = x − m/2, since u = (m + e)(t − e/2) loses no digits.
    """
    return lambda t: (m + move) / 2 * torch.sigmoid(-sign * (m + move) * (t - move / 2))


def _ratio_slope(m: float, sign: int) -> float:
    return _ratio_critic(m, sign)(_number(-sign * m)).abs().item()


def _ratio_curvature(m: float, sign: int) -> float:
    return _quotient(_ratio_critic(m, sign), 0.0, 1e-3 / m)


def _ratio_sensitivity(m: float, sign: int) -> float:
    h = 1e-3 / m
    first, second = (_ratio_critic(m, sign, e)(_number(0.0)) for e in (-h, h))
    return (first - second).abs().item() / (2 * h)


def _line_slopes(points: Tensor, at: int) -> Tensor:
    """Slopes between points of Wasserstein's critic of a unit mass against ½(δ_{−1} + δ_1)."""
    data, mu = torch.zeros_like(points), torch.zeros_like(points)
    data[0] = data[-1] = 0.5
    mu[at] = 1.0
    return wasserstein_line(points).critic(mu, data).diff() / points.diff()


def _wasserstein_curvature(n: float) -> float:
    h = 1 / n
    slopes = _line_slopes(_number(-1, -h, 0, h, 1), 2)
    return (slopes[2] - slopes[1]).abs().item() / h


def _wasserstein_sensitivity(n: float) -> float:
    t = 1 / n
    points = _number(-1, -t, -t / 2, t / 2, t, 1)
    change = _line_slopes(points, 1)[2] - _line_slopes(points, 4)[2]
    return change.abs().item() / (2 * t)


def _spread(slopes: Tensor) -> float:
    """The least largest slope when a linear function may be added to the critic."""
    return (slopes.max() - slopes.min()).item() / 2


def _mmd_sensitivity(n: float) -> float:
    """Unit witness of δ_{±h} against δ_0 with σ = 1, at x = 0."""
    h = 1 / n
    slope = h * math.exp(-(h**2) / 2) / math.sqrt(-2 * math.expm1(-(h**2) / 2))
    return 2 * slope / (2 * h)


def _transport_slope(shift: float) -> Callable[[Tensor], Tensor]:
    """x − T(x) from uniform[shift − 1, shift + 1] to ½(δ_{−1} + δ_1): T by equal masses."""
    return lambda x: x - torch.where((x + 1 - shift) / 2 < 0.5, -1.0, 1.0)


def _transport_sensitivity(n: float) -> float:
    first, second = (_transport_slope(s / n)(_number(0.0)) for s in (1, -1))
    return (first - second).abs().item() / (2 / n)


CROSSES: dict[tuple[str, str], Callable[[float], float]] = {
    ("minimax", "slope"): lambda n: _ratio_slope(n, 1),
    ("minimax", "curvature"): lambda n: _ratio_curvature(n, 1),
    ("minimax", "sensitivity"): lambda n: _ratio_sensitivity(n, 1),
    ("non-saturating", "slope"): lambda n: _ratio_slope(n, -1),
    ("non-saturating", "curvature"): lambda n: _ratio_curvature(n, -1),
    ("non-saturating", "sensitivity"): lambda n: _ratio_sensitivity(n, -1),
    ("Wasserstein", "curvature"): _wasserstein_curvature,
    ("Wasserstein", "sensitivity"): _wasserstein_sensitivity,
    # ½(δ_n + δ_{−n}) against δ_0: Φ″ = 1 between; ½(δ_{1±e} + δ_{−1∓e}): Φ″ = ±1, up to a line
    ("smooth IPM", "slope"): lambda n: _spread(_number(-n, n)),
    ("smooth IPM", "sensitivity"): lambda n: _spread(_number(-2, 2)) / (2 / n),
    ("MMD", "sensitivity"): _mmd_sensitivity,
    ("half W₂²", "curvature"): lambda n: _quotient(_transport_slope(0.0), 0.0, 1 / n),
    ("half W₂²", "sensitivity"): _transport_sensitivity,
}


def search_largest(
    measure: Callable[[Tensor], Tensor], starts: Tensor, *, steps: int = 300, rate: float = 0.05
) -> float:
    """Return the largest value that gradient ascent finds from k starts, with Adam.

    Arguments: `measure` maps parameters (k, p) to k values, each from its own row; `starts` (k, p).
    Raises: ValueError for a count below one, a rate that is not > 0, a measure without one value a
    row, or one that is never a number.
    Source: chu2020, thm-conditions-table.
    """
    require_count(steps, "steps")
    require_positive(rate, "rate")
    points = starts.detach().clone().requires_grad_(True)
    ascent, best = torch.optim.Adam([points], lr=rate), -math.inf
    for _ in range(steps):
        values = measure(points)
        if values.shape != starts.shape[:1]:
            raise ValueError(
                f"measure must give ({len(starts)},) values, got {tuple(values.shape)}; one a row"
            )
        best = max(best, values.detach().nan_to_num(-math.inf).max().item())
        (slope,) = torch.autograd.grad(-values.sum(), points)
        points.grad = slope.nan_to_num(0.0)
        ascent.step()
    if best == -math.inf:
        raise ValueError("measure gave no number at any of its points; try other starts")
    return best
