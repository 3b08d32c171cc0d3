"""Averages over groups: invariant and positive, equal to augmented rows; filters by their means."""

import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace, Matern32
from ldyn.layers import GroupAveragedKernel, MirrorGaussian, arc_cosine

F64 = torch.float64
SIDE = 5


def normal(n, d, *names):
    return torch.randn(n, d, generator=stream("group kernels", *names), dtype=F64)


def turned(k):
    return lambda x: x.reshape(-1, SIDE, SIDE).rot90(k, (1, 2)).reshape(len(x), -1)


def mirrored(x):
    return x.reshape(-1, SIDE, SIDE).flip(2).reshape(len(x), -1)


def after(g, h):
    return lambda x: g(h(x))


def rolled(k):
    return lambda x: x.reshape(-1, SIDE, SIDE).roll(k, 2).reshape(len(x), -1)


TURNS = tuple(turned(k) for k in range(4))
GROUPS = {
    "mirror": (lambda x: x, mirrored),
    "turns": TURNS,
    "square": TURNS + tuple(after(g, mirrored) for g in TURNS),
    "shifts": tuple(rolled(k) for k in range(SIDE)),
}


@given(
    group=st.sampled_from(sorted(GROUPS)),
    kernel=st.sampled_from([Gaussian, Laplace, Matern32]),
    width=st.floats(0.5, 8),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=40, deadline=None)
def test_invariant_in_each_argument_and_positive_semidefinite(group, kernel, width, seed):
    averaged = GroupAveragedKernel(kernel(width), GROUPS[group])
    x, z = normal(9, SIDE**2, "set", seed), normal(4, SIDE**2, "other", seed)
    gram = averaged(x, z)
    for g in GROUPS[group]:
        for moved in (averaged(g(x), z), averaged(x, g(z))):
            assert (moved - gram).abs().max() <= 1e-12
    own = averaged(x, x)
    assert (own - own.T).abs().max() <= 1e-12
    assert torch.linalg.eigvalsh(own).min() > -1e-12


