"""Counts of subspaces against enumeration, and the classification of units that were built."""

import itertools
import math

import pytest
import torch

from ldyn.core import stream
from ldyn.landscape import UnitNet, classify_units, expansion_count, surjections

F64 = torch.float64
SIZES = [(r, m) for m in range(6) for r in range(m + 2)]


def onto(r, m):
    return sum(set(f) == set(range(r)) for f in itertools.product(range(r), repeat=m))


def canonical(labels, r):
    """A map of units to teacher units 0 … r−1 and to zero groups, these renamed in order."""
    names = {}
    return tuple(a if a < r else r + names.setdefault(a, len(names)) for a in labels)


def assignments(r, m):
    maps = itertools.product(range(r + m), repeat=m)
    return {canonical(f, r) for f in maps if set(range(r)) <= set(f)}


def odd_assignments(r, m):
    """The same with signs (the overall one of a zero group is free) and dead units."""
    found = set()
    choices = [(a, s) for a in range(r + m) for s in (1, -1)] + [("dead", 0)]
    for f in itertools.product(choices, repeat=m):
        if not set(range(r)) <= {a for a, _ in f}:
            continue
        alive = [(a, s) for a, s in f if a != "dead"]
        names = iter(canonical([a for a, _ in alive], r))
        lead = {}
        told = []
        for a, s in f:
            if a == "dead":
                told.append("dead")
                continue
            name = next(names)
            told.append((name, s if name < r else s * lead.setdefault(name, s)))
        found.add(tuple(told))
    return found


@pytest.mark.parametrize(("r", "m"), SIZES)
def test_counts_are_those_of_enumeration(r, m):
    """Source: prop-counts."""
    assert surjections(r, m) == onto(r, m)
    assert surjections(r, m) == sum((-1) ** (r - i) * math.comb(r, i) * i**m for i in range(r + 1))
    assert expansion_count(r, m) == len(assignments(r, m))


@pytest.mark.parametrize(("r", "m"), [(0, 2), (1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3)])
def test_counts_for_odd_activations_are_those_of_enumeration(r, m):
    assert expansion_count(r, m, odd=True) == len(odd_assignments(r, m))


def test_the_published_values():
    assert [expansion_count(1, 2), expansion_count(4, 5), expansion_count(4, 6)] == [3, 360, 3720]
    assert [surjections(4, 5), surjections(4, 6)] == [240, 1560]


@pytest.mark.parametrize("surplus", [0, 1, 4])
def test_the_ratio_tends_to_its_limit_for_large_teachers(surplus):
    """Source: prop-counts."""
    ratios = [
        surjections(r - 1, r + surplus) / expansion_count(r, r + surplus) / (r / (2 * surplus + 2))
        for r in (200, 400)
    ]
    assert abs(ratios[1] - 1) < 0.6 * abs(ratios[0] - 1) < 0.1


def expanded(r, kinds, draw):
    """Units that make a teacher of r units: copies, silent ones and a zero sum, in random order."""
    dim, outputs = 3, 2
    v, w = (
        torch.randn(r, outputs, generator=draw, dtype=F64),
        torch.randn(r, dim, generator=draw, dtype=F64),
    )
    parts_v, parts_w = [], []
    for i in range(r):
        size = kinds[i]
        extra = torch.randn(size - 1, outputs, generator=draw, dtype=F64)
        parts_v.append(torch.cat([v[i : i + 1] - extra.sum(0), extra]))
        parts_w.append(w[i].expand(size, -1))
    for size in kinds[r:]:
        extra = torch.randn(size - 1, outputs, generator=draw, dtype=F64)
        parts_v.append(torch.cat([-extra.sum(0, keepdim=True), extra]))
        parts_w.append(torch.randn(1, dim, generator=draw, dtype=F64).expand(size, -1))
    order = torch.randperm(sum(kinds), generator=draw)
    return (v, w), (torch.cat(parts_v)[order], torch.cat(parts_w)[order])


@pytest.mark.parametrize("kinds", [(1, 1, 1), (2, 1, 3), (1, 2, 1, 1), (1, 1, 1, 2, 3)])
def test_units_that_were_built_are_classified_as_such(kinds):
    draw = stream("expanded", *kinds)
    (v, w), (wide_v, wide_w) = expanded(3, kinds, draw)
    net = UnitNet(inputs=3, outputs=2, activation="sigmoid")
    x = torch.randn(20, 3, generator=draw, dtype=F64)
    assert torch.allclose(net.values(net.join(v, w), x), net.values(net.join(wide_v, wide_w), x))
    found = classify_units(wide_v, wide_w)
    wanted = ["single" if size == 1 else "copies" for size in kinds[:3]]
    wanted += ["silent" if size == 1 else "zero sum" for size in kinds[3:]]
    assert sorted(found.kinds) == sorted(wanted)
    sizes = torch.bincount(found.member).tolist()
    assert sorted(sizes) == sorted(kinds)
    made = {tuple(row) for row in found.total.round(decimals=9).tolist()}
    assert {tuple(row) for row in v.round(decimals=9).tolist()} <= made


