"""Critics of the failing sequences against programs and automatic differentiation."""

import math

import pytest
import torch
from torch.func import grad

from ldyn.core import stream
from ldyn.gans import (
    CONDITIONS,
    CROSSES,
    LOSSES,
    failing_sequence,
    loss_smoothness,
    search_largest,
    sinkhorn_slope,
)
from ldyn.gans.conditions import _number, _ratio_critic, _transport_slope

F64 = torch.float64
NAMES = (
    "minimax", "non-saturating", "Wasserstein", "smooth IPM", "MMD", "half MMD²", "half W₂²",
    "Sinkhorn", "debiased Sinkhorn",
)  # fmt: skip


@pytest.mark.parametrize(("name", "sign"), [("minimax", 1), ("non-saturating", -1)])
@pytest.mark.parametrize("x", [-1.3, 0.0, 2.7])
def test_critics_of_normal_laws_are_those_of_the_table(name, sign, x):
    def critic(x):
        density = lambda m: (-((x - m) ** 2) / 2).exp()  # noqa: E731
        return LOSSES[name].critic(density(1.4), density(0.0))

    at = torch.tensor(x, dtype=F64)
    found = _ratio_critic(1.4, sign)(at - 0.7)  # measured from the middle
    moved = _ratio_critic(1.1, sign, 0.3)(at - 0.55)
    assert moved.item() == pytest.approx(found.item(), rel=1e-12)
    assert found.item() == pytest.approx(grad(critic)(at).item(), rel=1e-12)


@pytest.mark.parametrize(("name", "n"), [("slope", 2.0), ("sensitivity", 8.0)])
def test_smooth_critics_are_those_of_a_linear_program(name, n):
    """max Σ wφ over |second differences| ≤ h², up to linear functions."""
    from scipy.optimize import linprog

    h, edge = 0.125, 2.0
    x = torch.arange(-edge, edge + h / 2, h, dtype=F64)
    at = lambda p: round((p + edge) / h)  # noqa: E731
    pairs = [(2.0, 0.0)] if name == "slope" else [(1 + 1 / n, 1.0), (1 - 1 / n, 1.0)]
    slopes = []
    for out, home in pairs:
        weight = torch.zeros_like(x)
        for side in (-1, 1):
            weight[at(side * out)] += 0.5
            weight[at(side * home)] -= 0.5
        second = torch.zeros(len(x) - 2, len(x), dtype=F64)
        for i in range(len(second)):
            second[i, i : i + 3] = torch.tensor([1.0, -2.0, 1.0])
        anchor = torch.zeros(2, len(x), dtype=F64)
        anchor[0, 0] = anchor[1, -1] = 1.0  # the linear part is free: fix it
        bounds = torch.cat([second, -second]).numpy()
        done = linprog(
            -weight.numpy(), A_ub=bounds, b_ub=[h**2] * len(bounds),
            A_eq=anchor.numpy(), b_eq=[0, 0], bounds=(None, None),
        )  # fmt: skip
        slopes.append(torch.as_tensor(done.x, dtype=F64).diff() / h)
    if name == "slope":
        measured = (slopes[0].max() - slopes[0].min()) / 2
        assert measured.item() == pytest.approx(failing_sequence("smooth IPM", name, n), rel=0.1)
    else:
        inner = slice(at(-1), at(1))  # between −1 and 1 the slopes are forced
        change = (slopes[0] - slopes[1])[inner]
        measured = (change.max() - change.min()) / 2 / (2 / n)
        assert measured.item() == pytest.approx(failing_sequence("smooth IPM", name, n), rel=0.1)


def test_transport_by_equal_masses_is_that_of_sorted_particles():
    x = torch.linspace(-0.7, 1.3, 1000, dtype=F64)  # uniform, shifted by 0.3
    target = torch.cat([-torch.ones(500), torch.ones(500)])
    assert torch.allclose(_transport_slope(0.3)(x), x - target)


@pytest.mark.parametrize("debiased", [False, True])
def test_the_slope_of_sinkhorns_critic_moves_particles_downhill(debiased):
    x = torch.rand(4, 2, generator=stream("sinkhorn", "x"), dtype=F64)
    y = torch.rand(5, 2, generator=stream("sinkhorn", "y"), dtype=F64) + 0.3
    eps = 0.3
    weights = lambda z: z.new_full((len(z),), -math.log(len(z)))  # noqa: E731

    def transport(x, y):
        cost = (x[:, None] - y).square().sum(-1) / 2
        f, g = x.new_zeros(len(x)), y.new_zeros(len(y))
        for _ in range(300):
            f = -eps * torch.logsumexp(weights(y) + (g - cost) / eps, 1)
            g = -eps * torch.logsumexp(weights(x) + (f - cost.T) / eps, 1)
        plan = ((f[:, None] + g - cost) / eps).exp() / len(x) / len(y)
        return (plan * cost).sum() + eps * (plan * (plan * len(x) * len(y)).log()).sum()

    def loss(x):
        return transport(x, y) - (transport(x, x) / 2 if debiased else 0)

    found = sinkhorn_slope(
        x, (x, weights(x)), (y, weights(y)), regularisation=eps, debiased=debiased, iterations=300
    )
    assert torch.allclose(found, len(x) * grad(loss)(x), rtol=0, atol=1e-9)


