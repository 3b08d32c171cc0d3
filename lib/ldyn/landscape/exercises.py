"""The exercises of chapter 2 that can be checked, each with the function that its answer is."""

import math
from typing import Any

from ldyn.core import (
    Judge,
    Verdict,
    check_answer,
    judge_function,
    judge_number,
    judge_tensor,
)
from ldyn.landscape.blocks import last_unit_forms
from ldyn.landscape.symmetry import expansion_count, surjections
from ldyn.landscape.toy import fukumizu_amari_toy


def check(exercise: str, answer: Any) -> Verdict:
    """Return whether `answer` solves the exercise, and if not a hint that keeps the solution.

    Arguments: `exercise` the label "ex-…" of a page; `answer` what that exercise asks for: a
    number, a tensor or a function of numbers.
    Raises: ValueError for an unknown exercise, with the known ones.
    Source: ex-dead-end.
    """
    return check_answer(EXERCISES, exercise, answer)


def toy_curvature() -> float:
    """Return G of the smallest example, a number since D = 1. Source: ex-toy-curvature."""
    toy = fukumizu_amari_toy()
    return last_unit_forms(toy.net, toy.theta, toy.x, toy.y).curvature.item()


def inactive_cost(low: float, high: float) -> float:
    """Return ln(1/p₀), p₀ = (π − arctan high + arctan low) / 2π. Source: ex-cone-interval."""
    return -math.log((math.pi - math.atan(high) + math.atan(low)) / (2 * math.pi))


def output_variance(n: float, spread: float, slope: float, outputs: float) -> float:
    """Return the s² that minimises (M/2)[s²/τ² − 1 − ln(s²/τ²)] + n c s². Source: ex-quiet-unit."""
    return 1 / (1 / spread**2 + 2 * n * slope / outputs)


def quartic(share: float) -> float:
    """Return (λ(1−λ))², to which the quartic growth is proportional. Source: ex-quartic."""
    return (share * (1 - share)) ** 2


