"""The exercises of chapter 1 that can be checked, each with the function that its answer is."""

import math
from typing import Any

import torch

from ldyn.core import (
    Judge,
    Verdict,
    check_answer,
    judge_function,
    judge_number,
    judge_tensor,
    stream,
)
from ldyn.piecewise.adaptive import haar_transform
from ldyn.piecewise.classes import half_space
from ldyn.piecewise.judges import judge_maximum, judge_triangle, judge_two_jumps
from ldyn.piecewise.sampling import grid_values

NOISE = 0.3
# ∫₀¹ S(u)² du, S(u) the share of the unit disk beyond a chord at distance u.
_LENS = (2 * math.pi / 3 - 64 / 45) / math.pi**2


def check(exercise: str, answer: Any) -> Verdict:
    """Return whether `answer` solves the exercise, and if not a hint that keeps the solution.

    Arguments: `exercise` the label "ex-…" of a page; `answer` what that exercise asks for: a
    number, a tensor, a function of numbers, a network or a fitting rule.
    Raises: ValueError for an unknown exercise, with the known ones.
    Source: ex-window.
    """
    return check_answer(EXERCISES, exercise, answer)


def best_window(n: float, noise: float, dim: float) -> float:
    """Return the w that minimises w/12 + σ²/(n w^D). Source: ex-window-dims."""
    return (12 * dim * noise**2 / n) ** (1 / (dim + 1))


def shrinkage_floor(n: float, noise: float) -> float:
    """Return Σ_{k ≥ 1} 1/(π² k² + n/σ²) = (a coth a − 1)/(2 a²), a = √n/σ. Source: ex-shrink."""
    a = math.sqrt(n) / noise
    return (a / math.tanh(a) - 1) / (2 * a**2)


def false_alarm(t: float) -> float:
    """Return E z² 1{|z| > t} for z ∼ N(0, 1). Source: ex-sparse."""
    density = math.exp(-(t**2) / 2) / math.sqrt(2 * math.pi)
    return 2 * t * density + math.erfc(t / math.sqrt(2))


def one_split_constant(noise: float, *, walks: int = 100_000, steps: int = 25) -> float:
    """Return the limit of n · risk for one split at a jump of height 1: 2σ² + ½ + E|j|.

    j is where the walk with steps 1 + 2σz, z ∼ N(0, 1), in both directions from 0, is least;
    E|j| is simulated, with standard error below 0.002 at σ = 0.3.
    Source: ex-one-split.
    """
    generator = stream("one split", noise, walks, steps)
    shape = (2, walks, steps)
    walk = (1 + 2 * noise * torch.randn(shape, generator=generator)).cumsum(2)
    low, where = walk.min(2)
    away = torch.where(low < 0, where + 1, 0)
    nearer = low[0] < low[1]
    j = torch.where(nearer, away[0], away[1]).double().mean().item()
    return 2 * noise**2 + 0.5 + j


def haar_count(level: int) -> int:
    """Return how many Haar terms of 1{x₂ ≥ 1/3} on a 2^J grid are not zero. Source: ex-cells."""
    terms = haar_transform(grid_values(half_space((0.0, 1.0), 1 / 3), 2**level))
    return sum(int((term.abs() > 1e-9).sum()) for term in terms)


