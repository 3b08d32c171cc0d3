"""Networks built by hand, neuron by neuron, each with the bound that its error obeys."""

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive
from ldyn.piecewise.boundaries import Function, values_at
from ldyn.piecewise.relunet import ReluNet, affine, compose, stack


def _rows(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def step_net(slope: float) -> ReluNet:
    """Return η(at + ½) − η(at − ½), a step at 0 with a ramp of width 1/a.

    L = 2, S = 6; its distance from 1{t ≥ 0} is √(1/(12a)) in L² and 1/(4a) in L¹.
    Raises: ValueError unless slope a > 0.
    Source: prop-step.
    """
    require_positive(slope, "slope")
    first = (_rows([slope], [slope]), torch.tensor([0.5, -0.5], dtype=torch.float64))
    return ReluNet(layers=(first, (_rows([1.0, -1.0]), torch.zeros(1).double())))


def square_net(teeth: int) -> ReluNet:
    """Return x − Σ_{t ≤ m} 4^(−t) w_t(x) ≈ x² on [0, 1], w_t the sawtooth with 2^(t−1) teeth.

    L = m + 1; 0 ≤ g(x) − x² ≤ 2^(−2−2m).
    Raises: ValueError unless teeth m ≥ 1.
    Source: yarotsky2017, prop-square.
    """
    require_count(teeth, "teeth")
    layers = [(_rows([1.0], [1.0], [1.0]), torch.tensor([0.0, -0.5, 0.0]).double())]
    for t in range(1, teeth + 1):
        # w_t = 2 η(w_{t−1}) − 4 η(w_{t−1} − ½); the third unit carries the sum, which is ≥ 0.
        tooth, total = [2.0, -4.0, 0.0], [-2.0 / 4**t, 4.0 / 4**t, 1.0]
        if t < teeth:
            layers.append((_rows(tooth, tooth, total), torch.tensor([0.0, -0.5, 0.0]).double()))
        else:
            layers.append((_rows(total), torch.zeros(1).double()))
    return ReluNet(layers=tuple(layers))


def product_net(teeth: int, bound: float = 1.0) -> ReluNet:
    """Return a network (x, y) ↦ ≈ xy on [−T, T]², exactly 0 where x or y is 0.

    xy = 2T² [(|x + y|/2T)² − (|x|/2T)² − (|y|/2T)²]; the error is at most T² 4^(−m).
    Raises: ValueError unless teeth ≥ 1 and bound T > 0.
    Source: yarotsky2017, prop-product.
    """
    require_positive(bound, "bound")
    square = square_net(teeth)
    signs = _rows([1, 1], [-1, -1], [1, 0], [-1, 0], [0, 1], [0, -1])
    pair = _rows([1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1]) / (2 * bound)
    moduli = ReluNet(layers=((signs, torch.zeros(6).double()), (pair, torch.zeros(3).double())))
    squares = compose(stack([square] * 3, shared=False), moduli)
    weights = 2 * bound**2 * _rows([1.0, -1.0, -1.0])
    return compose(affine(weights, weights.new_zeros(1)), squares)


def interpolant_net(values: Tensor) -> ReluNet:
    """Return the piecewise linear interpolant of `values` (K + 1,) at 0, 1/K, …, 1, on its device.

    g(x) = v_0 + Σ_k (s_k − s_{k−1}) η(x − k/K), s_k the slopes. L = 2. For h in H^α_F, α ≤ 2,
    sup |g − h| ≤ F (2K)^(−α) for α ≤ 1 and F K^(−α)/4 for 1 < α ≤ 2.
    Raises: ValueError unless K ≥ 1.
    Source: prop-interpolant.
    """
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(
            f"values must be (K + 1,) with K >= 1, got {tuple(values.shape)}; try h(knots)"
        )
    values, pieces = values.double(), len(values) - 1
    slopes = pieces * values.diff()
    jumps = torch.cat([slopes[:1], slopes.diff()])
    knots = torch.arange(pieces, device=values.device).to(values) / pieces
    first = (values.new_ones(pieces, 1), -knots)
    return ReluNet(layers=(first, (jumps[None], values[:1])))


def indicator_net(values: Tensor, slope: float) -> ReluNet:
    """Return a network for 1{x₂ ≥ h_K(x₁)}, h_K the interpolant of `values` (K + 1,).

    The step of slope a applied to x₂ − h_K(x₁): L = 3, S ≤ 4K + 8. Its L² distance from
    1{x₂ ≥ h(x₁)} is at most ‖h − h_K‖_1^(1/2) + (12a)^(−1/2).
    Raises: ValueError for bad values or unless slope > 0.
    Source: prop-indicator.
    """
    graph = interpolant_net(values)
    (a, b), (c, e) = graph.layers
    k = len(b)
    # x₂ ≥ 0 on the cube, so one unit carries it through.
    first = b.new_zeros(k + 1, 2)
    first[:k, :1], first[k, 1] = a, 1.0
    height = torch.cat([-c, c.new_ones(1, 1)], 1)
    inner = ReluNet(layers=((first, torch.cat([b, b.new_zeros(1)])), (height, -e)))
    return compose(step_net(slope).to(b.device), inner)


def intersection_net(indicators: list[ReluNet]) -> ReluNet:
    """Return η(g_1 + … + g_J − J + 1): the indicator of an intersection, where all g_j are 0 or 1.

    Raises: ValueError for an empty list, or a network of several outputs.
    Source: prop-indicator.
    """
    together = stack(indicators, shared=True)
    count = len(indicators)
    first = (torch.ones(1, count, dtype=torch.float64), torch.tensor([1.0 - count]).double())
    last = (_rows([1.0]), torch.zeros(1).double())
    return compose(ReluNet(layers=(first, last)), together)


def holder_net(f: Function, *, dim: int, cells: int, teeth: int) -> ReluNet:
    """Return Σ_v f(v) Π_j tent(N x_j − N v_j) over the grid {0, 1/N, …, 1}^d, d = 1 or 2.

    For f in H^β_F the error is at most d F (2N)^(−β) for β ≤ 1 and d F N^(−β)/4 for 1 < β ≤ 2,
    plus, for d = 2, 4 F 4^(−m) from the products, at most four of which differ from 0 at a point.
    Raises: ValueError unless dim is 1 or 2 and cells, teeth ≥ 1, or f not one value a point.
    Source: yarotsky2017, prop-holder.
    """
    require_count(cells, "cells")
    axis = torch.arange(cells + 1, dtype=torch.float64) / cells
    if dim == 1:
        return interpolant_net(values_at(f, axis[:, None], "f"))
    if dim != 2:
        raise ValueError(f"dim must be 1 or 2, got {dim}; try dim=2")
    tents = stack([_tent_net(v, cells, j, dim) for v in axis.tolist() for j in (0, 1)], shared=True)
    tents = _select_pairs(tents, len(axis))
    nodes = torch.cartesian_prod(axis, axis)
    products = stack([product_net(teeth)] * len(nodes), shared=False)
    weights = values_at(f, nodes, "f").double()[None]
    return compose(affine(weights, weights.new_zeros(1)), compose(products, tents))


def _tent_net(centre: float, cells: int, coordinate: int, dim: int) -> ReluNet:
    direction = torch.zeros(3, dim, dtype=torch.float64)
    direction[:, coordinate] = float(cells)
    offsets = torch.tensor([1.0, 0.0, -1.0], dtype=torch.float64) - cells * centre
    return ReluNet(
        layers=((direction, offsets), (_rows([1.0, -2.0, 1.0]), torch.zeros(1).double()))
    )


def _select_pairs(tents: ReluNet, count: int) -> ReluNet:
    """Order the outputs as (tent of v_1 in x_1, tent of v_2 in x_2) for every node (v_1, v_2)."""
    picks = torch.zeros(2 * count**2, 2 * count, dtype=torch.float64)
    for i in range(count):
        for j in range(count):
            row = 2 * (i * count + j)
            picks[row, 2 * i], picks[row + 1, 2 * j + 1] = 1.0, 1.0
    return compose(affine(picks, picks.new_zeros(len(picks))), tents)
