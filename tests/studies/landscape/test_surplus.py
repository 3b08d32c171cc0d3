"""The bootstrap interval of a median covers, at the numbers of data sets that were frozen."""

import math

import pytest
import torch
from scipy.stats import binom

from ldyn.core import stream
from ldyn.studies.landscape.surplus import median_interval


@pytest.mark.parametrize("count", [100, 200])
def test_the_interval_of_a_median_covers(count):
    """The number of values below the median is binomial, whatever their law.

    Ends between two order statistics are weighed. Of the values only the ranks matter, so that the
    mean is over random orders.
    """

    def below(rank):
        k, part = math.floor(rank), rank % 1
        return sum(w * binom.cdf(j - 1, count, 0.5) for j, w in ((k, 1 - part), (k + 1, part)))

    found = []
    for trial in range(20):
        ranks = 1 + torch.randperm(count, generator=stream("median", count, trial)).double()
        low, high = median_interval(ranks)
        found.append(below(high) - below(low))
    assert sum(found) / len(found) == pytest.approx(0.95, abs=0.01)
    assert min(found) > 0.93