def test_crosses_and_ticks_share_the_table():
    for name in NAMES:
        loss = loss_smoothness(name)
        for condition in CONDITIONS:
            assert ((name, condition) in CROSSES) == (getattr(loss, condition) == math.inf)


def test_the_bounds_of_sinkhorn_are_those_of_the_proposition():
    """Source: prop-sinkhorn-sensitivity."""
    for eps in (0.05, 0.3, 2.0):
        r = 1.5**2 / eps
        q = math.tanh(r / 4)
        cross = r / 2 * math.exp(r) * math.cosh(r / 4) ** 2
        both = cross + math.exp(r) * (1 + r + r / (2 * (1 - q)))
        plain, debiased = (
            loss_smoothness(name, diameter=1.5, regularisation=eps)
            for name in ("Sinkhorn", "debiased Sinkhorn")
        )
        assert plain.sensitivity == pytest.approx(cross, rel=1e-12)
        assert debiased.sensitivity == pytest.approx(both, rel=1e-5)  # 1 − q loses digits here
        assert plain.sensitivity > math.sinh(r / 2) / 2
    fine = loss_smoothness("debiased Sinkhorn", regularisation=1e-3)
    assert (fine.curvature, fine.sensitivity) == (250, math.inf)


@pytest.mark.parametrize("n", [2.0, 1e3, 1e7, 1e12])
def test_sequences_follow_their_formulas_as_far_as_they_go(n):
    """The constants of the proof, where rounding could spoil them. Source: thm-conditions-table."""
    formulas = {
        ("minimax", "slope"): n / 2 * torch.sigmoid(_number(n**2)).item(),
        ("minimax", "curvature"): n**2 / 8,
        ("minimax", "sensitivity"): n**2 / 16 + 1 / 4,
        ("non-saturating", "slope"): n / 2 * torch.sigmoid(_number(n**2)).item(),
        ("non-saturating", "curvature"): n**2 / 8,
        ("non-saturating", "sensitivity"): abs(n**2 / 16 - 1 / 4),
        ("Wasserstein", "curvature"): 2 * n,
        ("Wasserstein", "sensitivity"): n,
        ("smooth IPM", "slope"): n,
        ("smooth IPM", "sensitivity"): n,
        ("MMD", "sensitivity"): n,
        ("half W₂²", "curvature"): n - 1,
        ("half W₂²", "sensitivity"): n,
    }
    assert set(formulas) == set(CROSSES)
    for (name, condition), right in formulas.items():
        loose = (name, n) == ("MMD", 2.0)  # there the limit h → 0 is far: 1.03 n
        found = failing_sequence(name, condition, n)
        assert found == pytest.approx(right, rel=0.1 if loose else 1e-3, abs=1e-6), (
            name,
            condition,
        )


def test_ascent_finds_the_top_of_a_hill():
    starts = torch.randn(4, 2, generator=stream("hill"), dtype=F64)
    hill = lambda p: 3 - (p - 1).square().sum(-1)  # noqa: E731
    assert search_largest(hill, starts) == pytest.approx(3, abs=1e-3)


def test_bad_input_is_answered_with_what_to_try():
    with pytest.raises(ValueError, match="half MMD²"):
        loss_smoothness("mmd")
    with pytest.raises(ValueError, match="diameter must be"):
        loss_smoothness("Sinkhorn", diameter=0.0)
    with pytest.raises(ValueError, match="no sequence"):
        failing_sequence("half MMD²", "slope", 10.0)
    with pytest.raises(ValueError, match="n must be a finite number, got nan"):
        failing_sequence("MMD", "sensitivity", math.nan)
    with pytest.raises(ValueError, match=r"2 to 1e12"):
        failing_sequence("Wasserstein", "curvature", 1e13)
    with pytest.raises(ValueError, match="one a row"):
        search_largest(lambda p: p.sum(), torch.ones(3, 2))
    with pytest.raises(ValueError, match="no number"):
        search_largest(lambda p: p.sum(1) * math.nan, torch.ones(3, 2))
    with pytest.raises(ValueError, match=r"starts\.double"):
        search_largest(lambda p: p.sum(1), torch.ones(3, 2, dtype=torch.int64))
    one = torch.zeros(1, 1, dtype=F64), torch.zeros(1, dtype=F64)
    with pytest.raises(ValueError, match="regularisation"):
        sinkhorn_slope(one[0], one, one, regularisation=-1.0)


def test_bad_clouds_are_answered_with_what_to_try():
    x = torch.rand(3, 2, generator=stream("clouds"), dtype=F64)
    even = torch.full((3,), -math.log(3), dtype=F64)
    good = x, even
    bad = {
        "finite": (x * math.nan, even),
        "one d": (x[:, :1], even),
        "for the line": (x[:, 0], even),
        "one a point": (x, even[:2]),
        r"try \.to": (x, even.float()),
        "log_softmax": (x, even + 1),
    }
    for words, cloud in bad.items():
        for mu, data in ((cloud, good), (good, cloud)):
            with pytest.raises(ValueError, match=words):
                sinkhorn_slope(x, mu, data, regularisation=0.3)
    with pytest.raises(ValueError, match="one d"):
        sinkhorn_slope(x, (x[:0], even[:0]), good, regularisation=0.3)
    with pytest.raises(ValueError, match="finite"):
        sinkhorn_slope(x * math.inf, good, good, regularisation=0.3)
