"""Adaptive methods against brute force, and none of them linear."""

import itertools
import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from ldyn.core import stream
from ldyn.piecewise import (
    fit_dyadic_tree,
    fit_forest,
    fit_one_split,
    fit_tree,
    haar_threshold,
)


def data(n, d=1, seed=0):
    draw = stream("adaptive", n, d, seed)
    x = torch.rand(n, d, generator=draw, dtype=torch.float64)
    return x, (x[:, 0] > 0.4).double() + 0.3 * torch.randn(n, generator=draw, dtype=torch.float64)


def dyadic_trees(depth, dim, cell=None):
    """All pruned dyadic trees, each as the list of its cells (level, corner)."""
    level, corner = cell or (0, (0,) * dim)
    yield [(level, corner)]
    if depth > level:
        children = [
            (level + 1, tuple(2 * c + b for c, b in zip(corner, bits, strict=True)))
            for bits in itertools.product((0, 1), repeat=dim)
        ]
        for parts in itertools.product(*(list(dyadic_trees(depth, dim, c)) for c in children)):
            yield [c for part in parts for c in part]


def members(x, cell):
    level, corner = cell
    return ((x * 2**level).floor() == torch.tensor(corner)).all(1)


def price_of(tree, x, y, price):
    """The penalised sum of a tree."""
    cells = [y[members(x, cell)] for cell in tree]
    return sum(((c - c.mean()) ** 2).sum().item() for c in cells if len(c)) + price * len(tree)


