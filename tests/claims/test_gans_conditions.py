"""Who has which condition: crosses pass every constant, ticks are reached by search."""

import math

import pytest
import torch

from ldyn.core import stream
from ldyn.gans import (
    CROSSES,
    failing_sequence,
    loss_smoothness,
    search_largest,
    sinkhorn_slope,
    wasserstein_line,
)

F64 = torch.float64
SIGMA, WIDE, EPS = 0.8, 1.5, 0.18  # D²/4ε = 3.125


def starts(count, *name):
    return torch.randn(12, count, generator=stream("ticks", *name), dtype=F64)


def bump(u):
    return (-(u**2) / (2 * SIGMA**2)).exp()


def derivatives(u):
    """First and second derivative of the kernel's profile at u."""
    return -u / SIGMA**2 * bump(u), (u**2 / SIGMA**2 - 1) / SIGMA**2 * bump(u)


def witness(order, *, unit):
    """The `order`-th derivative at 0 of m_μ − m_μ0, two atoms each, over its norm if `unit`."""

    def measure(p):
        top = (derivatives(p)[order - 1] * p.new_tensor([0.5, 0.5, -0.5, -0.5])).sum(-1).abs()
        if not unit:
            return top
        c = p.new_tensor([0.5, 0.5, -0.5, -0.5])
        gram = bump(p[:, :, None] - p[:, None, :])
        return top / (c @ gram @ c).clamp(min=1e-10).sqrt()

    return measure


def within(p):
    return WIDE * (1 + p.sin()) / 2


def sinkhorn(order, *, debiased=False, eps=EPS, sign=-1):
    """Slope, or signed curvature, at x; parameters: x, two atoms each, weights."""

    def measure(p):
        x = within(p[:, :1])[..., None]
        mu = within(p[:, 1:3])[..., None], torch.log_softmax(3 * p[:, 5:7], -1)
        data = within(p[:, 3:5])[..., None], torch.log_softmax(3 * p[:, 7:9], -1)
        slope = lambda x: sinkhorn_slope(  # noqa: E731
            x, mu, data, regularisation=eps, debiased=debiased, iterations=40
        )[:, 0, 0]
        if order == 1:
            return slope(x).abs()
        return sign * (slope(x + 1e-4) - slope(x - 1e-4)) / 2e-4

    return measure


def sensitivity_of_half_mmd(p):
    first, second = (derivatives(p[:, k])[0] for k in (0, 1))
    return (first - second).abs() / (p[:, 0] - p[:, 1]).abs().clamp(min=1e-6)


COARSE = 2.0  # D²/4ε − 1 < 1: the curvature of Sinkhorn's critic is that of the cost
SEARCHES = [
    ("MMD", "slope", witness(1, unit=True), 4, EPS),
    ("MMD", "curvature", witness(2, unit=True), 4, EPS),
    ("half MMD²", "slope", witness(1, unit=False), 4, EPS),
    ("half MMD²", "curvature", witness(2, unit=False), 4, EPS),
    ("half MMD²", "sensitivity", sensitivity_of_half_mmd, 2, EPS),
    ("half W₂²", "slope", lambda p: (within(p[:, 0]) - within(p[:, 1])).abs(), 2, EPS),
    ("Sinkhorn", "slope", sinkhorn(1), 9, EPS),
    ("Sinkhorn", "curvature", sinkhorn(2), 9, EPS),
    ("Sinkhorn", "curvature", sinkhorn(2, eps=COARSE, sign=1), 9, COARSE),
    ("debiased Sinkhorn", "slope", sinkhorn(1, debiased=True), 9, EPS),
    ("debiased Sinkhorn", "curvature", sinkhorn(2, debiased=True), 9, EPS),
]


