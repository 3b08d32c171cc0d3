"""Judges of programs: networks and fitting rules that are wrong in known ways."""

import itertools
import re

import pytest
import torch

from ldyn.core import stream
from ldyn.piecewise import (
    ReluNet,
    affine,
    check,
    compose,
    fit_one_split,
    intersection_net,
    step_net,
)
from ldyn.piecewise.judges import piecewise_constant_loss

F64 = torch.float64
SIDE = affine(torch.tensor([[-1.0, -1.0]]), torch.ones(1))
AXES = [affine(torch.eye(2)[j : j + 1], torch.zeros(1)) for j in (0, 1)]


def wrong(answer, exercise):
    verdict = check(exercise, answer)
    assert not verdict.right
    return verdict.hint


def largest(offset):
    """max(x, y) + offset."""
    first = affine(torch.tensor([[1.0, -1.0], [0.0, 1.0], [0.0, -1.0]]), torch.zeros(3))
    last = affine(torch.tensor([[1.0, 1.0, -1.0]]), torch.tensor([offset]))
    return ReluNet(layers=(*first.layers, *last.layers))


def from_below(bound):
    """max(x, bound), which is x alone where it is right."""
    first = affine(torch.tensor([[1.0, 0.0]]), torch.tensor([-bound]))
    return ReluNet(layers=(*first.layers, *affine(torch.ones(1, 1), torch.tensor([bound])).layers))


def plane(*row):
    return ReluNet(layers=(*affine(torch.eye(2), torch.zeros(2)).layers, *affine(*row).layers))


@pytest.mark.parametrize(
    ("net", "says"),
    [
        (lambda x: x.amax(1), "ReluNet is expected"),
        (step_net(3.0), "has 1 and 1"),
        (plane(torch.tensor([[1.0, 0.0]]), torch.zeros(1)), "try it at"),
        (affine(torch.tensor([[1.0, 0.0]]), torch.zeros(1)), "Right where x ≥ y"),
        (affine(torch.tensor([[0.0, 1.0]]), torch.zeros(1)), "Right where x < y"),
        (affine(torch.tensor([[0.0, 0.0]]), torch.ones(1) * 5), "at most"),
        (largest(0.01), "at most"),
        (from_below(-50.0), "Nowhere right where x < y"),
    ],
)
def test_a_wrong_maximum_is_told_where(net, says):
    assert re.search(says, wrong(net, "ex-max"))


def test_a_maximum_for_positive_numbers_is_told_so():
    first = affine(torch.tensor([[1.0, -1.0], [0.0, 1.0]]), torch.zeros(2))
    net = ReluNet(layers=(*first.layers, *affine(torch.ones(1, 2), torch.zeros(1)).layers))
    assert "negative" in wrong(net, "ex-max")


def test_a_maximum_for_numbers_above_minus_one_is_told_so():
    first = affine(torch.tensor([[1.0, -1.0], [0.0, 1.0]]), torch.tensor([0.0, 1.0]))
    net = ReluNet(layers=(*first.layers, *affine(torch.ones(1, 2), -torch.ones(1)).layers))
    assert "negative" in wrong(net, "ex-max")


@pytest.mark.parametrize(
    ("net", "says"),
    [
        (compose(step_net(200.0), affine(torch.ones(1, 2), -torch.ones(1))), "Wrong inside"),
        (compose(step_net(20.0), SIDE), "Wrong inside"),
        (compose(step_net(120.0), SIDE), "too large"),
        (compose(step_net(200.0), affine(-torch.ones(1, 2), torch.tensor([1.002]))), "centred"),
        (intersection_net([compose(step_net(200.0), s) for s in (SIDE, *AXES)]), "two short sides"),
        (7, "ReluNet is expected"),
    ],
)
def test_a_wrong_triangle_is_told_where(net, says):
    assert says in wrong(net, "ex-triangle")


def greedy(x, y):
    order = x[:, 0].argsort()
    u, v = x[order, 0], y[order]
    loss = lambda parts: sum((p - p.mean()).square().sum() for p in parts)  # noqa: E731
    first = min(range(1, len(v)), key=lambda k: loss([v[:k], v[k:]]))
    split = lambda k: v.tensor_split(torch.tensor(sorted({first, k})))  # noqa: E731
    second = min((k for k in range(1, len(v)) if k != first), key=lambda k: loss(split(k)))
    cuts = torch.stack([(u[k - 1] + u[k]) / 2 for k in sorted((first, second))])
    means = torch.stack([part.mean() for part in split(second)])
    return lambda z: means[torch.bucketize(z[:, 0], cuts, right=True)]


def nearly(x, y):
    """The best pair of jumps, with levels a little too high."""
    order = x[:, 0].argsort()
    u, v = x[order, 0], y[order]
    loss = lambda parts: sum((p - p.mean()).square().sum() for p in parts)  # noqa: E731
    split = lambda ks: v.tensor_split(torch.tensor(ks))  # noqa: E731
    best = min(itertools.combinations(range(1, len(v)), 2), key=lambda ks: loss(split(ks)))
    cuts = torch.stack([(u[k - 1] + u[k]) / 2 for k in best])
    means = torch.stack([part.mean() for part in split(best)]) + 0.02
    return lambda z: means[torch.bucketize(z[:, 0], cuts, right=True)]


@pytest.mark.parametrize(
    ("fit", "says"),
    [
        (3, "function fit"),
        (lambda x: x, "raised TypeError"),
        (lambda x, y: lambda z: z, "gave (12, 1)"),
        (lambda x, y: lambda z: y.mean(), "gave ()"),
        (fit_one_split, "best single jump"),
        (greedy, "greedy rule"),
        (nearly, "two jumps and a smaller sum"),
        (lambda x, y: lambda z: y[(z - x.T).abs().argmin(1)], "levels; two jumps"),
    ],
)
def test_wrong_fits_of_two_jumps_are_told_apart(fit, says):
    assert says in wrong(fit, "ex-two-jumps")


def test_brute_force_contains_the_single_split():
    x = torch.rand(15, 1, generator=stream("brute"), dtype=F64)
    y = torch.rand(15, generator=stream("brute", 1), dtype=F64)
    one = (y - fit_one_split(x, y)(x)).square().sum().item()
    assert piecewise_constant_loss(x, y, 2) == pytest.approx(one, rel=1e-12)
    assert piecewise_constant_loss(x, y, 1) == pytest.approx(14 * y.var().item(), rel=1e-12)
