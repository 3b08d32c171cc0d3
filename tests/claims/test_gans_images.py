"""Chapter 3's claims about pictures and about the weight of R1 and R2."""

import pytest
import torch

from ldyn.core import frozen, mean_interval
from ldyn.gans import stable_windows

IMAGES, TRIAL = frozen("images"), frozen("gamma_rule")
DATA = ("digits", "fashion")
FACTORS = TRIAL.values("factor")


def trained(data):
    return [r for r in IMAGES.where(data=data).rows if r["arm"] != "real"]


def chosen(data, arm):
    """The rows of a game at the rate that the part for choosing chooses, one a seed."""
    rows = [r for r in trained(data) if r["arm"] == arm]
    by_rate = {}
    for r in rows:
        value = float("inf") if r["choose"] is None else r["choose"]
        by_rate.setdefault(r["exponent"], []).append(value)
    best = min(by_rate, key=lambda e: sum(by_rate[e]))
    return [r for r in rows if r["exponent"] == best]


def games(data):
    return sorted({r["arm"] for r in trained(data)})


def errors(data, factor):
    """Errors (seeds, steps), infinite where training diverged, and the steps' exponents."""
    rows = TRIAL.where(data=data, factor=factor).rows
    rows = sorted(rows, key=lambda r: (r["seed"], r["exponent"]))
    values = [float("inf") if r["error"] is None else r["error"] for r in rows]
    steps = torch.tensor(sorted({r["exponent"] for r in rows}), dtype=torch.float64)
    return torch.tensor(values, dtype=torch.float64).reshape(-1, len(steps)), steps


REMEDIES = [(a, "none") for a in ("penalty", "norm", "both")] + [("classify+R1", "classify")]


def mean(data, arm, field="frechet"):
    rows = chosen(data, arm)
    return sum(r[field] for r in rows) / len(rows)


def swing(data, arm):
    """The largest over the least distance on the part for choosing, among the rates."""
    by_rate = {}
    for r in trained(data):
        if r["arm"] == arm:
            value = float("inf") if r["choose"] is None else r["choose"]
            by_rate.setdefault(r["exponent"], []).append(value)
    means = [sum(v) / len(v) for v in by_rate.values()]
    return max(means) / min(means)


def test_every_remedy_makes_the_rate_less_critical(claim):
    least = min(swing(data, b) / swing(data, a) for data in DATA for a, b in REMEDIES)
    claim("images-rate", measured=least)
    assert least > 1


def test_every_remedy_makes_better_pictures(claim):
    least = min(mean(data, b) / mean(data, a) for data in DATA for a, b in REMEDIES)
    claim("images-remedies", measured=least)
    assert least > 1


def test_smooth_activations_make_poorer_pictures(claim):
    least = min(mean(data, "smooth") / mean(data, "both") for data in DATA)
    claim("images-smooth", measured=least)
    assert least > 1


def test_nobody_copies_and_no_class_is_lost(claim):
    real = {data: IMAGES.where(data=data, arm="real").rows[0]["nearest"] for data in DATA}
    least = min(
        r["nearest"] / real[data] for data in DATA for a in games(data) for r in chosen(data, a)
    )
    claim("images-copies", measured=least)
    assert least > 1
    assert all(r["classes"] == 10 for data in DATA for a in games(data) for r in chosen(data, a))


def least_errors(data):
    return {f: errors(data, f)[0].mean(0).min().item() for f in FACTORS}


def test_the_rule_is_near_the_best_weight(claim):
    found = [least_errors(data) for data in TRIAL.values("data")]
    worst = max(e[1.0] / min(e.values()) for e in found)
    claim("gamma-rule", measured=worst)
    assert len(found) == 3
    assert worst < 1.25


def test_a_hundredth_of_the_rule_doubles_the_error(claim):
    least = min(e[0.01] / e[1.0] for e in map(least_errors, TRIAL.values("data")))
    claim("gamma-small", measured=least)
    assert least > 2


@pytest.mark.parametrize("data", ["ring", "wide"])
def test_the_longest_step_grows_with_the_weight(data):
    last = [stable_windows(*errors(data, f), threshold=4.0).high.mean() for f in FACTORS[:4]]
    assert last == sorted(last)
    assert last[-1] >= last[0] + 1


def test_the_rule_has_the_widest_window(claim):
    gains = []
    for data in ("ring", "wide"):
        width = {f: stable_windows(*errors(data, f), threshold=0.1).width for f in FACTORS}
        gains += [mean_interval(width[1.0] - width[f]) for f in FACTORS if f != 1.0]
    least = min(gains, key=lambda g: g.value)
    claim("gamma-window", measured=least.value, low=least.low, high=least.high)
    assert least.value > 0
