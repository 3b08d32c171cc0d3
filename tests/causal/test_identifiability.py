"""Equations for mechanisms on densities that have them, and two scores against exact values."""

import math

import pytest
import torch

from ldyn.causal import (
    additive_defect,
    lingam,
    location_scale_defect,
    relative_hsic,
    standardised,
)
from ldyn.core import stream

F64 = torch.float64
X = torch.tensor([-1.2, -0.3, 0.4, 1.1, 2.0], dtype=F64)
Y = torch.tensor([0.7, -0.9, 1.3, 0.1, -1.6], dtype=F64)


def additive(x, y):
    """X normal, y = sin x + x/2 + e, e of the law of 1/cosh."""
    return -(x**2) / 2 - torch.cosh(y - torch.sin(x) - x / 2).log()


def scaled(x, y):
    """As above with a noise of size e^(x/3)."""
    e = (y - torch.sin(x)) * torch.exp(-x / 3)
    return -(x**2) / 2 - torch.cosh(e).log() - x / 3


def test_the_additive_equation_holds_in_the_direction_of_the_model_alone():
    assert additive_defect(additive, X, Y).abs().max() < 1e-12
    assert additive_defect(lambda y, x: additive(x, y), Y, X).abs().min() > 1e-2
    assert additive_defect(scaled, X, Y).abs().min() > 1e-3


def test_the_equation_of_location_and_scale_holds_in_the_direction_of_the_model_alone():
    grid = torch.linspace(-2, 2, 9, dtype=F64)
    assert location_scale_defect(scaled, X, grid).max() < 1e-12
    assert location_scale_defect(additive, X, grid).max() < 1e-12
    assert location_scale_defect(lambda y, x: scaled(x, y), X, grid).min() > 1e-3


def test_the_mean_over_all_pairings_is_one():
    """Ten rows of which eight are alike in y: 90 different pairings stand for all 10!."""
    x = torch.randn(10, generator=stream("pairings"), dtype=F64)
    found = []
    for i in range(10):
        for j in range(10):
            if i != j:
                y = torch.zeros(10, dtype=F64)
                y[i], y[j] = 1.0, 2.0
                found.append(relative_hsic(x, y))
    assert sum(found) / len(found) == pytest.approx(1, abs=1e-12)


def test_relative_hsic_sees_dependence_without_correlation():
    draw = stream("relative hsic")
    x, z = torch.randn(2, 400, generator=draw, dtype=F64)
    assert relative_hsic(x, x.square() + 0.5 * z) > 8
    assert relative_hsic(x, z) < 2
    assert relative_hsic(3 - 2 * x, z.float()) == pytest.approx(relative_hsic(x, z), rel=1e-5)


def test_the_constants_of_the_entropy_are_those_of_its_derivation():
    """H ≈ H(normal) − ½ Σ (E G)² for orthonormal G, orthogonal to 1, u and u² (Hyvärinen)."""
    u = torch.linspace(-12, 12, 24_001, dtype=F64)
    weight = (-u.square() / 2).exp()
    weight = weight / weight.sum()
    mean = lambda f: (f * weight).sum()  # noqa: E731
    heavy = torch.logaddexp(u, -u) - math.log(2)
    assert mean(heavy).item() == pytest.approx(0.37457, abs=1e-5)
    square = (u.square() - 1) / math.sqrt(2)
    rest = heavy - mean(heavy) - mean(heavy * square) * square
    assert 1 / (2 * mean(rest.square())).item() == pytest.approx(79.047, rel=1e-3)
    odd = u * weight / weight.max()
    rest = odd - mean(odd * u) * u
    assert 1 / (2 * mean(rest.square())).item() == pytest.approx(7.4129, rel=1e-4)


@pytest.mark.parametrize("law", ["uniform", "laplace", "exponential"])
def test_lingam_finds_the_cause_of_a_linear_pair(law):
    u = torch.rand(2, 2000, generator=stream("lingam", law), dtype=F64)
    x, e = {
        "uniform": u,
        "laplace": (u - 0.5).sign() * torch.log(1 - 2 * (u - 0.5).abs()),
        "exponential": -torch.log(u),
    }[law]
    y = 0.8 * x + 0.6 * e
    assert lingam(x, y) > 0.01
    assert lingam(x, y) == -lingam(y, x)
    assert lingam(-3 * x + 1, y.float()) == pytest.approx(lingam(x, y), abs=1e-5)


def test_lingam_is_the_likelihood_ratio():
    """Maximum entropy approximations of the four entropies, from their definition."""
    u = torch.rand(2, 500, generator=stream("lingam", "ratio"), dtype=F64)
    x, y = standardised(u[0]), standardised(u[0] + u[1])
    rho = (x * y).mean()

    def entropy(v):
        v = v / v.square().mean().sqrt()
        heavy = torch.log((v.exp() + (-v).exp()) / 2).mean() - 0.37457
        return -79.047 * heavy**2 - 7.4129 * (v * (-v.square() / 2).exp()).mean() ** 2

    right = entropy(y) + entropy(x - rho * y) - entropy(x) - entropy(y - rho * x)
    assert lingam(x, y) == pytest.approx(right.item(), abs=1e-12)


def test_lingam_says_nothing_of_normal_columns_and_of_a_line():
    x, e = torch.randn(2, 4000, generator=stream("lingam", "normal"), dtype=F64)
    assert abs(lingam(x, x + e)) < 0.01
    assert abs(lingam(x, 2 * x)) < 1e-9


@pytest.mark.parametrize("score", [lingam, relative_hsic])
def test_bad_columns_are_refused(score):
    good = torch.arange(12.0)
    for bad in (torch.ones(12), good[:9], torch.full((12,), math.nan), ["a"] * 12):
        with pytest.raises(ValueError, match=r"try|drop|measure|constant|turn"):
            score(bad, good)
