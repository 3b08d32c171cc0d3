"""The expected trace against all sequences of pivots, greedy pivots against elimination."""

import itertools
import math

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace
from ldyn.lowcost import columns_enough, expected_traces, greedy_pivots


def points(n, d=2):
    return torch.rand(n, d, generator=stream("bases", n, d), dtype=torch.float64)


def mean_left(gram, count):
    """E tr(K − K̂) after `count` randomly pivoted columns, over all sequences of pivots."""
    mean = 0.0
    for pivots in itertools.permutations(range(len(gram)), count):
        left, p = gram.clone(), 1.0
        for i in pivots:
            p *= (left[i, i] / left.trace()).item()
            left = left - torch.outer(left[i], left[i]) / left[i, i]
        mean += p * left.trace().item()
    return mean


@pytest.mark.parametrize("kernel", [Gaussian(0.3), Laplace(0.4), Gaussian(2.0)])
def test_the_mean_over_all_sequences_is_no_more(kernel):
    gram = kernel(points(5), points(5))
    bound = expected_traces(torch.linalg.eigvalsh(gram), count=3)
    assert bound[0].item() == pytest.approx(5)
    assert mean_left(gram, 1) == pytest.approx(bound[1].item(), rel=1e-12)  # exact for one
    for count in (2, 3):
        assert mean_left(gram, count) < bound[count] < bound[count - 1]


def test_equal_eigenvalues_lose_a_factor_a_column():
    """Φ(aI) = a (1 − 1/n) I, while every pivot of aI leaves (n − 1) a: the bound is not exact."""
    bound = expected_traces(torch.full((8,), 0.5), count=3)
    assert torch.allclose(bound, 4 * (7 / 8) ** torch.arange(4, dtype=torch.float64))
    assert expected_traces(torch.tensor([3.0, -1e-17, 0.0]), count=2).tolist() == [3, 0, 0]


@pytest.mark.parametrize(("kernel", "r", "eps"), [(Gaussian(0.3), 5, 1.0), (Laplace(0.5), 20, 0.5)])
def test_the_columns_said_to_be_enough_are(kernel, r, eps):
    values = torch.linalg.eigvalsh(kernel(points(150), points(150))).flip(0)
    k, tail = columns_enough(values, rank=r, slack=eps), values[r:].sum()
    eta = (tail / values.sum()).item()
    assert k - 1 < r / eps + r * math.log(1 / (eps * eta)) <= k
    bound = expected_traces(values, count=k)
    assert bound[k] <= (1 + eps) * tail < bound[1]
    assert columns_enough(values, rank=r, slack=1 / eta) == math.ceil(r * eta)  # log₊ is 0


def test_greedy_pivots_are_those_of_elimination():
    gram = Laplace(0.5)(points(30), points(30))
    left, chosen = gram.clone(), greedy_pivots(gram, count=12)
    assert len(set(chosen.tolist())) == 12
    for i in chosen:
        assert left[i, i] == pytest.approx(left.diagonal().max().item(), rel=1e-12)
        left = left - torch.outer(left[i], left[i]) / left[i, i]
    twice = greedy_pivots(Laplace(0.5)(points(4).repeat(2, 1), points(4).repeat(2, 1)), count=8)
    assert sorted((twice % 4).tolist()) == [0, 1, 2, 3]


def test_bad_arguments_are_refused():
    ok = torch.tensor([1.0, 0.5])
    for f, words in (
        (lambda: expected_traces(torch.ones(2, 2), count=1), "eigenvalues must be a tensor of"),
        (lambda: expected_traces(-ok, count=1), ">= 0 but for rounding, got -1; try"),
        (lambda: columns_enough(ok - 0.6, rank=1, slack=1.0), ">= 0 but for rounding, got -0.1"),
        (lambda: greedy_pivots(-torch.eye(2), count=1), ">= 0 but for rounding"),
        (lambda: expected_traces(ok / 0, count=1), "finite"),
        (lambda: expected_traces(ok, count=0), "count must be"),
        (lambda: columns_enough(ok, rank=1, slack=0.0), "slack"),
        (lambda: columns_enough(ok, rank=2, slack=1.0), "leaves nothing"),
        (lambda: greedy_pivots(torch.ones(2, 3), count=1), "gram"),
        (lambda: greedy_pivots(torch.eye(2), count=0), "count must be"),
    ):
        with pytest.raises(ValueError, match=words):
            f()
