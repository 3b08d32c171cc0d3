"""Chapter 4, what benchmarks leak: rules on marginals, moved marginals, scale, ties and twins."""

import pytest
import torch

from ldyn.causal import (
    Evaluation,
    accuracy_difference,
    closer_to_normal,
    exchanged_marginals,
    igci,
    reci,
    sample_pairs,
    standardised,
    to_unit,
    wider_range,
)
from ldyn.core import frozen, share_interval, stream

F64 = torch.float64
STUDY = {(r["rows"], r["margins"], r["pairs"], r["method"]): r for r in frozen("baselines").rows}
REAL = [r["weight"] for r in frozen("protocols").rows if r["pair"] not in (47, 70, 107)]
MADE = ("AN", "LS", "SIM", "SIM-c")
BOTH = ("anm", "loci likelihood", "loci hsic", "heci", "reci unit", "reci standard", "quantiles")


def accuracy(method, pairs, margins="as they are", rows=0):
    return STUDY[rows, margins, pairs, method]["accuracy"]


def judged(method, pairs, margins="as they are"):
    support = torch.tensor(STUDY[0, margins, pairs, method]["support"], dtype=F64)
    weights = REAL if pairs == "tuebingen" else [1.0] * 100
    return Evaluation(support=support, weights=torch.tensor(weights, dtype=F64))


def together(method, sets, margins="as they are"):
    parts = [judged(method, s, margins) for s in sets]
    return Evaluation(
        support=torch.cat([p.support for p in parts]), weights=torch.cat([p.weights for p in parts])
    )


def test_a_bell_curve_decides_additive_noise(claim):
    found = min(accuracy("closer to normal", s) for s in ("AN", "LS"))
    interval = share_interval(round(100 * found), 100)
    claim("leaks-bell", measured=interval.value, low=interval.low, high=interval.high)
    assert interval.low > 0.9


def test_the_recipe_leaks_and_not_the_hundred_pairs(claim):
    """Pairs drawn anew from the published recipe of AN."""
    cause, effect = sample_pairs("an", 300, 300, seed=1)
    right = sum(closer_to_normal(x, y) > 0 for x, y in zip(cause, effect, strict=True))
    interval = share_interval(right, 300)
    claim("leaks-recipe", measured=interval.value, low=interval.low, high=interval.high)
    assert interval.low > 0.9


def test_a_rule_on_ranges_decides_the_real_pairs(claim):
    found = judged("wider range", "tuebingen").interval()
    claim("leaks-range", measured=found.value, low=found.low, high=found.high)
    assert found.low > 0.5


def test_no_method_is_shown_to_beat_the_rule_on_ranges(claim):
    rule = judged("wider range", "tuebingen")
    gains = [accuracy_difference(judged(m, "tuebingen"), rule) for m in BOTH]
    best = max(gains, key=lambda g: g.value)
    claim("leaks-beaten", measured=best.value, low=best.low, high=best.high)
    assert best.low <= 0


def test_halfway_a_score_of_marginals_says_nothing(claim):
    """prop-matched, on pairs of six families: largest score, and largest s_t + s_(1 − t)."""
    largest = 0.0
    for family in ("an", "ls", "multi", "net", "pnl", "multiplicative"):
        for pair in zip(*sample_pairs(family, 5, 200, seed=2), strict=True):
            x, y = (c + 1e-9 * torch.randn(200, generator=stream("untied")) for c in pair)
            for rule in (closer_to_normal, wider_range, igci):
                at = [rule(*exchanged_marginals(x, y, share=t)) for t in (0.2, 0.5, 0.8)]
                size = max(1.0, abs(at[0]))
                largest = max(largest, abs(at[1]) / size, abs(at[0] + at[2]) / size)
    claim("leaks-halfway", measured="≤ 1e-9" if largest <= 1e-9 else f"{largest:.0e}")
    assert largest <= 1e-9


def test_the_scale_of_reci_is_the_rule_of_the_range(claim):
    """prop-error-scale: how often do both sides disagree?"""
    apart = 0
    for family in ("an", "ls", "multi", "net", "sim"):
        for x, y in zip(*sample_pairs(family, 20, 200, seed=3), strict=True):
            a, b = standardised(x), standardised(y)
            forth, back = ((v - cubic(u, v)).square().mean().log() for u, v in ((a, b), (b, a)))
            spread = [to_unit(c).std(correction=0).log() for c in (x, y)]
            apart += int((back - forth + 2 * (spread[0] - spread[1]) > 0) != (reci(x, y) > 0))
    claim("leaks-scale", measured=apart)
    assert apart == 0
    for s in MADE:
        assert accuracy("reci unit", s, "matched") == accuracy("reci standard", s, "matched")