@pytest.mark.parametrize(("dim", "depth", "count"), [(1, 3, 26), (1, 4, 677), (2, 2, 17)])
@pytest.mark.parametrize("factor", [0.05, 0.3, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_dyadic_tree_is_the_best_of_all(dim, depth, count, factor, seed):
    x, y = data(12, dim, seed)
    trees = list(dyadic_trees(depth, dim))
    assert len(trees) == count
    price = factor * 2 * 0.3**2 * math.log(12)
    best = min(trees, key=lambda tree: price_of(tree, x, y, price))
    fit = fit_dyadic_tree(x, y, noise=0.3, factor=factor, depth=depth)
    for cell in best:
        here = members(x, cell)
        if here.any():
            expected = y[here].mean().item()
            assert fit(x[here]).tolist() == pytest.approx([expected] * int(here.sum()), abs=1e-12)
    # the same through the sum itself: no tree does better than the values fitted
    loss = (y - fit(x)).square().sum().item()
    assert loss + price * len(best) <= price_of(best, x, y, price) + 1e-12


def test_an_empty_cell_keeps_the_mean_of_its_parent():
    x = torch.tensor([[0.1], [0.3], [0.6], [0.9]], dtype=torch.float64)
    y = torch.tensor([0.0, 10.0, 3.0, 3.0], dtype=torch.float64)
    fit = fit_dyadic_tree(x, y, noise=1e-3, depth=3)
    z = torch.tensor([[0.2], [0.05], [0.26], [0.4], [0.7]], dtype=torch.float64)
    # [0, ¼) and [¼, ½) are split, and neither is split again
    assert fit(z).tolist() == [0.0, 0.0, 10.0, 10.0, 3.0]
    y = torch.tensor([0.0, 10.0, 30.0, 30.0], dtype=torch.float64)
    x = torch.tensor([[0.01], [0.2], [0.6], [0.9]], dtype=torch.float64)
    fit = fit_dyadic_tree(x, y, noise=1e-3, depth=3)
    z = torch.tensor([[0.05], [0.15], [0.3]], dtype=torch.float64)
    # splitting [0, ½) leaves [¼, ½) empty: it keeps the mean of [0, ½), which is 5
    assert fit(z).tolist() == [0.0, 10.0, 5.0]


@pytest.mark.parametrize(("dim", "depth"), [(1, 7), (2, 4)])
def test_the_default_depth_separates_most_points(dim, depth):
    x, y = data(64, dim)
    fine = fit_dyadic_tree(x, y, noise=1e-6)
    same = fit_dyadic_tree(x, y, noise=1e-6, depth=depth)
    z = data(2000, dim, seed=1)[0]
    assert torch.equal(fine(z), same(z))
    assert not torch.equal(fine(z), fit_dyadic_tree(x, y, noise=1e-6, depth=depth + 1)(z))


def brute_split(x, y):
    """Least squares over all ways to cut the sorted points in two."""
    best = (math.inf, None)
    for cut in x.unique()[1:]:
        left, right = y[x < cut], y[x >= cut]
        loss = ((left - left.mean()) ** 2).sum() + ((right - right.mean()) ** 2).sum()
        best = min(best, (loss.item(), cut.item()))
    return best


@pytest.mark.parametrize("ties", [False, True])
@given(n=st.integers(2, 30), seed=st.integers(0, 50))
@settings(max_examples=25)
def test_one_split_is_the_best_of_all(ties, n, seed):
    x, y = data(n, seed=seed)
    if ties:
        x = (8 * x).floor() / 8
        if x.min() == x.max():
            return
    fit = fit_one_split(x, y)
    loss, cut = brute_split(x[:, 0], y)
    assert (y - fit(x)).square().sum().item() == pytest.approx(loss, abs=1e-10)
    # the jump lies halfway between the two design points
    u = x[:, 0].unique()
    below = u[u < cut].max().item()
    middle = (below + cut) / 2
    z = torch.tensor([[middle - 1e-9], [middle + 1e-9]], dtype=torch.float64)
    assert fit(z).tolist() == pytest.approx(
        [y[x[:, 0] < cut].mean().item(), y[x[:, 0] >= cut].mean().item()], abs=1e-12
    )


def test_one_split_finds_a_clean_jump():
    x = data(100)[0]
    fit = fit_one_split(x, (x[:, 0] >= 0.4).double())
    assert torch.equal(fit(x), (x[:, 0] >= 0.4).double())
    pair = fit_one_split(torch.tensor([[0.0], [1.0]]), torch.tensor([0.0, 1.0]))
    assert pair(torch.tensor([[0.5], [0.499]])).tolist() == [1.0, 0.0]
    with pytest.raises(ValueError, match="one split is for d = 1, got d = 2; try fit_tree"):
        fit_one_split(*data(9, 2))
    with pytest.raises(ValueError, match=r"two distinct points, got 0.5 alone; draw"):
        fit_one_split(torch.full((3, 1), 0.5), torch.ones(3))


def test_a_tree_with_two_leaves_is_one_split():
    x, y = data(60)
    z = data(200, seed=1)[0]
    torch.testing.assert_close(fit_tree(x, y, leaves=2)(z), fit_one_split(x, y)(z))
    for leaves in (3, 8):
        assert len(fit_tree(x, y, leaves=leaves)(z).unique()) <= leaves
    exact = fit_tree(x, y, leaves=60)(x)
    torch.testing.assert_close(exact, y)


def test_a_forest_is_a_mean_of_trees_and_comes_back_from_its_seed():
    x, y = data(40, 2)
    z = data(30, 2, seed=1)[0]
    fit = fit_forest(x, y, leaf=3, trees=5, seed=1)(z)
    assert torch.equal(fit, fit_forest(x, y, leaf=3, trees=5, seed=1)(z))
    assert not torch.equal(fit, fit_forest(x, y, leaf=3, trees=5, seed=2)(z))
    assert not torch.equal(fit, fit_forest(x, y, leaf=3, trees=6, seed=1)(z))
    # leaves as large as the sample: every tree is the mean of its bootstrap sample
    stump = fit_forest(x, y, leaf=40, trees=50)(z)
    assert stump.max() - stump.min() < 1e-12
    assert abs(stump[0] - y.mean()) < 4 * y.std() / math.sqrt(40 * 50)


@pytest.mark.parametrize(
    "fit",
    [
        lambda x, y: fit_one_split(x, y)(x),
        lambda x, y: fit_dyadic_tree(x, y, noise=0.3)(x),
        lambda x, y: fit_tree(x, y, leaves=4)(x),
        lambda x, y: fit_forest(x, y, leaf=5, trees=5)(x),
        lambda x, y: haar_threshold(y, noise=0.3),
    ],
)
def test_adaptive_fits_are_not_linear(fit):
    x, y1 = data(64)
    y2 = (x[:, 0] > 0.75).double() + 0.1 * y1.flip(0)
    # linear methods agree to 1e-10
    assert (fit(x, y1 + y2) - fit(x, y1) - fit(x, y2)).abs().max() > 0.01


def test_adaptive_fits_scale_with_the_responses():
    x, y = data(64)
    small, large = fit_dyadic_tree(x, y, noise=0.3), fit_dyadic_tree(x, 2 * y, noise=0.6)
    torch.testing.assert_close(large(x), 2 * small(x))
