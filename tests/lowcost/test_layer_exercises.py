"""Typical mistakes in the exercises of the second half are told what is wrong."""

import math

import pytest
from exercises import hint
from layer_answers import cells_by_hand, level_order, two_pixels


@pytest.mark.parametrize(
    ("exercise", "answer", "says"),
    [
        ("ex-two-pictures", lambda x, noise: math.tanh(x / 2 / noise**2), "differ by 4x"),
        ("ex-chance-copy", lambda n, b: n**-b, "Any of"),
        ("ex-best-steps", lambda t: math.cos(math.pi / 2 / t) ** t, "Variances"),
        ("ex-level-order", lambda width: 2 * level_order(width), "not α"),
        ("ex-two-sided-steps", lambda reach, shift: 1 / (4 * reach + 1), "Count"),
        ("ex-worst-steps", -1 / 3, "r = 1"),
        ("ex-shared-fits", lambda folds, layers: math.perm(int(folds), int(layers) - 1), "order"),
        ("ex-sag", lambda width: 1 - 1 / math.cosh(1 / width), "half a gap"),
        ("ex-backfitting", lambda first, second, ridge: first / (first + ridge), "half a sweep"),
        (
            "ex-cells-by-hand",
            lambda cell, rows, noise: cells_by_hand(cell, rows, noise) - cell / (12 * rows),
            "Rounding",
        ),
        ("ex-more-folds", lambda folds, places: 1 / places, "K-th"),
        ("ex-lead", lambda lead: math.erfc(lead / math.sqrt(2)) / 2, "chance of harm"),
        ("ex-sign-bits", lambda t, m: math.sqrt(t * (math.pi - t) / m) / math.pi, "π times"),
        ("ex-wedge", lambda side: side**2 / 8, "on an axis"),
        ("ex-two-pixels", lambda r, noise, _: two_pixels(r, noise, 0.0), "without the ridge"),
        ("ex-receptive-field", lambda s, b, n: s + 2 * (b - 1) * (2 ** (n - 1) - 1), "twice"),
        ("ex-factor-or-steps", lambda c, s, k, d: 6 * c * s, "Pivots"),
        ("ex-tell-apart", lambda gap, q: 1.96**2 * (q - gap**2) / gap**2, "power"),
        ("ex-ten-moves", 0.2237, "one base"),
        ("ex-very-near", lambda dim: math.log(2) / 2**dim, "first order"),
        (
            "ex-repeats",
            lambda r: 1 - math.exp(-r) * (1 + r + r**2 / 2 + r**3 / 6),
            "Three others",
        ),
        (
            "ex-steps-unseen",
            lambda d, t: (d + 5) / 2 / (1 - math.cos(math.pi / 2 / t) ** (2 * t)) ** 2,
            "Deviations",
        ),
        (
            "ex-two-step-copies",
            lambda level: math.erfc(level * math.atanh(0.99) / math.sqrt(2)) / 2,
            "both sides",
        ),
        ("ex-mixture", lambda x, noise, a: a * math.tanh(a * x / noise**2), "width"),
    ],
)
def test_typical_mistakes_get_their_hint(exercise, answer, says):
    assert says in hint("lowcost", exercise, answer)