def test_signs_join_units_only_when_the_activation_is_odd():
    v = torch.tensor([[1.0], [2.0], [5.0]], dtype=F64)
    w = torch.tensor([[1.0, 2.0], [-1.0, -2.0], [0.0, 0.0]], dtype=F64)
    assert classify_units(v, w).kinds == ("single", "single", "single")
    odd = classify_units(v, w, odd=True)
    assert odd.kinds == ("copies", "dead")
    assert odd.total.tolist() == [[-1.0], [5.0]]
    v[1] = 1.0
    assert classify_units(v, w, odd=True).kinds == ("zero sum", "dead")


def test_units_of_which_only_the_bias_is_left_are_constants():
    """(0, b₁) and (0, b₂) both put out a number, so one is redundant. Source: lem-biases."""
    v = torch.tensor([[1.0], [2.0], [3.0], [4.0], [-4.0]], dtype=F64)
    w = torch.tensor([[0.0, 0.7], [1.0, 0.5], [0.0, -0.2], [-1.0, -0.5], [0.0, 0.0]], dtype=F64)
    assert classify_units(v, w).kinds == ("single",) * 5
    found = classify_units(v, w, bias=True)
    assert found.kinds == ("constant", "single", "single")
    assert found.member.tolist() == [0, 1, 0, 2, 0]
    odd = classify_units(v, w, odd=True, bias=True)
    assert odd.kinds == ("constant", "copies", "dead")
    net = UnitNet(inputs=2, activation="tanh")
    x = torch.stack([torch.linspace(-2, 2, 9, dtype=F64), torch.ones(9, dtype=F64)], 1)
    one = net.values(net.join(v, w), x)
    v[0] += v[2] * math.tanh(-0.2) / math.tanh(0.7)
    assert torch.allclose(net.values(net.join(v[[0, 1, 3]], w[[0, 1, 3]]), x), one)


def test_tanh_units_with_biases_and_a_constant_are_independent():
    """Source: lem-biases."""
    x = torch.linspace(-2, 2, 400, dtype=F64)
    inner = torch.stack([x, x + 1, 2 * x - 1, -2 * x - 0.5, 3 * x], 1)
    columns = torch.cat([torch.ones(400, 1, dtype=F64), torch.tanh(inner)], 1)
    assert torch.linalg.svdvals(columns)[-1] > 1e-2
    twin = torch.cat([columns, torch.tanh(-x - 1)[:, None]], 1)
    assert torch.linalg.svdvals(twin)[-1] < 1e-12


def test_the_tolerance_bounds_distances_and_sums():
    w = torch.tensor([[0.0, 1.0], [0.0, 1.005], [0.0, 1.05], [3.0, 0.0]], dtype=F64)
    v = torch.tensor([[1.0], [-1.005], [0.05], [0.005]], dtype=F64)
    wide, close = (classify_units(v, w, tolerance=e).kinds for e in (1e-2, 1e-3))
    assert wide == ("zero sum", "single", "silent")
    assert close == ("single",) * 4


def test_free_activations_have_independent_units_and_symmetric_ones_do_not():
    """Source: lem-independent."""
    x = torch.linspace(-1, 1, 200, dtype=F64)
    w = torch.tensor([1.0, -1.0, 2.2, -2.2], dtype=F64)

    def least(sigma):
        return torch.linalg.svdvals(sigma(x[:, None] * w))[-1].item()

    assert least(lambda z: torch.sigmoid(4 * z) + torch.nn.functional.softplus(z)) > 1e-2
    for symmetric in (torch.sigmoid, torch.tanh, torch.nn.functional.softplus):
        assert least(symmetric) < 1e-12


def test_a_blank_lets_two_units_change_places_at_constant_function():
    """Source: prop-paths."""
    draw, net = stream("blank"), UnitNet(inputs=2, outputs=2, activation="softplus")
    v, w = (torch.randn(3, 2, generator=draw, dtype=F64) for _ in range(2))
    v[2] = 0
    x = torch.randn(15, 2, generator=draw, dtype=F64)
    start, corners = net.values(net.join(v, w), x), [(v, w)]
    for unit, blank in ((0, 2), (1, 0), (2, 1)):
        v, w = v.clone(), w.clone()
        w[blank] = w[unit]
        corners.append((v.clone(), w.clone()))
        v[blank], v[unit] = v[unit], 0
        corners.append((v, w))
    for (v0, w0), (v1, w1) in itertools.pairwise(corners):
        for t in (0.0, 0.3, 1.0):
            theta = net.join(v0 + t * (v1 - v0), w0 + t * (w1 - w0))
            assert torch.allclose(net.values(theta, x), start, atol=1e-13)
    (v0, w0), (v1, w1) = corners[0], corners[-1]
    assert torch.equal(v1[[1, 0]], v0[:2])
    assert torch.equal(w1[[1, 0]], w0[:2])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: surjections(-1, 2), "teacher"),
        (lambda: expansion_count(1, -2), "width"),
        (
            lambda: classify_units(torch.ones(2), torch.ones(2, 1)),
            r"v must be a tensor of shape \(H, M\)",
        ),
        (lambda: classify_units(torch.ones(2, 1), torch.ones(2, 1), tolerance=0), "tolerance"),
    ],
)
def test_refusals(call, says):
    with pytest.raises(ValueError, match=says):
        call()
