"""Accuracies of decisions, their intervals and their comparison."""

import math

import pytest
import torch
from scipy.stats import binomtest

from ldyn.causal import Evaluation, accuracy_difference, evaluate, mcnemar
from ldyn.core import stream
from ldyn.data import Pair

F64 = torch.float64


def made(support, weights=None):
    support = torch.tensor(support, dtype=F64)
    weights = torch.ones_like(support) if weights is None else torch.tensor(weights, dtype=F64)
    return Evaluation(support=support, weights=weights)


def listed(count, *, target=1):
    """Pairs whose first column is 0, 1, 2, …, all with one target as the files list them."""
    x = torch.arange(12, dtype=F64)
    return [Pair(name=f"p{k}", x=x, y=-x, target=target) for k in range(count)]


def test_the_weighted_share_of_right_decisions():
    found = made([2.0, -1.0, 0.0, 3.0], [1.0, 0.5, 0.25, 0.25])
    assert found.right.tolist() == [1, 0, 0.5, 1]
    assert found.accuracy == pytest.approx((1 + 0.125 + 0.25) / 2)
    assert found.effective_pairs == pytest.approx(4 / (1 + 0.25 + 0.0625 + 0.0625))


def test_rates_of_decisions_begin_with_the_surest():
    found = made([0.5, -2.0, 3.0], [1.0, 2.0, 1.0])
    shares, accuracies = found.decision_rates()
    assert shares.tolist() == [0.25, 0.75, 1.0]
    assert accuracies.tolist() == pytest.approx([1, 1 / 3, 1 / 2])
    assert found.rate_area == pytest.approx((1 + 1 / 3 + 1 / 2) / 3)


def test_a_score_is_asked_with_columns_exchanged_by_a_coin():
    """A rule that answers "the first column" is paid by nobody."""
    pairs = listed(400)
    first = evaluate(lambda x, y: 1.0, pairs)
    assert abs(first.accuracy - 0.5) <= 6 * 0.5 / math.sqrt(400)
    again = evaluate(lambda x, y: 1.0, pairs, seed=1)
    assert not torch.equal(first.support, again.support)
    rising = evaluate(lambda x, y: (x[-1] - y[-1]).item(), pairs)
    assert rising.accuracy == 1
    assert (rising.support == 22).all()


def test_an_interval_has_the_width_of_the_sampling_error():
    """Exact for equal weights: the bootstrap's variance of a mean is p(1 − p)/k."""
    right = torch.rand(200, generator=stream("right"), dtype=F64) < 0.7
    found = made((2.0 * right - 1).tolist())
    p, k = found.accuracy, 200
    interval = found.interval(draws=20000)
    half = 1.96 * math.sqrt(p * (1 - p) / k)
    assert interval.value == p
    assert interval.high - interval.low == pytest.approx(2 * half, rel=0.05)


def test_weights_widen_an_interval():
    """By the effective number of pairs, for decisions independent of the weights."""
    weights = ([1.0] * 20 + [0.05] * 180) * 5
    right = torch.rand(1000, generator=stream("weighted"), dtype=F64) < 0.75
    found = made((2.0 * right - 1).tolist(), weights)
    p, k = found.accuracy, found.effective_pairs
    interval = found.interval(draws=10000)
    assert k < 250
    half = 1.96 * math.sqrt(p * (1 - p) / k)
    assert interval.high - interval.low == pytest.approx(2 * half, rel=0.1)


def test_a_difference_on_the_same_pairs_is_sharper_than_two_intervals():
    one = made([1.0] * 80 + [-1.0] * 20)
    other = made([1.0] * 70 + [-1.0] * 30)
    apart = accuracy_difference(one, other)
    assert apart.value == pytest.approx(0.1)
    exact = 1.96 * math.sqrt(0.1 * 0.9 / 100)
    assert apart.high - apart.low == pytest.approx(2 * exact, rel=0.1)
    assert accuracy_difference(one, one).low == accuracy_difference(one, one).high == 0


def test_mcnemar_is_an_exact_binomial_test():
    one = made([1.0] * 15 + [-1.0] * 4 + [1.0] * 30)
    other = made([-1.0] * 15 + [1.0] * 4 + [1.0] * 30)
    assert mcnemar(one, other) == pytest.approx(binomtest(4, 19).pvalue, rel=1e-12)
    assert mcnemar(one, other) == mcnemar(other, one)
    assert mcnemar(one, one) == 1


def test_mcnemar_does_not_pay_for_guessing():
    """A coin against a rule that is undecided: an accuracy of ½ each, and no difference."""
    coin, silent = made([1.0, -1.0] * 20), made([0.0] * 40)
    assert coin.accuracy == silent.accuracy
    assert mcnemar(coin, silent) == mcnemar(silent, coin) == 1


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="at least one, got none"):
        evaluate(lambda x, y: 0.0, [])
    for compare in (accuracy_difference, mcnemar):
        with pytest.raises(ValueError, match="the same pairs"):
            compare(made([1.0, 2.0]), made([1.0]))
    with pytest.raises(ValueError, match="draws"):
        made([1.0]).interval(draws=0)
    for level in (0, 1, 95):
        with pytest.raises(ValueError, match="level"):
            made([1.0, -1.0]).interval(level=level)
    with pytest.raises(ValueError, match="p0"):
        evaluate(lambda x, y: math.nan, listed(1))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"support": torch.ones(0)}, r"k >= 1 pairs, got .*try"),
        ({"support": torch.ones(0), "weights": torch.ones(0)}, r"k >= 1 pairs, got .*try"),
        ({"support": torch.ones(3, 1)}, r"must be \(k,\)"),
        ({"support": [1.0, -1.0, 1.0]}, "support must be a torch tensor"),
        ({"support": torch.ones(3, dtype=torch.long)}, "support must be floating"),
        ({"support": torch.full((3,), math.nan)}, "support must be finite"),
        ({"weights": torch.tensor([1.0, -1.0, 1.0])}, "weights must be >= 0"),
        ({"weights": torch.zeros(3)}, "weights must be >= 0"),
        ({"weights": torch.tensor([1.0, math.inf, 1.0])}, "weights must be >= 0"),
    ],
)
def test_records_of_no_pairs_or_bad_fields_are_refused(fields, says):
    with pytest.raises(ValueError, match=says):
        Evaluation(**{"support": torch.ones(3), "weights": torch.ones(3)} | fields)


def test_a_score_may_be_infinite():
    assert made([math.inf, -math.inf, 1.0]).accuracy == pytest.approx(2 / 3)
