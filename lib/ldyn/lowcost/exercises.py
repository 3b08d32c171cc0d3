"""The exercises of chapter 5 that can be checked, each with the function that its answer is."""

import math
from typing import Any

from ldyn.core import Judge, Verdict, check_answer, judge_function, judge_number
from ldyn.lowcost.layer_exercises import LAYER_EXERCISES


def check(exercise: str, answer: Any) -> Verdict:
    """Return whether `answer` solves the exercise, and if not a hint that keeps the solution.

    Arguments: `exercise` the label "ex-…" of a page; `answer` what that exercise asks for: a
    number or a function of numbers.
    Raises: ValueError for an unknown exercise, with the known ones.
    Source: ex-gaussian-pairs.
    """
    return check_answer(EXERCISES, exercise, answer)


def _nothing_known(box: float) -> float:
    """Return ∫_0^b (1 − k)² dt / π of the Gaussian kernel of bandwidth 1."""
    once = math.sqrt(math.pi / 2) * math.erf(box / math.sqrt(2))
    return (box - 2 * once + math.sqrt(math.pi) / 2 * math.erf(box)) / math.pi


def _descent_over_ridge(a: float) -> float:
    return (1 + a) * -math.expm1(-a) / a


EXERCISES: dict[str, Judge] = {
    "ex-gaussian-pairs": judge_function(
        lambda value, pairs: (1 - value**2) ** 2 / (2 * pairs),
        grid={"value": (0.1, 0.5, 0.9), "pairs": (10.0, 400.0)},
        slips={"k(2δ) is k(δ)⁴, not k(δ)².": lambda k, q: (1 - k**2) / (2 * q)},
    ),
    "ex-phases": judge_function(
        lambda value, features: (1 + value**4 / 2 - value**2) / features,
        grid={"value": (0.1, 0.5, 0.9), "features": (10.0, 400.0)},
        slips={"The phase adds a cosine of its own.": lambda k, m: (1 - k**2) ** 2 / (2 * m)},
    ),
    "ex-one-frequency": judge_function(
        _nothing_known,
        grid={"box": (0.3, 1.0, 4.0)},
        slips={"That is the mean squared error.": lambda b: _nothing_known(b) * math.pi / b},
    ),
    "ex-square-decay": judge_function(
        lambda rows, ridge: math.pi / 2 * math.sqrt(rows / ridge),
        grid={"rows": (1e6, 1e8), "ridge": (0.01, 0.5)},
        slips={"Σ 1/(1 + x²) is not 1.": lambda n, ridge: math.sqrt(n / ridge)},
    ),
    "ex-first-pivot": judge_function(
        lambda large, small: 2 * large * small / (large + small),
        grid={"large": (1.2, 1.9), "small": (0.1, 0.8)},
        slips={"That is the best there is.": lambda large, small: small},
    ),
    "ex-rare-group": judge_number(
        lambda: math.ceil(math.log(0.05) / math.log(0.99)),
        slips={"Round up.": lambda: math.floor(math.log(0.05) / math.log(0.99))},
    ),
    "ex-steps-needed": judge_number(
        lambda: 21, slips={"The bound begins at 2, not at 1.": lambda: 20}
    ),
    "ex-tail-rank": judge_function(
        lambda rows, ridge: math.ceil(math.log2(rows / ridge)),
        grid={"rows": (1e3, 1e5, 1e7), "ridge": (1e-3, 0.3)},
    ),
    "ex-two-filters": judge_number(
        lambda: max(_descent_over_ridge(1 + k / 1000) for k in range(1500)), tolerance=1e-3
    ),
    "ex-twins": judge_function(
        lambda ridge: ridge / (1 + ridge),
        grid={"ridge": (0.01, 0.5, 3.0)},
        slips={"That is the residual of the fit with both.": lambda ridge: ridge / (2 + ridge)},
    ),
    "ex-half-precision": judge_function(
        lambda ridge: 3 * 2**24 * ridge**2,
        grid={"ridge": (0.003, 0.03, 0.1)},
        slips={"That is the library's limit, at half the ridge.": lambda r: 0.75 * 2**24 * r**2},
    ),
    "ex-merged-spread": judge_function(
        lambda first, second, gap: first * second / (first + second) * gap**2,
        grid={"first": (10.0, 100.0), "second": (50.0, 400.0), "gap": (0.5, 2.0)},
    ),
    "ex-billion": judge_number(
        lambda: 1e9 * 2e4**2 / 50e12 / 3600,
        slips={"Only half of a symmetric matrix is needed.": lambda: 1e9 * 2e4**2 / 25e12 / 3600},
    ),
    "ex-two-pictures": judge_function(
        lambda x, noise: math.tanh(x / noise**2),
        grid={"x": (-0.7, 0.2, 3.0), "noise": (0.5, 1.0, 4.0)},
        slips={"The squares differ by 4x, over 2σ².": lambda x, noise: math.tanh(x / 2 / noise**2)},
    ),
    "ex-chance-copy": judge_function(
        lambda pictures, blocks: pictures ** (1 - blocks),
        grid={"pictures": (10.0, 1000.0), "blocks": (1.0, 4.0)},
        slips={"Any of the pictures will do.": lambda pictures, blocks: pictures**-blocks},
    ),
    "ex-best-steps": judge_function(
        lambda steps: math.cos(math.pi / 2 / steps) ** (2 * steps),
        grid={"steps": (2.0, 12.0, 200.0)},
        slips={"Variances, not deviations.": lambda t: math.cos(math.pi / 2 / t) ** t},
    ),
    "ex-gamma": judge_function(
        lambda columns: math.sqrt(columns / 2),
        grid={"columns": (2.0, 10.0, 784.0)},
        slips={"γ multiplies r², and 1/2h² does.": lambda columns: math.sqrt(columns)},
    ),
    "ex-equal-error": judge_number(lambda: 0.1),
    "ex-level-width": judge_number(lambda: 1 / (math.pi * math.sqrt(0.75))),
    "ex-level-order": judge_function(
        lambda width: -math.log2(0.25 + 1 / (math.pi * width) ** 2) / 2,
        grid={"width": (1.0, 2.0, 5.0)},
        slips={"That is α², not α.": lambda w: -math.log2(0.25 + 1 / (math.pi * w) ** 2)},
    ),
    "ex-two-sided-steps": judge_function(
        lambda reach, shift: (2 * reach + 1 - shift) / (2 * reach + 1) ** 2,
        grid={"reach": (2.0, 5.0), "shift": (0.0, 1.0, 3.0)},
        slips={"Count the pairs with this difference.": lambda reach, _: 1 / (4 * reach + 1)},
    ),
    "ex-worst-steps": judge_number(
        lambda: math.cos(4.493409457909064), slips={"That is r = 1.": lambda: -1 / 3}
    ),
    "ex-shared-fits": judge_function(
        lambda folds, layers: math.comb(int(folds), int(layers) - 1),
        grid={"folds": (4.0, 7.0), "layers": (2.0, 3.0, 4.0)},
        slips={"The order does not matter.": lambda k, n: math.perm(int(k), int(n) - 1)},
    ),
    "ex-count-features": judge_number(
        lambda: 2 * (16 * 384 + 4 * 768), slips={"Both signs count.": lambda: 16 * 384 + 4 * 768}
    ),
    "ex-triangle-memory": judge_number(
        lambda: (math.isqrt(1 + 20 * 2**30) - 1) // 2,
        tolerance=1e-9,
        slips={"Half of a symmetric matrix is enough.": lambda: math.isqrt(10 * 2**28)},
    ),
    "ex-break-even-hours": judge_function(
        lambda kernel, each, network, network_each, wage, answers: (
            (kernel - network + answers * (each - network_each)) / wage
        ),
        grid={
            "kernel": (5.0, 40.0),
            "each": (0.01,),
            "network": (3.0, 20.0),
            "network_each": (0.002,),
            "wage": (30.0, 80.0),
            "answers": (1e3, 1e6),
        },
        slips={
            "What is paid before the first answer counts, too.": lambda k, s, n, t, w, m: (
                m * (s - t) / w
            )
        },
    ),
    **LAYER_EXERCISES,
}
