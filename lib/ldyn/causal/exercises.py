"""The exercises of chapter 4 that can be checked, each with the function that its answer is."""

import math
from statistics import NormalDist
from typing import Any

from ldyn.core import Judge, Verdict, check_answer, judge_function, judge_number


def check(exercise: str, answer: Any) -> Verdict:
    """Return whether `answer` solves the exercise, and if not a hint that keeps the solution.

    Arguments: `exercise` the label "ex-…" of a page; `answer` what that exercise asks for: a
    number or a function of numbers.
    Raises: ValueError for an unknown exercise, with the known ones.
    Source: ex-backward-noise.
    """
    return check_answer(EXERCISES, exercise, answer)


_NORMAL = NormalDist()


def _decided(mean: float, spread: float, limit: float) -> float:
    right, wrong = (_NORMAL.cdf((m - limit) / spread) for m in (mean, -mean))
    return right / (right + wrong)


def _apart(bandwidth: float) -> float:
    return bandwidth * ((bandwidth**2 + 2) ** -0.5 - 2 * (bandwidth**2 + 1) ** -0.5)


EXERCISES: dict[str, Judge] = {
    "ex-backward-noise": judge_function(lambda slope, noise: noise / math.sqrt(slope**2 + noise**2),
        grid={"slope": (0.5, 2.0), "noise": (0.2, 1.0)},
        slips={"That is its variance.": lambda b, t: t**2 / (b**2 + t**2)}),
    "ex-third-moment": judge_function(lambda skew, noise: skew * noise**2 / (1 + noise**2),
        grid={"skew": (0.5, 2.0), "noise": (0.3, 1.5)},
        slips={"That is E[Y³].": lambda skew, noise: skew}),
    "ex-uniform-line": judge_function(
        lambda y, size: (max(-1.0, y - size) + min(1.0, y + size)) / 2,
        grid={"y": (-1.3, 0.0, 0.6, 1.2), "size": (0.4, 0.8)}),
    "ex-log-normal": judge_function(lambda x, rho: x**rho * math.exp((1 - rho**2) / 2),
        grid={"x": (0.5, 2.0), "rho": (0.3, 0.9)},
        slips={"That is the median.": lambda x, rho: x**rho}),
    "ex-best-bandwidth": judge_number(lambda: 1.0),
    "ex-two-by-two": judge_function(lambda both, first, second: 4 * (both - first * second) ** 2,
        grid={"both": (0.1, 0.3), "first": (0.4, 0.6), "second": (0.5,)},
        slips={"That is the squared covariance; centre k itself.": lambda b, p, q: (b - p * q)**2}),
    "ex-point-mass": judge_function(lambda bandwidth: 1 + _apart(bandwidth),
        grid={"bandwidth": (0.3, 1.0, 3.0)},
        slips={"k(0, 0) is 1.": lambda bandwidth: _apart(bandwidth)}),
    "ex-temperature": judge_function(lambda mean, spread: spread**2 / (2 * mean),
        grid={"mean": (0.5, 2.0), "spread": (1.0, 3.0)}),
    "ex-abstain": judge_function(
        _decided, grid={"mean": (0.3, 1.0), "spread": (1.0, 2.0), "limit": (0.0, 1.5)}),
    "ex-four-times": judge_number(lambda: _NORMAL.cdf(2 * _NORMAL.inv_cdf(0.6))),
    "ex-scale-mixture": judge_number(
        lambda: 1 / 9, slips={"Subtract that of the normal law.": lambda: 28 / 9}),
    "ex-how-many-pairs": judge_function(
        lambda difference, discordant: 1.96**2 * discordant / difference**2,
        grid={"difference": (0.05, 0.1), "discordant": (0.2, 0.4)}, tolerance=1e-2),
    "ex-nine-pairs": judge_number(lambda: 46 / 256, slips={"That is one side.": lambda: 23 / 256}),
}  # fmt: skip
