"""The account at the end of chapter 5: promises that no other row tests, roads of equal error."""

import itertools
import math

import pytest
import torch

from ldyn.core import frozen, share_interval, stream
from ldyn.kernels import Gaussian
from ldyn.lowcost import road
from ldyn.solvers import NystromFeatures, rpcholesky
from ldyn.studies.layers.recognition import SETS, SIZES

PROMISED = {"MNIST": (99.4, 6), "Fashion-MNIST": (92.5, 15), "CIFAR-10": (83, None)}


def test_blocks_of_pivots_have_the_law_of_one_at_a_time(claim):
    """All ordered pairs of five points: how often they were drawn, against their probability."""
    x, draws = torch.rand(5, 2, generator=stream("account pivots"), dtype=torch.float64), 4000
    gram, worst = Gaussian(0.3)(x, x), 0.0
    for block in (2, 7):
        generator, seen = stream("account blocks", block), dict.fromkeys(range(25), 0)
        for _ in range(draws):
            found = rpcholesky(x, kernel=Gaussian(0.3), rank=2, generator=generator, block=block)
            i, j = found.chosen.tolist()
            seen[5 * i + j] += 1
        for i, j in itertools.permutations(range(5), 2):
            left = gram - torch.outer(gram[i], gram[i]) / gram[i, i]
            p = (gram[i, i] / gram.trace() * left[j, j] / left.trace()).item()
            off = abs(seen[5 * i + j] / draws - p) / math.sqrt(p * (1 - p) / draws)
            worst = max(worst, off)
    claim("account-blocks", measured=round(worst, 1))
    assert 0 < worst < 4


def test_a_ridge_of_next_to_nothing_with_doubled_centres_is_solved(claim):
    """prop-whitened-features: every row is a centre, five times over."""
    x = torch.randn(100, 2, generator=stream("account ridge"), dtype=torch.float64).repeat(5, 1)
    y = x[:, 0] + x[:, 1].sin()
    phi = NystromFeatures("gaussian", 500, selection="uniform").fit_transform(x)
    gram = phi.T @ phi + 1e-12 * torch.eye(phi.shape[1], dtype=torch.float64)
    weights = torch.cholesky_solve((phi.T @ y)[:, None], torch.linalg.cholesky(gram))[:, 0]
    solved = (phi @ weights - y).abs().max() < 1e-6
    claim("account-ridge", measured="solved" if solved else "not solved")
    assert solved


def grid_ratio(peer):
    seconds = {r["method"]: r["seconds"] for r in frozen("ridge_search").rows}
    return seconds[peer] / seconds["loo_path, float64, ldyn"]


@pytest.mark.xfail(strict=True, reason="no exact method computes the grid that fast")
def test_the_grid_is_25_times_faster_than_cross_validation(claim):
    ratio = grid_ratio("GridSearchCV, scikit-learn")
    claim("account-grid", measured=ratio)
    assert ratio >= 25


@pytest.mark.xfail(strict=True, reason="the band costs more than half of the eigenvalues")
def test_the_grid_is_twice_as_fast_as_eigenvalues(claim):
    ratio = grid_ratio("fit_ridge_loo, ldyn")
    claim("account-eigenvalues", measured=ratio)
    assert ratio >= 2


def test_two_million_rows_fit_into_a_gibibyte_and_a_half(claim):
    rows = [r for r in frozen("streaming").rows if r["gib"]]
    claim("account-memory", measured=max(r["gib"] for r in rows))
    assert all(r["rows"] == 2_000_000 and r["gib"] <= 1.5 for r in rows)


def ratios(trees):
    """Time to equal error of tuned peers, over ours; 0 where none of ours reaches theirs."""
    tuned = [r for r in frozen("peers").rows if not r["failed"] and "ldyn" not in r["method"]]
    found = [r for r in tuned if r["settings"] and r["method"].startswith("LightGBM") is trees]
    return [r["times_ours"] or 0.0 for r in found]


@pytest.mark.xfail(strict=True, reason="frugally tuned, several take about our time")
def test_kernels_take_five_times_as_long_to_equal_error(claim):
    """def-equal-error."""
    claim("account-kernels", measured=min(ratios(trees=False)))
    assert min(ratios(trees=False)) >= 5


@pytest.mark.xfail(strict=True, reason="on the flights trees are better")
def test_trees_take_five_times_as_long_to_equal_error(claim):
    claim("account-trees", measured=min(ratios(trees=True)))
    assert min(ratios(trees=True)) >= 5


def largest(data):
    found = frozen("recognition").where(data=data, method="features").rows
    return max(found, key=lambda r: r["n"] or SIZES[data])


def test_pictures_are_recognised_as_promised(claim):
    assert SETS.keys() == PROMISED.keys()
    margins = []
    for data, (promised, _) in PROMISED.items():
        row = largest(data)
        share = share_interval(row["right"], row["tested"])
        margins.append((100 * share.value - promised, 100 * (share.high - share.low) / 2))
    least, half = min(margins)
    claim("account-recognised", measured=least, low=least - half, high=least + half)
    assert least >= 0


def test_in_the_minutes_that_were_promised(claim):
    """CPU seconds of fit and answers over those of two cores in the minutes promised."""
    rows = [(largest(data), minutes) for data, (_, minutes) in PROMISED.items() if minutes]
    shares = [(r["seconds"] + r["answers"]) / (120 * minutes) for r, minutes in rows]
    claim("account-minutes", measured=max(shares))
    assert max(shares) <= 1


def pairs():
    """Of every set with networks: the roads of the features and of the networks."""
    costs = {"seconds": lambda r: r["seconds"], "answer": lambda r: r["answers"] / r["tested"]}
    rows = frozen("recognition").rows
    for data, whole in SIZES.items():
        of = {m: [r for r in rows if (r["data"], r["method"]) == (data, m)] for m in METHODS}
        if all(of.values()):
            yield [road(of[m], whole=whole, costs=costs) for m in METHODS]


METHODS = ("features", "network")


def meetings(*, least=0):
    """Costs of features and network at the network's errors, where the features reach them.

    Only of networks with at least so many labels.
    """
    for features, network in pairs():
        for k, error in enumerate(network.errors):
            found = features.to(error)
            if found and network.rows[k] >= least:
                yield found, {"rows": network.rows[k]} | {c: v[k] for c, v in network.costs.items()}


def test_a_network_needs_more_labels_for_the_same_error(claim):
    found = meetings(least=1000)
    least = min(theirs["rows"] / ours["rows"] for ours, theirs in found)
    claim("account-labels", measured=least)
    assert least > 1


def test_and_more_seconds_trials_included(claim):
    least = min(theirs["seconds"] / ours["seconds"] for ours, theirs in meetings())
    claim("account-seconds", measured=least)
    assert least > 1


def test_but_its_answers_are_cheaper(claim):
    least = min(ours["answer"] / theirs["answer"] for ours, theirs in meetings())
    claim("account-answers", measured=least)
    assert least > 1
