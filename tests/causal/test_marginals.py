"""Rules that see one column at a time, and columns that are made alike."""

import math

import pytest
import torch
from scipy.stats import kstest

from ldyn.causal import (
    closer_to_normal,
    exchanged_marginals,
    mid_ranks,
    more_values,
    standardised,
    wider_range,
)
from ldyn.core import stream

F64 = torch.float64
RULES = (wider_range, closer_to_normal, more_values)


def columns(n=200):
    g = stream("marginals", n)
    x, noise = torch.rand(n, generator=g, dtype=F64), torch.randn(n, generator=g, dtype=F64)
    return x, x + noise.exp()


def test_the_wider_range_is_that_of_the_uniform():
    x = torch.arange(1001, dtype=F64)
    two, one = torch.arange(1001) % 2 * 2.0, torch.zeros(1001).double()
    one[0] = 1
    assert wider_range(x, two) == pytest.approx(1 / math.sqrt(12) - 0.5, abs=1e-3)
    assert wider_range(x, one) == pytest.approx(
        1 / math.sqrt(12) - math.sqrt(1000) / 1001, abs=1e-3
    )


def test_the_distance_to_normal_is_that_of_kolmogorov_and_smirnov():
    x, y = columns()
    y = (2 * y).round()  # ties
    for a, b in ((x, y), (x, -y)):  # the largest gap on either side of the steps
        exact = [kstest(standardised(c).numpy(), "norm").statistic for c in (a, b)]
        assert closer_to_normal(a, b) == pytest.approx(exact[1] - exact[0], rel=1e-12)


def test_values_are_counted():
    x = torch.arange(20.0)
    assert more_values(x // 4, x) == pytest.approx(15 / 20)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_on_marginals_does_not_see_the_pairing(rule):
    x, y = columns()
    x = (20 * x).round()
    order = torch.randperm(len(x), generator=stream("pairing"))
    assert rule(x, y[order]) == pytest.approx(rule(x, y), rel=1e-12)


def test_halfway_both_columns_have_one_law():
    x, y = columns()
    a, b = exchanged_marginals(x, y)
    assert torch.equal(a.sort().values, b.sort().values)
    assert [rule(a, b) for rule in RULES] == [0, 0, 0]


def test_at_the_end_each_column_has_the_law_of_the_other():
    x, y = columns()
    for share in (0.0, 0.3, 1.0):
        (a, b), (c, d) = (exchanged_marginals(x, y, share=t) for t in (share, 1 - share))
        torch.testing.assert_close(a.sort().values, d.sort().values, rtol=0, atol=1e-14)
        torch.testing.assert_close(b.sort().values, c.sort().values, rtol=0, atol=1e-14)
        for rule in RULES:
            assert rule(a, b) == pytest.approx(-rule(c, d), abs=1e-12)
    assert torch.equal(exchanged_marginals(x, y, share=0.0)[0], standardised(x))


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_ranks_and_ties_stay(share):
    x, y = columns()
    x = (10 * x).round()
    a, b = exchanged_marginals(x, y, share=share)
    assert torch.equal(mid_ranks(a), mid_ranks(x))
    assert torch.equal(mid_ranks(b), mid_ranks(y))
    a, b = exchanged_marginals(x, y, share=1.0)  # now y has the ties of x as well
    assert torch.equal(mid_ranks(a), mid_ranks(x))
    assert len(b.unique()) <= 2 * len(x.unique())


def test_exchanged_columns_are_exchanged():
    x, y = columns()
    (a, b), (c, d) = exchanged_marginals(x, y, share=0.2), exchanged_marginals(y, x, share=0.2)
    assert torch.equal(a, d)
    assert torch.equal(b, c)


def test_no_common_law_asks_for_shorter_ways():
    """prop-matched: halfway is the least total squared displacement."""
    x, y = (standardised(c) for c in columns())
    a, b = exchanged_marginals(x, y)
    least = (a - x).square().mean() + (b - y).square().mean()
    law = a.sort().values
    for s in range(20):
        other = (law + 0.2 * torch.randn(len(law), generator=stream("law", s), dtype=F64)).sort()
        moved = sum((other.values - c.sort().values).square().mean() for c in (x, y))
        assert moved > least


def test_a_share_outside_is_refused():
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="share must be"):
            exchanged_marginals(*columns(), share=share)