def test_every_tick_is_reached_by_search_and_never_passed(claim):
    """Source: thm-conditions-table."""
    ratios = []
    for name, condition, measure, count, eps in SEARCHES:
        loss = loss_smoothness(name, bandwidth=SIGMA, diameter=WIDE, regularisation=eps)
        found = search_largest(measure, starts(count, name, condition))
        ratios.append(found / getattr(loss, condition))
    claim("ticks-found", measured=min(ratios), high=max(ratios))
    assert all(0.99 < r <= 1 + 1e-6 for r in ratios), ratios
    exact = [r for r, row in zip(ratios, SEARCHES, strict=True) if row[0] == "half MMD²"]
    assert len(exact) == 3
    assert all(0.999 < r <= 1 + 1e-12 for r in exact), exact


def test_wassersteins_critic_has_slope_one(claim):
    """Largest slope over random measures on the line. Source: thm-conditions-table."""
    points = torch.linspace(0, 3, 40, dtype=F64)
    tops = []
    for seed in range(50):
        draw = torch.rand(2, 40, generator=stream("slopes", seed), dtype=F64)
        mu, data = draw / draw.sum(1, keepdim=True)
        tops.append((wasserstein_line(points).critic(mu, data).diff() / points.diff()).abs().max())
    claim("wasserstein-slope", measured=max(tops), low=min(tops))
    assert max(tops).item() == pytest.approx(loss_smoothness("Wasserstein").slope, rel=1e-12)


@pytest.mark.parametrize("bound", [1.0, 1e3])
def test_every_cross_passes_a_thousand_times_any_constant(claim, bound):
    """Source: thm-conditions-table."""
    least = math.inf
    for name, condition in CROSSES:
        n = 2.0
        while failing_sequence(name, condition, n) < 1e3 * bound and n < 1e8:
            n *= 2
        least = min(least, failing_sequence(name, condition, n) / bound)
    if bound == 1e3:
        claim("crosses-pass", measured=least)
    assert least >= 1e3


def two_atoms(share):
    place = torch.tensor([[-0.5], [0.5]], dtype=F64) * WIDE
    return place, torch.tensor([share, 1 - share], dtype=F64).log()


def test_two_atoms_need_a_sensitivity_exponential_in_the_regularisation(claim):
    """½ sinh(D²/2ε) where weight moves between two atoms. Source: prop-sinkhorn-sensitivity."""
    zero, worst = torch.zeros(1, 1, dtype=F64), 0.0
    for eps in (0.25, 0.5, 2.0):
        slopes = [
            sinkhorn_slope(zero, two_atoms(0.5 + s), two_atoms(0.5), regularisation=eps,
                           iterations=1500)
            for s in (1e-5, -1e-5)
        ]  # fmt: skip
        measured = (slopes[0] - slopes[1]).abs().item() / (2e-5 * WIDE)
        worst = max(worst, abs(measured / (math.sinh(WIDE**2 / (2 * eps)) / 2) - 1))
    claim("sinkhorn-two-atoms", measured=worst)
    assert worst < 1e-6


def test_sinkhorns_sensitivity_is_below_the_bound(claim):
    """Random moves of three atoms, the ratio to the bound. Source: prop-sinkhorn-sensitivity."""
    worst = 0.0
    for name in ("Sinkhorn", "debiased Sinkhorn"):
        for eps in (0.6, 2.25, 9.0):
            bound = loss_smoothness(name, diameter=WIDE, regularisation=eps).sensitivity
            draw = torch.rand(64, 4, 3, generator=stream("moves", name), dtype=F64)
            x, places, moves, data = (WIDE * draw[:, k, :, None] for k in range(4))
            even = torch.full((64, 3), -math.log(3), dtype=F64)
            near = places + 0.05 * (moves - places)
            slopes = [
                sinkhorn_slope(x, (p, even), (data, even), regularisation=eps, iterations=100,
                               debiased=name != "Sinkhorn")
                for p in (places, near)
            ]  # fmt: skip
            # on the line W₁ pairs the atoms in their order
            distance = (places.sort(1).values - near.sort(1).values).abs().mean((1, 2))
            measured = ((slopes[0] - slopes[1]).abs().amax((1, 2)) / distance).max().item()
            worst = max(worst, measured / bound)
    claim("sinkhorn-sensitivity", measured=worst)
    assert 0 < worst <= 1
