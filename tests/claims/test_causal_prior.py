"""Chapter 4, the training distribution is the prior: ten families, a mixture, one column."""

import pytest
import torch

from ldyn.causal import sample_tasks
from ldyn.core import crossed_interval, frozen, share_interval, stream
from ldyn.data.laws import rows_standardised

FAMILIES = ("an", "ls", "anm", "lsnm", "pnl", "preadditive", "multi", "net", "gp2", "sim-like")


def accuracies(margins, train, family):
    """In %, (seeds, ten families and the real pairs)."""
    rows = frozen("transfer_map").where(margins=margins, train=train, family=family).rows
    found = [[100 * r[f] for f in (*FAMILIES, "tuebingen")] for r in rows]
    return torch.tensor(found, dtype=torch.float64)


def parts(margins):
    """(seeds, test families): trained on itself, mean of nine others, the other nine, all."""
    alone = torch.stack([accuracies(margins, "alone", f)[:, :10] for f in FAMILIES], 1)
    own = alone.diagonal(dim1=1, dim2=2)
    left = torch.stack([accuracies(margins, "without", f)[:, j] for j, f in enumerate(FAMILIES)], 1)
    return own, (alone.sum(1) - own) / 9, left, accuracies(margins, "all", "all")[:, :10]


def test_a_family_teaches_itself_and_not_another(claim):
    gaps = []
    for margins in ("drawn", "normal"):
        own, others, _, _ = parts(margins)
        gaps.append(crossed_interval(own - others))
    least = min(gaps, key=lambda g: g.value)
    claim("prior-diagonal", measured=least.value, low=least.low, high=least.high)
    assert all(g.low > 0 for g in gaps)


@pytest.mark.xfail(strict=True, reason="no interval over families and three seeds is clear of 0")
def test_what_is_left_out_costs(claim):
    gaps = []
    for margins in ("drawn", "normal"):
        _, _, left, whole = parts(margins)
        gaps.append(crossed_interval(whole - left))
    least = min(gaps, key=lambda g: g.value)
    claim("prior-left-out", measured=least.value, low=least.low, high=least.high)
    assert all(g.low > 0 for g in gaps)


@pytest.mark.xfail(strict=True, reason="with normal margins three seeds differ too much")
def test_nine_families_are_better_than_another_one(claim):
    gaps = []
    for margins in ("drawn", "normal"):
        _, others, left, _ = parts(margins)
        gaps.append(crossed_interval(left - others))
    least = min(gaps, key=lambda g: g.value)
    claim("prior-mixing", measured=least.value, low=least.low, high=least.high)
    assert all(g.low > 0 for g in gaps)


def test_the_best_rule_of_a_mixture_loses_no_more_than_the_bound(claim):
    """Random laws of twelve samples in three priors: (2) of the proposition, exactly."""
    worst = -1.0
    for k in range(200):
        draw = stream("mixture bound", k)
        m = torch.rand(2, 3, 12, generator=draw, dtype=torch.float64).pow(4)  # forth and back
        m = m / m.sum((0, 2), keepdim=True)
        w = torch.rand(3, generator=draw, dtype=torch.float64)
        w = w / w.sum()
        share = lambda rule: (m[0] * rule + m[1] * (1 - rule)).sum(1)  # noqa: E731, B023
        best = m.max(0).values.sum(1)
        mixed = (w[:, None] * (m[0] - m[1])).sum(0) > 0
        rule = torch.rand(12, generator=draw, dtype=torch.float64).round()
        bound = (w * (best - share(rule))).sum() / w
        worst = max(worst, (best - share(mixed.double()) - bound).max().item())
    claim("prior-regret", measured=worst)
    assert worst <= 1e-12


def test_one_column_of_the_wide_prior_tells_something(claim):
    """The more skewed column is the effect: what a rule gets that never sees both."""
    x, y = sample_tasks("wide", 4000, 200, seed="columns")
    skew = [rows_standardised(c).pow(3).mean(1).abs() for c in (x, y)]
    found = share_interval(int((skew[1] > skew[0]).sum()), 4000)
    claim("prior-columns", measured=found.value, low=found.low, high=found.high)
    assert found.low > 0.5
    assert found.high < 0.65


def test_what_the_page_says_of_the_map():
    """The sentences below the tables: shortcuts, mixing, and the real pairs."""
    drawn, normal = parts("drawn"), parts("normal")
    assert crossed_interval(drawn[2] - drawn[1]).low > 0
    for gap in (drawn[3] - drawn[2], normal[3] - normal[2], normal[2] - normal[1]):
        found = crossed_interval(gap)
        assert found.low < 0 < found.value < found.high
    assert crossed_interval(drawn[3] - drawn[0]).high < 0
    equal = crossed_interval(normal[3] - normal[0])
    assert equal.low < 0 < equal.high
    nets = torch.stack([accuracies("normal", "without", f)[:, :10].mean(1) for f in FAMILIES], 1)
    assert (nets < 60).sum() == 1
    kept = torch.arange(10) != nets.argmin() % 10
    assert crossed_interval((normal[2] - normal[1])[:, kept]).low < 0
    tables = {
        m: torch.stack([accuracies(m, "alone", f).mean(0) for f in FAMILIES])
        for m in ("drawn", "normal")
    }
    lowest = {m: t[:, :10].min() for m, t in tables.items()}
    assert lowest["drawn"] == tables["drawn"][FAMILIES.index("net"), FAMILIES.index("multi")] < 40
    assert lowest["normal"] > lowest["drawn"]
    real = {m: t[:, 10] for m, t in tables.items()}
    assert real["drawn"].max() - real["drawn"].min() > 30
    assert real["normal"].max() - real["normal"].min() < 20