EXERCISES: dict[str, Judge] = {
    "ex-window": judge_number(
        lambda: NOISE / 2,
        slips={
            "That is the flat window.": lambda: NOISE / math.sqrt(3),
            "Squared bias and variance both count.": lambda: NOISE / 4,
        },
        tolerance=5e-3,
    ),
    "ex-neighbours": judge_function(
        lambda n, noise: (noise**2 * math.sqrt(math.pi * n) / _LENS) ** (2 / 3),
        grid={"n": (100.0, 1000.0), "noise": (0.3, 1.0)},
        slips={
            "The edge has two sides.": (
                lambda n, noise: (noise**2 * math.sqrt(4 * math.pi * n) / _LENS) ** (2 / 3)
            ),
        },
    ),
    "ex-brownian": judge_number(
        lambda: NOISE / 2,
        slips={
            "The constant at σ = 0.3 is asked for, yours does not know σ.": lambda: 1 / 2,
            "Count each eigenvalue once.": lambda: NOISE,
        },
    ),
    "ex-cells": judge_number(
        lambda: haar_count(6),
        slips={
            "Close: the mean counts too.": lambda: haar_count(6) - 1,
            "That is the number of all terms; most of them vanish.": lambda: 4.0**6,
        },
        tolerance=1e-9,
    ),
    "ex-crossing": judge_number(
        lambda: 10.0**6,
        slips={
            "That is n^(1/6).": lambda: 10.0,
            "The difference of the exponents is smaller than you think.": lambda: 10.0**3,
        },
        tolerance=1e-2,
    ),
    "ex-arrangement": judge_function(
        lambda boundaries, dim: sum(math.comb(int(boundaries), i) for i in range(int(dim) + 1)),
        grid={"boundaries": (1, 3, 6), "dim": (1, 2, 3)},
        slips={"That is the number of sign vectors; most are empty.": lambda j, _: 2**j},
    ),
    "ex-area": judge_number(
        lambda: 0.4 / math.pi,
        slips={
            "That is the distance; its square is asked for.": lambda: math.sqrt(0.4 / math.pi),
            "That is the squared distance of the graphs, not of the indicators.": lambda: 0.02,
        },
    ),
    "ex-band": judge_function(
        lambda window, jump, radius: window * jump**2 / (24 * radius),
        grid={"window": (0.02, 0.04), "jump": (1.0, 3.0), "radius": (0.05, 0.2)},
        slips={
            "Two bands, one on each side of the edge, share this error.": (
                lambda window, jump, radius: window * jump**2 / (12 * radius)
            ),
        },
    ),
    "ex-checkerboard": judge_function(
        lambda k: 2 * (k - 1),
        grid={"k": (2, 3, 8)},
        slips={"A line on the rim of the square separates nothing.": lambda k: 2 * (k + 1)},
    ),
    "ex-two-coordinates": judge_function(
        lambda cutoff, dim: 1 + dim * (cutoff - 1) + dim * (dim - 1) / 2 * (cutoff - 1) ** 2,
        grid={"cutoff": (2, 3, 7), "dim": (2, 3, 6)},
        slips={
            "A cosine of one coordinate belongs to several pairs and counts once.": (
                lambda cutoff, dim: dim * (dim - 1) / 2 * cutoff**2
            ),
        },
    ),
    "ex-window-dims": judge_function(
        best_window,
        grid={"n": (100.0, 1000.0), "noise": (0.3, 1.0), "dim": (1, 2, 3)},
        slips={
            "Differentiate again: a power w^(−D) has a derivative with a factor D.": (
                lambda n, noise, dim: (12 * noise**2 / n) ** (1 / (dim + 1))
            ),
        },
    ),
    "ex-cosine": judge_number(
        lambda: 2 / math.pi,
        slips={
            "Bias and variance both count.": lambda: 1 / math.pi,
            "What is the mean of sin² over all places θ?": lambda: 2 * math.sqrt(2) / math.pi,
        },
    ),
    "ex-shrink": judge_function(
        shrinkage_floor,
        grid={"n": (4.0, 64.0, 1000.0), "noise": (0.3, 1.0)},
        slips={
            "That is the leading term for large n; the whole sum is asked for.": (
                lambda n, noise: noise / (2 * math.sqrt(n))
            ),
            "The sum starts at k = 1, yours runs over all integers.": (
                lambda n, noise: noise / math.sqrt(n) / math.tanh(math.sqrt(n) / noise)
            ),
        },
    ),
    "ex-sparse": judge_function(
        false_alarm,
        grid={"t": (0.5, 1.0, 2.0, 3.5)},
        slips={
            "Both tails count.": lambda t: false_alarm(t) / 2,
            "That is the probability of a false alarm, not its mean square.": (
                lambda t: math.erfc(t / math.sqrt(2))
            ),
        },
    ),
    "ex-one-split": judge_number(
        lambda: one_split_constant(NOISE),
        slips={
            "The two levels are estimated too.": lambda: one_split_constant(NOISE) - 2 * NOISE**2,
            "Even without a single mistake, the cut is not at θ.": (
                lambda: one_split_constant(NOISE) - 0.5
            ),
        },
        tolerance=0.02,
    ),
    "ex-height": judge_number(
        lambda: 5.0,
        slips={
            "That is the place alone; the levels are estimated too.": lambda: 3.0,
            "That is the levels alone; the place is estimated too.": lambda: 2.0,
        },
        tolerance=0.03,
    ),
    "ex-sigmoid": judge_function(
        lambda a: (2 * math.log(2) - 1) / a,
        grid={"a": (1.0, 10.0, 64.0)},
        slips={
            "Both sides of the jump count.": lambda a: (math.log(2) - 0.5) / a,
            "That is the L¹ distance.": lambda a: 2 * math.log(2) / a,
        },
    ),
    "ex-max": judge_maximum,
    "ex-triangle": judge_triangle,
    "ex-leaky": judge_tensor(lambda: [1 / (1 - 0.1**2), 0.1 / (1 - 0.1**2)]),
    "ex-sawtooth": judge_function(
        lambda pieces: 1 / (8 * pieces**2),
        grid={"pieces": (1, 2, 5, 16)},
        slips={
            "That is the error of the chords; other lines do better.": lambda p: 1 / (4 * p**2),
        },
    ),
    "ex-shares": judge_function(
        lambda parts: (2 * parts**2) ** (1 / 3),
        grid={"parts": (10.0, 1000.0, 1e6)},
        slips={
            "That makes the errors equal; make their derivatives equal.": lambda parts: parts**0.5,
            "Differentiate again: S^(−2) has a derivative with a factor 2.": (
                lambda parts: parts ** (2 / 3)
            ),
        },
    ),
    "ex-peeling": judge_number(
        lambda: sum(k * math.erfc(math.sqrt(k / 2) / (2 * NOISE)) for k in range(1, 200)),
        slips={
            "Both sides of the jump count.": (
                lambda: sum(
                    k * math.erfc(math.sqrt(k / 2) / (2 * NOISE)) / 2 for k in range(1, 200)
                )
            ),
        },
    ),
    "ex-entropy": judge_function(
        lambda radius: math.ceil(1 / (2 * radius**2)),
        grid={"radius": (0.6, 0.3, 0.11, 0.031)},
        slips={
            "A ball reaches to both sides of its centre.": lambda r: math.ceil(1 / r**2),
            "That is what centres outside the class would do.": lambda r: math.ceil(1 / (4 * r**2)),
            "The norm is in L², not in L¹.": lambda r: math.ceil(1 / (2 * r)),
            "What is left over at the end needs a ball too.": lambda r: 1 // (2 * r**2),
            "A number of balls is an integer.": lambda r: 1 / (2 * r**2),
        },
    ),
    "ex-le-cam": judge_number(lambda: 4 / 27),
    "ex-degrees": judge_number(
        lambda: 409.6,
        slips={"That is the risk of the model.": lambda: 0.009},
    ),
    "ex-two-jumps": judge_two_jumps,
    "ex-design": judge_function(
        lambda gamma: 1 / (1 + gamma),
        grid={"gamma": (0.0, 1.0, 3.0, -0.5)},
        slips={"That is the exponent in the norm of L²(P_X).": lambda gamma: 1.0},
    ),
}
