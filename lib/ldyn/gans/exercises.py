"""The exercises of chapter 3 that can be checked, each with the function that its answer is."""

import math
from typing import Any

from ldyn.core import Judge, Verdict, check_answer, judge_function, judge_number, judge_tensor


def check(exercise: str, answer: Any) -> Verdict:
    """Return whether `answer` solves the exercise, and if not a hint that keeps the solution.

    Arguments: `exercise` the label "ex-…" of a page; `answer` what that exercise asks for: a
    number, a tensor or a function of numbers.
    Raises: ValueError for an unknown exercise, with the known ones.
    Source: ex-mean-play.
    """
    return check_answer(EXERCISES, exercise, answer)


def mean_play(step: float, steps: float) -> float:
    """Return |(1 + ih)^T − 1| / (hT), the mean of T states from (1, 0). Source: ex-mean-play."""
    return abs((1 + 1j * step) ** steps - 1) / (step * steps)


def affine_speed(mean: float, spread: float) -> float:
    """Return λ_max of E(1, z)(1, z)ᵀ, z of this mean and spread. Source: ex-affine-generator."""
    trace = 1 + mean**2 + spread**2
    return (trace + math.sqrt(trace**2 - 4 * spread**2)) / 2


def box_norm(taps: float, stride: float) -> float:
    """Return Σ_j max(k − r|j|, 0)/k for k × k taps 1/k at stride r. Source: ex-box-stride."""
    return sum(max(taps - stride * abs(j), 0) for j in range(-int(taps), int(taps) + 1)) / taps


def waiting_time(distance: float) -> float:
    """Return ∫_1^d e^(r²/2)/r dr, by the series of Ei(d²/2). Source: ex-waiting-time."""

    def half(x: float) -> float:
        return (math.log(x) + sum(x**k / (k * math.factorial(k)) for k in range(1, 120))) / 2

    return half(distance**2 / 2) - half(0.5)


EXERCISES: dict[str, Judge] = {
    "ex-mean-play": judge_function(
        mean_play,
        grid={"step": (0.1, 0.5), "steps": (10, 100)},
        slips={"That is the last state, not the mean.": lambda h, t: (1 + h**2) ** (t / 2)},
    ),
    "ex-two-steps": judge_tensor(lambda: [1.0, 2.0]),
    "ex-fading-noise": judge_function(
        lambda noise, time: math.exp(-(noise**2) * time / 4),
        grid={"noise": (0.1, 0.2), "time": (100.0, 400.0)},
        slips={"Only the critic is damped.": lambda noise, t: math.exp(-(noise**2) * t / 2)},
        tolerance=5e-3,
    ),
    "ex-bytes": judge_number(
        lambda: 0.5 * 127.5**2,
        slips={
            "γ has the units of a squared distance.": lambda: 0.5 * 127.5,
            "From −1 to 1 it is two units.": lambda: 0.5 * 255**2,
        },
    ),
    "ex-hellinger": judge_function(
        lambda s: s / (1 - s),
        grid={"s": (-3.0, -0.5, 0.3, 0.9)},
        slips={"Up to a constant: what is f*(0)?": lambda s: 1 / (1 - s)},
    ),
    "ex-affine-generator": judge_function(
        affine_speed,
        grid={"mean": (0.0, 1.0, 3.0), "spread": (0.5, 2.0)},
        slips={
            "You have E‖Df‖²; the supremum stands outside.": lambda m, s: 1 + m**2 + s**2,
            "The worst direction moves both parameters.": lambda m, s: max(1.0, m**2 + s**2),
        },
    ),
    "ex-just-beyond": judge_function(
        lambda c: math.sqrt(c**2 / 4 - 1),
        grid={"c": (2.1, 2.5, 4.0)},
        slips={
            "That is the distance between the two places.": lambda c: math.sqrt(c**2 - 4),
            "That is √(1 + θ²).": lambda c: c / 2,
        },
    ),
    "ex-relative-error": judge_function(
        lambda q, constant: 2 / ((1 + q) * constant),
        grid={"q": (0.1, 0.5, 0.9), "constant": (1.0, 4.0)},
        slips={
            "⟨∇G, g⟩ and ‖g‖² are not worst together.": lambda q, b: 2 * (1 - q) / (1 + q) ** 2 / b,
        },
    ),
    "ex-matern": judge_tensor(lambda: [2 / math.e, 1 + math.exp(-2), 1.0]),
    "ex-mended-mmd": judge_function(
        lambda t, weight: t - 1 / (2 * weight) if weight * t > 1 else weight * t**2 / 2,
        grid={"t": (0.2, 0.8, 1.3), "weight": (0.5, 1.0, 4.0)},
        slips={"That is for near measures only.": lambda t, weight: weight * t**2 / 2},
    ),
    "ex-bends": judge_tensor(lambda: [3 * math.sqrt(3) / 8, 2.0, 2.0]),
    "ex-residual": judge_function(
        lambda blocks, bend: bend * 2 ** (blocks - 1) * (2**blocks - 1),
        grid={"blocks": (1, 2, 5), "bend": (0.5, 1.0)},
        slips={"That is a chain without shortcuts.": lambda blocks, bend: blocks * bend},
    ),
    "ex-box-stride": judge_function(
        box_norm,
        grid={"taps": (3, 4, 5), "stride": (1, 2, 3)},
        slips={
            "That is the bound, for pixels all seen ⌈k/r⌉ times.": lambda k, r: math.ceil(k / r)
        },
    ),
    "ex-left-wall": judge_function(
        lambda distance, steps, speed, slope: distance / (steps * speed**2 * slope),
        grid={"distance": (1.0, 3.0), "steps": (100, 2000), "speed": (0.5, 4.0), "slope": (1, 2)},
        slips={"A counts twice.": lambda d, steps, speed, slope: d / steps / speed / slope},
    ),
    "ex-waiting-time": judge_function(
        waiting_time,
        grid={"distance": (1.5, 3.0, 5.0, 7.0)},
        slips={"That is d over its first speed.": lambda distance: math.exp(distance**2 / 2)},
    ),
    "ex-repeated": judge_function(
        lambda different, twice: (different - twice) / (different + twice),
        grid={"different": (10, 40), "twice": (1, 5)},
        slips={"The set has N + M points.": lambda n, m: (n - m) / n},
    ),
    "ex-frechet-bias": judge_function(
        lambda n, dim: dim * (dim + 5) / (2 * n),
        grid={"n": (1000.0, 10_000.0), "dim": (1, 2, 4)},
        slips={
            "The means differ, too.": lambda n, dim: dim * (dim + 1) / (2 * n),
            "The covariances differ, too.": lambda n, dim: 2 * dim / n,
            "Both samples fluctuate.": lambda n, dim: dim * (dim + 5) / (4 * n),
        },
        tolerance=0.03,
    ),
}