EXERCISES: dict[str, Judge] = {
    "ex-dead-end": judge_function(
        lambda copies, outputs, rank: copies * (outputs - rank),
        grid={"copies": (1, 2, 5), "outputs": (3, 4), "rank": (0, 1, 2)},
        slips={
            "Those are all replications; most of them are not stationary.": (
                lambda copies, outputs, rank: copies * outputs
            ),
            "One of the copies is determined by the others.": (
                lambda copies, outputs, rank: (copies + 1) * (outputs - rank)
            ),
        },
    ),
    "ex-toy-curvature": judge_number(
        toy_curvature,
        slips={
            "That is the eigenvalue at λ = ½; G itself is asked for.": lambda: toy_curvature() / 2,
            "A sign is wrong: the residual is f − y; or look at the sign of tanh″.": lambda: (
                -toy_curvature()
            ),
        },
    ),
    "ex-fewest-down": judge_function(
        lambda copies, rank, up, down: copies * (rank + min(up, down)),
        grid={"copies": (1, 2, 4), "rank": (0, 1, 2), "up": (0, 1, 3), "down": (0, 2)},
        slips={
            "You may also choose the signs of the λ_j.": (
                lambda copies, rank, up, down: copies * (rank + down)
            ),
            "F contributes as many negative as positive eigenvalues, whatever the λ_j are.": (
                lambda copies, rank, up, down: copies * min(up, down)
            ),
        },
    ),
    "ex-escape-clock": judge_function(
        lambda start, strength: math.log(1 / start) / strength,
        grid={"start": (1e-2, 1e-6), "strength": (0.1, 2.0)},
        slips={
            "The loss changes at twice the rate; the time of the distance is asked for.": (
                lambda start, strength: math.log(1 / start) / (2 * strength)
            ),
        },
    ),
    "ex-softmax-gate": judge_tensor(lambda: [-1 / 3, -4 / 3, 5 / 3]),
    "ex-fibre": judge_function(
        lambda copies, inputs: (copies + 1) * (inputs + 1) - inputs,
        grid={"copies": (0, 1, 3), "inputs": (1, 2, 5)},
        slips={
            "A single unit can be rescaled, too.": lambda copies, inputs: copies * (inputs + 1),
            "That is the number of parameters; there are constraints.": (
                lambda copies, inputs: (copies + 1) * (inputs + 1)
            ),
        },
    ),
    "ex-quartic": judge_number(
        lambda: quartic(0.5) / quartic(0.1),
        slips={
            "That is the ratio of λ(1−λ); the loss is the square of the change of f.": (
                lambda: 0.25 / 0.09
            ),
        },
    ),
    "ex-zero-errors": judge_function(
        lambda bound: 1 - math.exp(-bound),
        grid={"bound": (1e-3, 0.1, 1.0)},
        slips={
            "That is Pinsker's inequality, which is far from sharp here.": (
                lambda bound: math.sqrt(bound / 2)
            ),
            "That is the leading term for small bounds.": lambda bound: bound,
        },
    ),
    "ex-cone-interval": judge_function(
        inactive_cost,
        grid={"low": (-1.0, 0.0, 2.0), "high": (3.0, 50.0)},
        slips={
            "Being active everywhere is not meant; but it has the same probability. Is the "
            "circle 2π?": lambda low, high: (
                -math.log((math.pi - math.atan(high) + math.atan(low)) / math.pi)
            ),
            "That is the probability; its cost is asked for.": (
                lambda low, high: math.exp(-inactive_cost(low, high))
            ),
        },
    ),
    "ex-quiet-unit": judge_function(
        output_variance,
        grid={"n": (10.0, 1000.0), "spread": (1.0, 2.0), "slope": (0.1,), "outputs": (1, 3)},
        slips={
            "The divergence has the factor M/2.": (
                lambda n, spread, slope, outputs: 1 / (1 / spread**2 + n * slope / outputs)
            ),
            "That is what it tends to for large n.": (
                lambda n, spread, slope, outputs: outputs / (2 * n * slope)
            ),
        },
    ),
    "ex-least-trace": judge_function(
        lambda v, w, x: 2 * abs(v * w) * x**2,
        grid={"v": (1.0, -3.0), "w": (0.5, 2.0), "x": (1.0, 2.0)},
        slips={
            "That is the trace at β = 1.": lambda v, w, x: (v**2 + w**2) * x**2,
        },
    ),
    "ex-three-into-two": judge_number(
        lambda: expansion_count(2, 3),
        slips={
            "Three omissions lead to this number: the third unit may be silent, it may be a copy, "
            "and it matters which unit plays which of the teacher's. Which is yours?": (
                lambda: surjections(2, 3)
            ),
        },
        tolerance=1e-9,
    ),
    "ex-odd-counts": judge_function(
        lambda teacher, width: expansion_count(int(teacher), int(width), odd=True),
        grid={"teacher": (0, 1, 2), "width": (2, 3, 4)},
        slips={
            "Those are the counts for a free activation.": (
                lambda teacher, width: expansion_count(int(teacher), int(width))
            ),
            "A unit with w = 0 is silent, whatever v is.": lambda teacher, width: odd_alive(
                int(teacher), int(width)
            ),
        },
        tolerance=1e-9,
    ),
    "ex-decay-share": judge_function(
        lambda v, w: abs(v) / abs(w),
        grid={"v": (1.0, -6.0), "w": (0.5, 2.0)},
        slips={
            "The input weights are paid for by every copy.": lambda v, w: float(abs(v)),
            "Differentiate v²/n + n w².": lambda v, w: v**2 / w**2,
        },
    ),
    "ex-chain": judge_function(
        lambda depth, y: depth * y ** (2 - 2 / depth),
        grid={"depth": (1, 2, 3, 6), "y": (0.5, 2.0)},
        slips={
            "Each factor contributes the square of the product of the others.": (
                lambda depth, y: y ** (2 - 2 / depth)
            ),
        },
    ),
    "ex-three-units": judge_number(
        lambda: -2.0,
        slips={
            "Odd orders cancel, too.": lambda: -1.0,
            "The error falls.": lambda: 2.0,
        },
    ),
    "ex-channel-power": judge_number(
        lambda: 1 / 6,
        slips={
            "That is the power when κ > 0.": lambda: 1 / 4,
            "That is the power of the loss.": lambda: -2 / 3,
        },
    ),
}


def odd_alive(teacher: int, width: int) -> int:
    """Return the count for odd σ without dead units: a slip. Source: ex-odd-counts."""
    return sum(
        (-1) ** (width - alive)
        * math.comb(width, alive)
        * expansion_count(teacher, alive, odd=True)
        for alive in range(width + 1)
    )