def cubic(x, y):
    powers = torch.stack([x**k for k in range(4)], 1)
    return powers @ torch.linalg.lstsq(powers, y[:, None]).solution[:, 0]


def test_ranks_alone_do_not_move(claim):
    """prop-ranks-only: pairs of AN, LS, SIM, SIM-c that are decided otherwise when moved."""
    moved = sum(
        int((judged("quantiles", s, m).right != judged("quantiles", s).right).sum())
        for s in MADE
        for m in ("matched", "cause moved", "effect moved", "exchanged")
    )
    claim("leaks-ranks", measured=moved)
    assert moved == 0


@pytest.mark.xfail(strict=True, reason="what was right on AN and LS is right on matched pairs too")
def test_matched_additive_noise_falls(claim):
    """The prediction: from 100 to between 60 and 80 on matched AN and LS."""
    good = [(m, s) for m in BOTH for s in ("AN", "LS") if accuracy(m, s) >= 0.97]
    left = {(m, s): accuracy(m, s, "matched") for m, s in good}
    best = share_interval(round(100 * max(left.values())), 100)
    claim("leaks-fall", measured=best.value, low=best.low, high=best.high)
    assert max(left.values()) <= 0.8


def test_bending_a_column_turns_models_of_noise(claim):
    """Additive noise and location and scale survive a map of the cause, not one of the effect."""
    gains = [
        accuracy_difference(together(m, MADE, "cause moved"), together(m, MADE, "effect moved"))
        for m in ("anm", "loci likelihood", "loci hsic")
    ]
    least = min(gains, key=lambda g: g.value)
    claim("leaks-model", measured=least.value, low=least.low, high=least.high)
    assert least.low > 0


def test_what_the_page_says_of_the_key_figure():
    """Three answers: AN and LS did not need their leak, SIM hangs on its scale, little is left."""
    for s in ("AN", "LS"):
        assert accuracy("reci unit", s) < 0.5 < 0.85 < accuracy("reci unit", s, "matched")
        high = [m for m in BOTH if accuracy(m, s) >= 0.97]
        assert len(high) >= 3
        assert all(accuracy(m, s, e) > 0.9 for m in high for e in ("cause moved", "effect moved"))
    for m in ("anm", "loci hsic"):
        moves = ("effect moved", "matched", "as they are", "cause moved")
        found = [accuracy(m, "SIM", e) for e in moves]
        assert found == sorted(found)
        assert found[0] < 0.5
    for m in ("anm", "loci hsic", "heci"):
        assert accuracy(m, "tuebingen", "matched") < accuracy(m, "tuebingen")
        assert judged(m, "tuebingen", "matched").interval().low < 0.5


def test_how_ties_are_broken_moves_the_real_pairs(claim):
    gap = accuracy_difference(
        judged("quantiles", "tuebingen"), judged("quantiles, shared ties", "tuebingen")
    )
    claim("leaks-ties", measured=gap.value, low=gap.low, high=gap.high)
    assert gap.low > 0
    for s in ("AN", "LS"):
        assert accuracy("quantiles", s) == accuracy("quantiles, shared ties", s)


def test_twins_give_a_label_away(claim):
    right = {r["left_out"]: [float(c) for c in r["right"]] for r in frozen("near_duplicates").rows}
    ones = torch.ones(99, dtype=F64)
    alone, whole = (
        Evaluation(support=2 * torch.tensor(right[k], dtype=F64) - 1, weights=ones)
        for k in ("pair", "source")
    )
    gap = accuracy_difference(alone, whole)
    claim("leaks-twins", measured=gap.value, low=gap.low, high=gap.high)
    assert gap.low > 0


# What other implementations have on the same files, all rows, in per cent: AN, LS, SIM, SIM-c and,
# weighted, the 99 real pairs. Two pairs of difference are allowed, there two of weight 1.
KNOWN = {
    "reci unit": (46, 41, 55, 66, 66.3),
    "reci standard": (95, 94, 62, 65, 55.1),
    "anm": (100, 61, 78, 82, 66.4),
    "loci likelihood": (100, 100, 53, 50, 61.9),
    "loci hsic": (100, 97, 79, 80, 65.2),
    "heci": (98, 92, 49, 55, 70.5),
    "igci uniform": (20, 46, 37, 45, 68.0),
    "closer to normal": (97, 99, 39, 40, 44.0),
    "wider range": (16, 17, 46, 50, 72.9),
}


@pytest.mark.parametrize("method", KNOWN)
def test_known_accuracies(method):
    for s, known in zip((*MADE, "tuebingen"), KNOWN[method], strict=True):
        allowed = 200 / sum(REAL) if s == "tuebingen" else 2
        assert 100 * accuracy(method, s) == pytest.approx(known, abs=allowed + 0.05), s
