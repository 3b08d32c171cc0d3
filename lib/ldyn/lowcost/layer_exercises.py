"""Exercises on resolutions, honest layers and pictures that can be checked, with their answers."""

import math
from statistics import NormalDist

from ldyn.core import Judge, judge_function, judge_number

NORMAL = NormalDist()


def _total_price(width: float, error: float = 0.01) -> float:
    """Return finest sites × √(condition bound) at α^L = error, both up to a constant factor."""
    order = -math.log2(math.hypot(0.5, 1 / (math.pi * width)))
    return error ** (-1 / order) / math.tanh(0.5 / width)


def _rounded_cells(cell: float, rows: float, noise: float) -> float:
    return NORMAL.cdf(-math.sqrt(cell) / (2 * noise)) + cell / (4 * rows)


def _worst_harm(lead: float) -> float:
    return max(x / 1000 * NORMAL.cdf(-x / 1000 - lead) for x in range(2000))


def _shares_of_noise(correlation: float, noise: float, ridge: float) -> float:
    spread = (1 + correlation + noise, 1 - correlation + noise)
    left, total = (sum(v / (s + ridge) for s, v in zip(spread, top, strict=True))
                   for top in ((noise, noise), spread))  # fmt: skip
    return left / total


def _turn(classes: float, steps: float, pivots: float, components: float) -> float:
    """Return the root n of n³/6 = s n² C + n k (k + d + 4 s C)."""
    each = steps * classes
    rest = pivots * (pivots + components + 4 * each)
    return 3 * (each + math.sqrt(each**2 + 2 * rest / 3))


def _any_above(moves: int = 10) -> float:
    """Return the chance that one of the moves is above zero, all measured from one base."""
    limit, step = NORMAL.inv_cdf(0.975) * math.sqrt(2), 0.01
    grid = (k * step for k in range(-800, 801))
    return sum(NORMAL.pdf(z) * (1 - NORMAL.cdf(limit + z) ** moves) for z in grid) * step


def _unseen(dim: float, steps: float) -> float:
    return (dim + 5) / 2 / (1 - math.cos(math.pi / 2 / steps) ** steps) ** 2


