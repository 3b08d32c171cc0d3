"""How often a method is right about the direction, and how sure that is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import torch
from torch import Tensor

from ldyn.core import Interval, require_count, stream
from ldyn.data import Pair
from ldyn.gate import holds, require_fields

Score = Callable[[Tensor, Tensor], float]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What a method said of k pairs.

    Fields: `support` (k,), its score for the true direction: right where positive, maybe infinite;
    `weights` (k,).
    Raises: ValueError for no pairs, fields of different shapes, NaN, negative weights, or no weight
    at all.
    """

    support: Tensor
    weights: Tensor

    def __post_init__(self) -> None:
        require_fields(self)
        s, w = self.support, self.weights
        if s.ndim != 1 or s.shape != w.shape or not len(s):
            raise ValueError("support and weights must be (k,) of k >= 1 pairs, got "
                f"{tuple(s.shape)} and {tuple(w.shape)}; try evaluate(score, pairs)")  # fmt: skip
        if not holds((w >= 0) & w.isfinite() & (w.sum() > 0)):
            raise ValueError("weights must be >= 0, and one > 0, got others; try torch.ones(k)")

    @property
    def right(self) -> Tensor:
        """1 where the method is right, 0 where it is wrong, ½ where its score is zero, (k,)."""
        return (self.support.sign() + 1) / 2

    @property
    def accuracy(self) -> float:
        """The weighted share of right decisions, all of them forced: Σ w_i r_i / Σ w_i."""
        return ((self.weights * self.right).sum() / self.weights.sum()).item()

    def interval(self, *, draws: int = 4000, level: float = 0.95) -> Interval:
        """Return the accuracy with percentiles of the bootstrap over pairs.

        Each draw takes k pairs with replacement and averages them with their weights.

        Raises: ValueError unless draws ≥ 1 and 0 < level < 1.
        Source: efron1979, prop-effective-pairs.
        """
        low, high = _bootstrap(self.right, self.weights, draws, level)
        return Interval(value=self.accuracy, low=low, high=high, level=level)

    def decision_rates(self) -> tuple[Tensor, Tensor]:
        """Return (k,) shares decided, most confident first, and the accuracies of those decided.

        After m decisions: Σ_{i≤m} w_i r_i / Σ_{i≤m} w_i, pairs sorted by falling |score|.
        """
        order = self.support.abs().argsort(descending=True, stable=True)
        w, r = self.weights[order], self.right[order]
        return w.cumsum(0) / w.sum(), (w * r).cumsum(0) / w.cumsum(0)

    @property
    def rate_area(self) -> float:
        """The mean of the accuracies of `decision_rates`, each number of decisions counted once."""
        return self.decision_rates()[1].mean().item()

    @property
    def effective_pairs(self) -> float:
        """How many pairs of one weight are as informative: (Σ w)² / Σ w²."""
        return (self.weights.sum().square() / self.weights.square().sum()).item()


def evaluate(score: Score, pairs: Sequence[Pair], *, seed: int = 0) -> Evaluation:
    """Return what `score` says of each pair, the columns of each exchanged by a coin first.

    score(x, y) is positive if x causes y. Files list most causes first, which a method must not
    be paid for; hence the coin, `stream("columns", seed)`.

    Raises: ValueError for no pairs or a score that is NaN, and what `score` raises.
    Source: mooij2016, page-99-pairs.
    """
    if not pairs:
        raise ValueError("pairs must hold at least one, got none; try cause_effect_pairs('SIM')")
    coins = torch.rand(len(pairs), generator=stream("columns", seed), dtype=torch.float32)
    coins = coins < 0.5
    support = []
    for pair, coin in zip(pairs, coins.tolist(), strict=True):
        seen = pair.swapped() if coin else pair
        support.append(seen.target * float(score(seen.x, seen.y)))
        if support[-1] != support[-1]:
            raise ValueError(f"score must be a number, got NaN for {pair.name!r}; try 0 for a tie")
    weights = [pair.weight for pair in pairs]
    double = torch.float64
    return Evaluation(
        support=torch.tensor(support, dtype=double), weights=torch.tensor(weights, dtype=double)
    )


def accuracy_difference(
    one: Evaluation, other: Evaluation, *, draws: int = 4000, level: float = 0.95
) -> Interval:
    """Return the accuracy of `one` minus that of `other` on the same pairs, bootstrapped together.

    Raises: ValueError for evaluations of different pairs.
    Source: efron1979, prop-paired-difference.
    """
    if not torch.equal(one.weights, other.weights):
        raise ValueError("expected two evaluations of the same pairs; evaluate both on one list")
    low, high = _bootstrap(one.right - other.right, one.weights, draws, level)
    return Interval(value=one.accuracy - other.accuracy, low=low, high=high, level=level)


def mcnemar(one: Evaluation, other: Evaluation) -> float:
    """Return McNemar's exact p-value: are two methods right equally often? Weights do not count.

    On b pairs the first is closer to right, on c the second (undecided, a score of zero, stands
    between right and wrong): p = min(1, 2 P(Bin(b + c, ½) ≤ min(b, c))).

    Raises: ValueError for different numbers of pairs.

    Source: mcnemar1947, prop-paired-difference.
    """
    if len(one.right) != len(other.right):
        raise ValueError("expected two evaluations of the same pairs; evaluate both on one list")
    b, c = int((one.right > other.right).sum()), int((other.right > one.right).sum())
    tail = sum(comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c)
    return min(1.0, 2 * tail)


def _bootstrap(values: Tensor, weights: Tensor, draws: int, level: float) -> tuple[float, float]:
    require_count(draws, "draws")
    if not 0 < level < 1:
        raise ValueError(f"level must be a share between 0 and 1, got {level!r}; try 0.95")
    draw = stream("bootstrap", len(values), draws)
    drawn = torch.randint(len(values), (draws, len(values)), generator=draw)
    means = (weights * values)[drawn].sum(1) / weights[drawn].sum(1)
    ends = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=means.dtype)
    low, high = means.quantile(ends).tolist()
    return low, high