def test_one_sum_is_the_mean_over_both_arguments():
    x, z = normal(6, SIDE**2, "x"), normal(5, SIDE**2, "z")
    for group in GROUPS.values():
        one = GroupAveragedKernel(Gaussian(3.0), group)
        two = GroupAveragedKernel(Gaussian(3.0), group, both=True)
        torch.testing.assert_close(one(x, z), two(x, z), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_ridge_with_it_is_ridge_on_all_transformed_rows(group):
    x, z, y = normal(12, SIDE**2, "x"), normal(7, SIDE**2, "z"), normal(12, 1, "y")
    kernel, ridge, maps = Gaussian(4.0), 0.1, GROUPS[group]
    averaged = GroupAveragedKernel(kernel, maps)
    system = averaged(x, x) + ridge * torch.eye(12, dtype=F64)
    short = averaged(z, x) @ torch.linalg.solve(system, y)
    every, same = torch.cat([g(x) for g in maps]), torch.cat([y for _ in maps])
    system = kernel(every, every) + len(maps) * ridge * torch.eye(len(every), dtype=F64)
    long = kernel(z, every) @ torch.linalg.solve(system, same)
    assert (short - long).abs().max() <= 1e-12


@pytest.mark.parametrize(("even", "odd"), [(5, 3), (4, 0), (0, 4)])
def test_signs_are_a_mirror_in_another_basis(even, odd):
    signs = torch.tensor([1.0] * even + [-1.0] * odd, dtype=F64)[torch.randperm(
        even + odd, generator=stream("signs"))]  # fmt: skip
    x, z = normal(9, len(signs), "x"), normal(6, len(signs), "z")
    fast = MirrorGaussian(1.7, signs)
    slow = GroupAveragedKernel(Gaussian(1.7), (lambda v: v, lambda v: v * signs))
    assert (fast(x, z) - slow(x, z)).abs().max() <= 1e-13
    assert (fast(x * signs, z) - fast(x, z)).abs().max() <= 1e-13
    assert fast(x.float(), z.float()).dtype == torch.float32
    assert torch.linalg.eigvalsh(fast(x, x)).min() > -1e-12


def test_permuted_pairs_become_signs():
    """(φ_j ± φ_j′)/√2 of features that a mirror exchanges in pairs."""
    x, z = normal(8, 6, "x"), normal(8, 6, "z")
    pairs = torch.tensor([3, 4, 5, 0, 1, 2])
    plus, minus = torch.eye(6, dtype=F64)[:3], torch.eye(6, dtype=F64)[3:]
    basis = torch.cat([plus + minus, plus - minus]) / math.sqrt(2)
    signs = torch.tensor([1.0] * 3 + [-1.0] * 3, dtype=F64)
    swapped = GroupAveragedKernel(Gaussian(2.0), (lambda v: v, lambda v: v[:, pairs]))
    fast = MirrorGaussian(2.0, signs)(x @ basis.T, z @ basis.T)
    assert (fast - swapped(x, z)).abs().max() <= 1e-13


def test_steps_that_are_no_group_are_refused_and_both_sides_are_not():
    steps = tuple(rolled(k) for k in (-1, 0, 1))
    x = torch.eye(SIDE, SIDE**2, dtype=F64)
    with pytest.raises(ValueError, match=r"must be a group, .*; add what is missing, or try both"):
        GroupAveragedKernel(Gaussian(1.0), steps)(x, x)
    with pytest.raises(ValueError, match="must be a group"):
        GroupAveragedKernel(Gaussian(1.0), (mirrored,))(normal(2, 25), normal(2, 25))
    both = GroupAveragedKernel(Gaussian(1.0), steps, both=True)(x, x)
    assert torch.linalg.eigvalsh(both).min() > -1e-12
    one = torch.stack([Gaussian(1.0)(x, g(x)) for g in steps]).mean(0)
    assert torch.linalg.eigvalsh(one).min() < -0.1


def test_bad_input_is_refused():
    x = normal(3, 4)
    with pytest.raises(ValueError, match=r"at least one map, got Gaussian and \(\); try"):
        GroupAveragedKernel(Gaussian(1.0), ())
    with pytest.raises(ValueError, match=r"each \+1 or -1, got Tensor of shape \(2,\); try"):
        MirrorGaussian(1.0, torch.tensor([1.0, 0.5]))
    with pytest.raises(ValueError, match="bandwidth must be a finite number > 0"):
        MirrorGaussian(0.0, torch.ones(4))
    with pytest.raises(ValueError, match=r"x must be .*\(n, 3\), got shape \(3, 4\)"):
        MirrorGaussian(1.0, torch.ones(3))(x, x)
    for act in (
        lambda: GroupAveragedKernel(Gaussian(1.0), (lambda v: v,))(x, normal(3, 5)),
        lambda: MirrorGaussian(1.0, torch.ones(4))(x, normal(3, 5)),
        lambda: arc_cosine(x, normal(3, 5), order=1),
    ):
        with pytest.raises(
            ValueError, match=r"z must be .* with d = 4 as in x, got shape \(3, 5\)"
        ):
            act()
    for kernel, transforms in ((1.0, (lambda v: v,)), (Gaussian(1.0), lambda v: v)):
        with pytest.raises(
            ValueError, match="kernel must be a function and transforms hold at least one map, got"
        ):
            GroupAveragedKernel(kernel, transforms)
    with pytest.raises(ValueError, match=r"signs must be a tensor .* got list of shape"):
        MirrorGaussian(1.0, [1.0, -1.0])
    with pytest.raises(ValueError, match="no zero row for order 0"):
        arc_cosine(x, 0 * x, order=0)
    assert not arc_cosine(x, 0 * x, order=1).any()
    with pytest.raises(ValueError, match=r"order must be 0 .* got 2; try order=1"):
        arc_cosine(x, x, order=2)


@pytest.mark.parametrize("order", [0, 1])
def test_arc_cosines_are_the_means_of_random_units(order):
    x, z, draws = normal(4, 3, "x"), 2 * normal(3, 3, "z"), 200_000
    w = normal(3, draws, "filters")
    unit = (lambda u: (u > 0).double()) if order == 0 else (lambda u: u.clamp(min=0))
    terms = 2 * unit(x @ w)[:, None] * unit(z @ w)[None]
    error = terms.std(2) / draws**0.5
    assert ((terms.mean(2) - arc_cosine(x, z, order=order)).abs() / error).max() < 4


def test_arc_cosines_at_known_angles():
    x = torch.tensor([[2.0, 0.0]], dtype=F64)
    z = torch.tensor([[3.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [1.0, 1e-9]], dtype=F64)
    assert arc_cosine(x, z[:3], order=0)[0].tolist() == pytest.approx([1, 0.5, 0], abs=1e-15)
    right = [6, 2 / math.pi, 0]
    assert arc_cosine(x, z[:3], order=1)[0].tolist() == pytest.approx(right, abs=1e-15)
    close = 1 - arc_cosine(x, z[3:], order=0)
    assert close.item() == pytest.approx(1e-9 / math.pi, rel=1e-6)  # arccos would say 0
    assert arc_cosine(x.float(), z.float(), order=1).dtype == torch.float32
    gram = arc_cosine(normal(30, 5), normal(30, 5), order=1)
    assert torch.linalg.eigvalsh(gram).min() > -1e-12