LAYER_EXERCISES: dict[str, Judge] = {
    "ex-sag": judge_function(
        lambda width: 1 - 1 / math.cosh(0.5 / width),
        grid={"width": (0.5, 1.0, 4.0)},
        slips={"The middle is half a gap away.": lambda width: 1 - 1 / math.cosh(1 / width)},
    ),
    "ex-level-price": judge_number(
        lambda: min((0.4 + k / 500 for k in range(3000)), key=_total_price), tolerance=0.02
    ),
    "ex-backfitting": judge_function(
        lambda first, second, ridge: first * second / ((first + ridge) * (second + ridge)),
        grid={"first": (0.5, 2.0), "second": (1.0, 3.0), "ridge": (0.01, 0.4)},
        slips={
            "That is half a sweep.": lambda first, second, ridge: first / (first + ridge),
        },
    ),
    "ex-cells-by-hand": judge_function(
        _rounded_cells,
        grid={"cell": (3.0, 6.0), "rows": (1e3, 1e4), "noise": (0.3, 0.5)},
        slips={
            "Rounding makes it min(θ, 1 − θ), not θ(1 − θ).": lambda q, n, noise: (
                _rounded_cells(q, n, noise) - q / (12 * n)
            )
        },
    ),
    "ex-more-folds": judge_function(
        lambda folds, places: 2 / (folds * places),
        grid={"folds": (2.0, 5.0), "places": (20.0, 100.0)},
        slips={"A fold has a K-th of the rows.": lambda folds, places: 1 / places},
    ),
    "ex-lead": judge_function(
        _worst_harm,
        grid={"lead": (0.0, 1.0, 2.0)},
        slips={"That is the chance of harm, not its size.": lambda lead: NORMAL.cdf(-lead)},
        tolerance=1e-3,
    ),
    "ex-sign-bits": judge_function(
        lambda angle, bits: math.sqrt(angle * (math.pi - angle) / bits),
        grid={"angle": (0.1, 1.0, 2.5), "bits": (100.0, 7200.0)},
        slips={
            "That is the share of bits; the angle is π times as much.": lambda angle, bits: (
                math.sqrt(angle * (math.pi - angle) / bits) / math.pi
            )
        },
    ),
    "ex-wedge": judge_function(
        lambda side: math.comb(math.ceil(side / 2) + 1, 2),
        grid={"side": (4.0, 7.0, 28.0)},
        slips={"Pixels on an axis have fewer images.": lambda side: side**2 / 8},
    ),
    "ex-two-mirrors": judge_function(
        lambda keep: 2 * keep - 1,
        grid={"keep": (0.2, 1 / 3, 0.7)},
    ),
    "ex-two-pixels": judge_function(
        _shares_of_noise,
        grid={"correlation": (0.5, 0.98), "noise": (0.02, 0.3), "ridge": (0.01, 0.5)},
        slips={
            "Whitened without the ridge.": lambda correlation, noise, ridge: _shares_of_noise(
                correlation, noise, 0.0
            )
        },
    ),
    "ex-receptive-field": judge_function(
        lambda patch, upper, layers: patch + (2 * upper - 1) * (2 ** (layers - 1) - 1),
        grid={"patch": (5.0, 6.0), "upper": (3.0, 5.0), "layers": (1.0, 2.0, 4.0)},
        slips={
            "Half of the pixels are read twice, none is left out.": lambda patch, upper, layers: (
                patch + 2 * (upper - 1) * (2 ** (layers - 1) - 1)
            )
        },
    ),
    "ex-factor-or-steps": judge_function(
        _turn,
        grid={
            "classes": (2.0, 10.0),
            "steps": (20.0, 60.0),
            "pivots": (0.0, 1500.0),
            "components": (500.0, 2048.0),
        },
        slips={"Pivots are not free.": lambda c, s, k, d: 6 * c * s},
    ),
    "ex-tell-apart": judge_function(
        lambda gap, differ: (
            (NORMAL.inv_cdf(0.975) + NORMAL.inv_cdf(0.8)) ** 2 * (differ - gap**2) / gap**2
        ),
        grid={"gap": (0.001, 0.01), "differ": (0.02, 0.1)},
        slips={"At 1.96 the power is a half.": lambda g, q: 1.96**2 * (q - g**2) / g**2},
        tolerance=5e-3,
    ),
    "ex-ten-moves": judge_number(
        _any_above,
        slips={"They are measured from one base.": lambda: 1 - 0.975**10},
        tolerance=0.01,
    ),
    "ex-very-near": judge_function(
        lambda dim: -math.expm1(-math.log(2) / 2**dim),
        grid={"dim": (1.0, 4.0, 10.0)},
        slips={"That is its first order.": lambda dim: math.log(2) / 2**dim},
    ),
    "ex-repeats": judge_function(
        lambda ratio: 1 - math.exp(-ratio) * (1 + ratio + ratio**2 / 2),
        grid={"ratio": (0.2, 1.0, 3.0)},
        slips={
            "Three others are enough.": lambda r: 1 - math.exp(-r) * (1 + r + r**2 / 2 + r**3 / 6)
        },
    ),
    "ex-steps-unseen": judge_function(
        _unseen,
        grid={"dim": (1.0, 40.0), "steps": (6.0, 12.0, 24.0)},
        slips={
            "Deviations, not variances.": lambda d, t: (
                (d + 5) / 2 / (1 - math.cos(math.pi / 2 / t) ** (2 * t)) ** 2
            )
        },
    ),
    "ex-two-step-copies": judge_function(
        lambda level: math.erfc(level * math.atanh(0.99) / math.sqrt(2)),
        grid={"level": (0.05, 0.3, 1.0)},
        slips={
            "On both sides.": lambda level: math.erfc(level * math.atanh(0.99) / math.sqrt(2)) / 2
        },
    ),
    "ex-mixture": judge_function(
        lambda x, noise, gap: (
            (x + noise**2 * gap * math.tanh(gap * x / (1 + noise**2))) / (1 + noise**2)
        ),
        grid={"x": (-0.5, 0.2, 3.0), "noise": (0.3, 2.0), "gap": (1.0, 3.0)},
        slips={
            "The classes have a width of their own.": lambda x, noise, gap: (
                gap * math.tanh(gap * x / noise**2)
            )
        },
    ),
}
