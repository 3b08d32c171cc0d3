"""The exercises of chapter 2 that can be checked, each with the function that its answer is."""

import math
from typing import Any

import torch
from torch.func import hessian

from ldyn.core import (
    Judge,
    Verdict,
    check_answer,
    judge_function,
    judge_number,
    judge_tensor,
)
from ldyn.landscape.blocks import last_unit_forms
from ldyn.landscape.minima import levenberg_marquardt
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


def other_curvature(*, whole: bool = False) -> float:
    """Return G for 2 tanh x + tanh 4x and one unit, or ∂²L/∂w² there. Source: ex-other-sign."""
    toy = fukumizu_amari_toy()
    y = 2 * torch.tanh(toy.x) + torch.tanh(4 * toy.x)
    start = torch.tensor([[3.0, 1.5]], dtype=toy.x.dtype)
    theta = levenberg_marquardt(toy.net.residuals, start, (toy.x[None], y[None])).theta[0]
    if whole:
        return hessian(toy.net.loss)(theta, toy.x, y)[1, 1].item()
    return last_unit_forms(toy.net, theta, toy.x, y).curvature.item()


def orders(needed: float, surplus: float) -> float:
    """Return ln((H₀ + K)!/K!), the nats that all orders save. Source: ex-all-orders."""
    return math.lgamma(needed + surplus + 1) - math.lgamma(surplus + 1)


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
    "ex-other-sign": judge_number(
        other_curvature,
        slips={
            "That is ∂²L/∂w², which has a Gauss–Newton part besides G.": lambda: other_curvature(
                whole=True
            ),
            "A sign is wrong: the residual is f − y; or look at the sign of tanh″.": lambda: (
                -other_curvature()
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
    "ex-two-sheets": judge_function(
        lambda inputs, outputs: max(inputs, outputs) + 2,
        grid={"inputs": (1, 2, 5), "outputs": (1, 2, 4)},
        slips={
            "The output weights need not be parallel.": lambda inputs, outputs: inputs + 2,
            "The input weights need not be parallel.": lambda inputs, outputs: outputs + 2,
            "That is the dimension of what both sheets have in common.": (
                lambda inputs, outputs: 3.0
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
    "ex-all-orders": judge_function(
        orders,
        grid={"needed": (1, 3, 4), "surplus": (1, 2)},
        slips={
            "That is what the places save; the needed units have an order, too.": (
                lambda needed, surplus: orders(needed, surplus) - math.lgamma(needed + 1)
            ),
            "Two surplus units that change places leave the posterior as it is.": (
                lambda needed, surplus: math.lgamma(needed + surplus + 1)
            ),
        },
    ),
    "ex-free-units": judge_function(
        lambda needed, chance: needed * chance / (1 - chance),
        grid={"needed": (3, 30), "chance": (0.1, 0.25, 0.5)},
        slips={
            "The surplus units are themselves among the H₀ + K.": (
                lambda needed, chance: needed * chance
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
