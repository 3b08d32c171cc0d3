"""What the list of real pairs can prove: its weights, its intervals, its power."""

import math

import pytest
import torch
from scipy.stats import binom

from ldyn.causal import Evaluation
from ldyn.core import frozen, mean_interval, share_interval, stream
from ldyn.data.pairs import BINARY

F64 = torch.float64
STUDY = frozen("protocols")
USUAL = [row for row in STUDY.rows if row["pair"] not in BINARY]
WEIGHTS = torch.tensor([row["weight"] for row in USUAL], dtype=F64)
FIRST = torch.tensor([row["first"] for row in USUAL], dtype=F64)


def judged(name, rows=USUAL, weights=None):
    support = torch.tensor([r[name] * (1 if r["first"] else -1) for r in rows], dtype=F64)
    own = torch.tensor([r["weight"] for r in rows], dtype=F64)
    return Evaluation(support=support, weights=own if weights is None else weights)


def test_the_order_gives_the_label_away(claim):
    assert len(USUAL) == 99
    share = ((WEIGHTS * FIRST).sum() / WEIGHTS.sum()).item()
    claim("pairs-first", measured=share)
    assert 0.65 < share < 0.75


def test_effective_pairs(claim):
    found = judged("entropy").effective_pairs
    claim("pairs-effective", measured=found)
    assert found == pytest.approx(56.8, abs=0.1)
    assert WEIGHTS.sum() < found


def test_the_bootstrap_covers(claim):
    """Decisions drawn with p = 0.75, the published weights; prop-effective-pairs."""
    p, repeats = 0.75, 400
    right = torch.rand(repeats, 99, generator=stream("coverage"), dtype=F64) < p
    held = 0
    for row in right:
        interval = Evaluation(support=2.0 * row - 1, weights=WEIGHTS).interval(draws=600)
        held += interval.low <= p <= interval.high
    found = share_interval(held, repeats)
    claim("pairs-coverage", measured=found.value, low=found.low, high=found.high)
    assert found.high >= 0.93
    accuracies = (right.double() @ WEIGHTS) / WEIGHTS.sum()
    k = judged("entropy").effective_pairs
    assert accuracies.std().item() == pytest.approx(math.sqrt(p * (1 - p) / k), rel=0.1)


def power(k, d, delta):
    """Exact: P(McNemar's test rejects and the better method is ahead)."""
    total = 0.0
    for m in range(k + 1):
        b = torch.arange(m + 1, dtype=F64)
        p = torch.tensor([min(1, 2 * binom.cdf(min(int(v), m - int(v)), m, 0.5)) for v in b])
        ahead = (p <= 0.05) & (b > m / 2)
        chance = torch.from_numpy(binom.pmf(b.numpy(), m, (d + delta) / (2 * d)))
        total += binom.pmf(m, k, d) * chance[ahead].sum().item()
    return total


def test_a_difference_of_five_points_is_not_found(claim):
    """prop-paired-difference."""
    found = power(57, 0.4, 0.05)
    claim("pairs-power", measured=found)
    assert found < 0.15
    assert power(57, 0.4, 0.25) > 0.7


def test_the_winners_curse(claim):
    """Nine settings right on 70 % of 57 pairs, tied by a common part; prop-winners-curse."""
    m, k, p, share, repeats = 9, 57, 0.7, 0.5, 4000
    draw = stream("winner", "claim")
    common = torch.rand(repeats, 1, k, generator=draw, dtype=F64) < p
    own = torch.rand(repeats, m, k, generator=draw, dtype=F64) < p
    shared = torch.rand(repeats, m, k, generator=draw, dtype=F64) < math.sqrt(share)
    accuracies = torch.where(shared, common, own).double().mean(2)  # correlation: share
    normals = torch.randn(400_000, m, generator=draw, dtype=F64).amax(1).mean()
    formula = math.sqrt(p * (1 - p) / k * (1 - share)) * normals
    found = mean_interval((accuracies.amax(1) - p) / formula)
    claim("pairs-winner", measured=found.value, low=found.low, high=found.high)
    assert normals <= math.sqrt(2 * math.log(m))
    assert found.value == pytest.approx(1, abs=0.05)  # accuracies are multiples of 1/57


def test_protocols_move_one_score(claim):
    def swing(name):
        plain = judged(name)
        shares, accuracies = plain.decision_rates()
        big = [r for r in USUAL if r["rows"] >= 500]
        found = [plain.accuracy, accuracies[(shares <= 0.5).nonzero()[-1]].item()]
        found += [judged(name, weights=torch.ones(99, dtype=F64)).accuracy]
        found += [judged(name, STUDY.rows).accuracy, judged(name, big).accuracy]
        return 100 * (max(found) - min(found))

    names = ("entropy", "slope", "entropy_normal", "slope_normal", "range")
    largest = max(map(swing, names))
    claim("pairs-protocol", measured=largest)
    assert largest > 10
