"""The formulas behind the page on conventions, in cases known by hand, and what they refuse."""

import math

import pytest
import torch

from ldyn.core import stream
from ldyn.gans import (
    convention_values,
    energy_loss,
    entropic_plan,
    frechet_distance,
    kernel_inception_distance,
    neighbour_scores,
)
from ldyn.gans.conventions import divergence

F64 = torch.float64
A, B = torch.zeros(1, 1, dtype=F64), torch.full((1, 1), 3.0, dtype=F64)


def test_two_diracs():
    assert energy_loss(A, B).item() == 3
    plan, value = entropic_plan(torch.full((1, 1), 4.5, dtype=F64), regularisation=0.1)
    assert (plan.item(), value.item()) == pytest.approx((1, 4.5))


def test_a_far_pair_is_given_up_when_marginals_are_free():
    """P → 0 leaves ρ for each marginal and ε for the plan."""
    far = torch.full((1, 1), 1e4, dtype=F64)
    plan, value = entropic_plan(far, regularisation=0.1, marginals=2.0)
    assert plan.item() < 1e-12
    assert value.item() == pytest.approx(2 * 2.0 + 0.1)


def test_a_plan_of_two_by_two():
    """Its odds ratio is that of exp(−C/ε)."""
    cost = torch.tensor([[0.0, 1.0], [1.0, 0.0]], dtype=F64)
    plan, _ = entropic_plan(cost, regularisation=0.5)
    stay = 0.5 * math.exp(2) / (math.exp(2) + 1)
    assert torch.allclose(plan.diagonal(), torch.full((2,), stay, dtype=F64))
    assert torch.allclose(plan.sum(0), torch.full((2,), 0.5, dtype=F64))


def test_frechet_of_moved_and_stretched_points():
    x = torch.tensor([[-1.0], [1.0]], dtype=F64)
    assert frechet_distance(x, 3 * x + 5).item() == pytest.approx(25 + 2 * (3 - 1) ** 2)


def test_scores_of_points_on_a_line():
    real = torch.tensor([[0.0], [1.0], [2.0], [10.0]], dtype=F64)
    fake = torch.tensor([[0.5], [1.0], [30.0]], dtype=F64)
    found = neighbour_scores(real, fake, neighbours=1)
    assert found == pytest.approx(
        {"precision": 2 / 3, "recall": 3 / 4, "density": 1, "coverage": 1 / 2}
    )


def test_no_mass_where_none_is_asked_for_costs_nothing():
    p, q = torch.tensor([0.0, 1.0, 0.0]), torch.tensor([0.0, 0.5, 0.5])
    assert divergence(p, q).item() == pytest.approx(math.log(2))
    assert divergence(q, p).item() == math.inf


def test_a_plan_that_has_not_converged_is_not_returned():
    cost = torch.rand(30, 30, generator=stream("cost"), dtype=F64)
    for marginals in (None, 2.0):
        with pytest.raises(ValueError, match="allow more of them"):
            entropic_plan(cost, regularisation=1e-3, marginals=marginals, iterations=50)
    plan, _ = entropic_plan(cost.float(), regularisation=0.1)
    assert (plan.sum(1) - 1 / 30).abs().max() < 1e-5


def test_bad_input_is_answered_with_what_to_try():
    with pytest.raises(ValueError, match="d = 1 as in x"):
        energy_loss(A, torch.zeros(2, 2, dtype=F64))
    for f in (energy_loss, frechet_distance, kernel_inception_distance):
        with pytest.raises(ValueError, match=r"try y\.to\(x\)"):
            f(torch.zeros(2, 1), torch.zeros(2, 1, dtype=F64))
    five, four = (torch.rand(n, 2, dtype=F64) for n in (5, 4))
    with pytest.raises(ValueError, match="n = 5 as in x"):
        convention_values(five, four, blur=0.5, reach=1.0, neighbours=2)
    with pytest.raises(ValueError, match="regularisation"):
        entropic_plan(A, regularisation=0.0)
    with pytest.raises(ValueError, match="marginals"):
        entropic_plan(A, regularisation=1.0, marginals=-1.0)
    with pytest.raises(ValueError, match="must be below the sizes 1 and 1"):
        neighbour_scores(A, B, neighbours=1)
    with pytest.raises(ValueError, match="at least 2 points"):
        frechet_distance(A, B)
    with pytest.raises(ValueError, match="at least 2 points"):
        kernel_inception_distance(A, B)
