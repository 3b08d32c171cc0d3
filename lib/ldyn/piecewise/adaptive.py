"""Adaptive estimators: bases and partitions that follow the responses."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ldyn.core import require_count, require_points, require_positive, require_samples
from ldyn.core.optional import needs
from ldyn.piecewise.dyadic import cell_index, cell_sums, coarsen, refine

Predictor = Callable[[Tensor], Tensor]


def haar_transform(values: Tensor) -> list[Tensor]:
    """Return the orthonormal Haar coefficients of a (2^J, …, 2^J) grid, coarse to fine.

    The list starts with the scaled mean (1, …, 1), then one tensor (2^d − 1, 2^j, …, 2^j) a
    level.

    Arguments: `values` (2^J, …, 2^J). Raises: ValueError unless every side is the same power of 2.
    Source: donoho1998, def-haar.
    """
    side = max(values.shape, default=0)
    if set(values.shape) != {side} or side < 1 or side & (side - 1):
        raise ValueError(f"expected a grid with sides 2^J, got {tuple(values.shape)}; pad or crop")
    details = []
    while values.shape[0] > 1:
        bands = [values]
        for axis in range(values.ndim):
            pairs = [b.unflatten(axis, (-1, 2)).unbind(axis + 1) for b in bands]
            bands = [c / math.sqrt(2) for even, odd in pairs for c in (even + odd, even - odd)]
        values = bands[0]
        details.append(torch.stack(bands[1:]))
    return [values, *details[::-1]]


def haar_inverse(coefficients: list[Tensor]) -> Tensor:
    """Return the grid whose Haar coefficients these are: the inverse of `haar_transform`.

    Raises: ValueError for an empty list, or other shapes than `haar_transform` gives.
    Source: donoho1998, def-haar.
    """
    d = coefficients[0].ndim if coefficients else 0
    right = [(1,) * d] + [(2**d - 1, *(2**j,) * d) for j in range(len(coefficients) - 1)]
    got = [tuple(c.shape) for c in coefficients]
    if got != right or not d:
        raise ValueError(
            f"coefficients must have the shapes {right}, got {got}; try haar_transform(values)"
        )
    values = coefficients[0]
    for detail in coefficients[1:]:
        bands = [values, *detail]
        for axis in reversed(range(values.ndim)):
            pairs = zip(bands[::2], bands[1::2], strict=True)
            bands = [
                torch.stack([(a + b), (a - b)], axis + 1).flatten(axis, axis + 1) / math.sqrt(2)
                for a, b in pairs
            ]
        values = bands[0]
    return values


def haar_threshold(values: Tensor, *, noise: float, factor: float = 1.0) -> Tensor:
    """Return the hard-thresholded Haar reconstruction of noisy values, one a cell of a grid.

    Keeps the coefficients with |θ̂| > factor · σ √(2 log n), n the number of grid cells.

    Arguments: `values` (2^J, …, 2^J) with independent errors of standard deviation `noise`.
    Raises: ValueError for a grid that is not dyadic, or unless noise and factor are > 0.
    Source: donoho1998, lem-threshold, thm-haar-threshold, lem-keep-or-kill.
    """
    require_positive(noise, "noise")
    require_positive(factor, "factor")
    level = factor * noise * math.sqrt(2 * math.log(max(values.numel(), 2)))
    scaled, *details = haar_transform(values)
    return haar_inverse([scaled, *[torch.where(c.abs() > level, c, 0.0) for c in details]])


def fit_dyadic_tree(
    x: Tensor, y: Tensor, *, noise: float, factor: float = 1.0, depth: int | None = None
) -> Predictor:
    """Return the mean of y on the best recursive dyadic partition of the cube.

    Minimises Σ_i (y_i − f(x_i))² + factor · 2σ² log n · #cells over all pruned dyadic trees,
    exactly, from the leaves up: each cell is kept whole or split in 2^d, whichever is cheaper.

    Arguments: `x` (n, d) and the predictor's points in the unit cube, `y` (n,); `noise` σ; `depth`
    the finest level, log₂(n)/d + 1 by default.
    Raises: ValueError for bad samples, points outside, or unless noise and factor are > 0.
    Source: donoho1997, thm-dyadic-tree.
    """
    require_samples(x, y, at_least=2, cube=True)
    require_positive(noise, "noise")
    require_positive(factor, "factor")
    n, d = x.shape
    depth = math.ceil(math.log2(n) / d) + 1 if depth is None else require_count(depth, "depth")
    price = factor * 2 * noise**2 * math.log(n)
    moments = cell_sums(x, torch.stack([torch.ones_like(y), y, y.square()]), depth)
    count, total, square = moments
    cost = _within(count, total, square) + price
    levels = [(count, total, torch.zeros_like(count, dtype=torch.bool))]
    while count.numel() > 1:
        count, total, square = coarsen(count), coarsen(total), coarsen(square)
        whole, parts = _within(count, total, square) + price, coarsen(cost)
        levels.append((count, total, parts < whole))
        cost = torch.minimum(whole, parts)
    count, total, split = levels.pop()
    value, open_ = total / count.clamp(min=1), split
    while levels:
        count, total, split = levels.pop()
        reached, above = refine(open_), refine(value)
        # An empty cell of a split parent keeps the parent's mean.
        value = torch.where(reached & (count > 0), total / count.clamp(min=1), above)
        open_ = reached & split
    flat = value.flatten()
    return lambda z: flat[cell_index(require_points(z, dim=d, cube=True), depth)].to(z)


def fit_one_split(x: Tensor, y: Tensor) -> Predictor:
    """Return the least-squares step function with one jump, in dimension 1.

    f̂ = a + (b − a) 1{x ≥ t}, the minimum over a, b and t of Σ_i (y_i − f(x_i))², with t halfway
    between two neighbouring design points.

    Arguments: `x` (n, d), `y` (n,).
    Raises: ValueError for bad samples, fewer than 2 distinct points, or d ≠ 1.
    Source: breiman1984, prop-one-split.
    """
    require_samples(x, y, at_least=2)
    if x.shape[1] != 1:
        raise ValueError(f"one split is for d = 1, got d = {x.shape[1]}; try fit_tree")
    u, order = x[:, 0].sort()
    if u[0] == u[-1]:
        raise ValueError(f"a split needs two distinct points, got {u[0]} alone; draw more data")
    sums, n = y[order].cumsum(0), len(y)
    left = torch.arange(1, n, dtype=y.dtype, device=y.device)
    # Maximising the between-group sum of squares minimises the within-group one.
    gain = sums[:-1].square() / left + (sums[-1] - sums[:-1]).square() / (n - left)
    # Equal points stay together.
    k = int(torch.where(u[1:] > u[:-1], gain, -1.0).argmax())
    cut, a = (u[k] + u[k + 1]) / 2, sums[k] / (k + 1)
    b = (sums[-1] - sums[k]) / (n - k - 1)
    return lambda z: torch.where(require_points(z, dim=1)[:, 0] >= cut, b, a).to(z)


def fit_tree(x: Tensor, y: Tensor, *, leaves: int) -> Predictor:
    """Return a greedy regression tree (CART) with at most `leaves` leaves.

    Arguments: `x` (n, d), `y` (n,), taken without their derivatives.
    Raises: ValueError for bad samples or leaves < 2; ImportError without scikit-learn.
    Source: breiman1984, def-tree.
    """
    require_samples(x, y, at_least=2)
    require_count(leaves, "leaves", at_least=2)
    with needs("scikit-learn"):
        from sklearn.tree import DecisionTreeRegressor
    return _fitted(DecisionTreeRegressor(max_leaf_nodes=leaves, random_state=0), x, y)


def fit_forest(x: Tensor, y: Tensor, *, leaf: int, trees: int = 100, seed: int = 0) -> Predictor:
    """Return a random forest of `trees` trees with at least `leaf` samples a leaf.

    Arguments: `x` (n, d), `y` (n,), taken without their derivatives. Raises: ValueError for bad
    samples, counts < 1 or seed < 0; ImportError without scikit-learn.
    Source: breiman2001, def-tree.
    """
    require_samples(x, y, at_least=2)
    require_count(leaf, "leaf")
    require_count(trees, "trees")
    require_count(seed, "seed", at_least=0)
    with needs("scikit-learn"):
        from sklearn.ensemble import RandomForestRegressor
    return _fitted(RandomForestRegressor(trees, min_samples_leaf=leaf, random_state=seed), x, y)


def _within(count: Tensor, total: Tensor, square: Tensor) -> Tensor:
    return (square - total.square() / count.clamp(min=1)).clamp(min=0)


def _fitted(model: object, x: Tensor, y: Tensor) -> Predictor:
    fitted = model.fit(x.cpu().numpy(), y.cpu().numpy())  # type: ignore[attr-defined]
    d = x.shape[1]
    return lambda z: torch.from_numpy(fitted.predict(require_points(z, dim=d).cpu().numpy())).to(z)
