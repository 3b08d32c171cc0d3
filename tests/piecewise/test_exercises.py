"""The self-checks: right answers found another way, wrong ones told what is wrong with them."""

import math

import pytest
import torch
from exercises import ExerciseContract, hint, least

from ldyn.core import stream
from ldyn.piecewise import (
    ReluNet,
    affine,
    compose,
    fit_one_split,
    sample,
    step,
    step_net,
)
from ldyn.piecewise.exercises import false_alarm, one_split_constant, shrinkage_floor

F64 = torch.float64


def window(n, noise, dim):
    log_w = least(lambda u: math.exp(u) / 12 + noise**2 / (n * math.exp(dim * u)), -12, 5)
    return math.exp(log_w)


def soft_step(a):
    t = (torch.arange(2**16, dtype=F64) + 0.5) / 2**16 * 40 / a
    return 2 * (-a * t).sigmoid().square().mean().item() * 40 / a


def exponential_profile(n):
    """√n times the least risk of the mean with weights ½e^(−|u|)/w at a step, σ = 0.3."""
    u = (torch.arange(200_000, dtype=F64) + 0.5) / 5000
    bias, variance = 2 * (0.5 * (-u).exp()).square().sum() / 5000, 0.5 * (-2 * u).exp().sum() / 5000
    width = math.exp(least(lambda v: bias * math.exp(v) + 0.09 * variance / n / math.exp(v), -9, 0))
    return math.sqrt(n) * (bias * width + 0.09 * variance / (n * width)).item()


def neighbours(n, noise):
    """The k of least risk, with the share of a disk beyond a chord counted on a grid."""
    x = (torch.arange(-1000, 1000, dtype=F64) + 0.5) / 1000
    inside = (x[:, None].square() + x.square() < 1).double().sum(1)
    beyond = (inside.flip(0).cumsum(0).flip(0) - inside / 2)[1000:] / inside.sum()
    share = beyond.square().mean().item()
    risk = lambda v: 2 * share * math.exp(v / 2) / math.sqrt(math.pi * n) + noise**2 / math.exp(v)  # noqa: E731
    return math.exp(least(risk, -3, 9))


def cells(boundaries, dim):
    """Cells of hyperplanes in general position: a new one is cut by the old ones."""
    if boundaries == 0 or dim == 0:
        return 1
    return cells(boundaries - 1, dim) + cells(boundaries - 1, dim - 1)


def few_frequencies(cutoff, dim):
    grid = torch.cartesian_prod(*[torch.arange(int(cutoff))] * int(dim))
    return int(((grid > 0).sum(1) <= 2).sum())


def boundary_parameters(parts):
    """Where a parameter more gains the same as among the parts, by differences."""
    gain = lambda s, power: s**-power - (s * 1.0001) ** -power  # noqa: E731
    rate = lambda s, power: gain(s, power) / (s * 1e-4)  # noqa: E731
    target = math.log(rate(parts, 1))
    return math.exp(least(lambda v: abs(math.log(rate(math.exp(v), 2)) - target), 0, 20))


def series(n, noise):
    k = torch.arange(1, 200_001, dtype=F64)
    head = (1 / (torch.pi**2 * k**2 + n / noise**2)).sum().item()
    return head + 1 / (torch.pi**2 * 200_000.5)


def tail_second_moment(t):
    z = t + (torch.arange(2**18, dtype=F64) + 0.5) * (12 / 2**18)
    return 2 * (z**2 * (-(z**2) / 2).exp()).sum().item() * 12 / 2**18 / math.sqrt(2 * math.pi)


def balls(radius):
    """Greedy cover of [0, 1] by intervals of half-width radius², as the balls are in θ."""
    count, reached = 0, 0.0
    while reached < 1:
        count, reached = count + 1, reached + 2 * radius**2
    return count


def uniform_error(pieces):
    x = torch.linspace(0, 1 / pieces, 10_001, dtype=F64)
    gap = x**2 - x / pieces
    return (gap.max() - gap.min()).item() / 2


MAXIMUM = ReluNet(
    layers=(
        (torch.tensor([[1.0, -1.0], [0.0, 1.0], [0.0, -1.0]]).double(), torch.zeros(3).double()),
        (torch.tensor([[1.0, 1.0, -1.0]]).double(), torch.zeros(1).double()),
    )
)
SIDE = affine(torch.tensor([[-1.0, -1.0]]), torch.ones(1))


def two_jumps(x, y):
    order = x[:, 0].argsort()
    u, v = x[order, 0], y[order]
    loss = lambda part: (part - part.mean()).square().sum()  # noqa: E731
    pairs = [(i, j) for i in range(1, len(v)) for j in range(i + 1, len(v))]
    i, j = min(pairs, key=lambda p: sum(loss(v[a]) for a in slices(*p)))
    cuts = torch.stack([(u[k - 1] + u[k]) / 2 for k in (i, j)])
    means = torch.stack([v[a].mean() for a in slices(i, j)])
    return lambda z: means[torch.bucketize(z[:, 0], cuts, right=True)]


def slices(i, j):
    return slice(0, i), slice(i, j), slice(j, None)


def locations(noise, walks, steps):
    """|j| for the two-sided walk with steps 1 + 2σz, as the argmin of one long array."""
    move = 1 + 2 * noise * torch.randn(2, walks, steps, generator=stream("walk", noise))
    left, right = move.cumsum(2)
    walk = torch.cat([left.flip(1), torch.zeros(walks, 1), right], 1)
    return (walk.argmin(1) - steps).abs().double()


GRID = torch.linspace(0, 1, 100_001, dtype=F64)
M = torch.linspace(0, 40, 400_001, dtype=F64)
K = torch.arange(1, 2_000_001, dtype=F64)
RIGHT = {
    "ex-window": exponential_profile(900),
    "ex-neighbours": neighbours,
    "ex-brownian": 1e3 * (1 / (((K - 0.5) * torch.pi) ** 2 + 1e6 / 0.09)).sum(),
    "ex-cells": 64,
    "ex-crossing": math.exp(least(lambda u: abs(math.log(10) - u / 6), 0, 40)),
    "ex-arrangement": cells,
    "ex-area": (0.2 * (2 * torch.pi * GRID).sin()).abs().mean().item(),
    "ex-band": lambda window, jump, radius: window * jump**2 / 12 / (2 * radius),
    "ex-checkerboard": lambda k: sum(2 for _ in range(1, int(k))),
    "ex-two-coordinates": few_frequencies,
    "ex-window-dims": window,
    "ex-cosine": min(1e3 * (1 / (math.pi**2 * m) + m / 1e6) for m in range(200, 500)),
    "ex-shrink": series,
    "ex-sparse": tail_second_moment,
    "ex-one-split": 2 * 0.3**2 + 0.5 + locations(0.3, 50_000, 20).mean(),
    "ex-height": 2 + 2 * torch.trapezoid(1 - (1 - (-M).exp()) ** 2, M),
    "ex-sigmoid": soft_step,
    "ex-max": MAXIMUM,
    "ex-triangle": compose(step_net(200.0), SIDE),
    "ex-leaky": torch.linalg.solve(torch.tensor([[1, -0.1], [0.1, -1]]), torch.tensor([1.0, 0])),
    "ex-sawtooth": uniform_error,
    "ex-shares": boundary_parameters,
    "ex-peeling": 2
    * sum(
        k * torch.special.ndtr(torch.tensor(-(k**0.5) / 0.6, dtype=F64)).item()
        for k in range(1, 99)
    ),
    "ex-entropy": balls,
    "ex-le-cam": max(t * (1 - math.sqrt(t)) for t in torch.linspace(0, 1, 2001).tolist()),
    "ex-degrees": 4096 * (1 - 0.081 / 0.09),
    "ex-two-jumps": two_jumps,
    "ex-design": lambda gamma: 1 / (1 + gamma),
}


class TestExercises(ExerciseContract):
    room = "piecewise"
    right = RIGHT


@pytest.mark.parametrize(
    ("exercise", "answer", "says"),
    [
        ("ex-window", 0.3 / 3**0.5, "flat window"),
        ("ex-neighbours", lambda n, s: neighbours(4 * n, s), "two sides"),
        ("ex-brownian", 0.5, "does not know σ"),
        ("ex-cells", 63, "mean counts"),
        ("ex-arrangement", lambda j, d: 2**j, "sign vectors"),
        ("ex-leaky", torch.tensor([1.0101, 0.2]), "Entry 1: Too large"),
        ("ex-crossing", 10, "n^(1/6)"),
        ("ex-leaky", torch.ones(3), "shape (2,)"),
        ("ex-area", math.sqrt(0.4 / math.pi), "square is asked for"),
        ("ex-band", lambda window, jump, radius: window * jump / radius, "dependence on jump"),
        ("ex-checkerboard", lambda k: 2 * (k + 1), "rim"),
        ("ex-two-coordinates", lambda q, d: d * (d - 1) / 2 * q**2, "counts once"),
        ("ex-window-dims", lambda n, s, d: (12 * d * s**2 / n) ** (1 / (d + 2)), "dependence on n"),
        ("ex-window-dims", lambda n, s, d: (12 * s**2 / n) ** (1 / (d + 1)), "factor D"),
        ("ex-window-dims", lambda n, s, d: (12 * s**2 / n) ** 0.5, "Right at n = 100"),
        ("ex-cosine", 1 / math.pi, "both count"),
        ("ex-shrink", lambda n, s: s / (2 * math.sqrt(n)), "leading term"),
        ("ex-sparse", lambda t: false_alarm(t) / 2, "Both tails"),
        ("ex-one-split", 0.6157, "levels are estimated"),
        ("ex-height", 3, "place alone"),
        ("ex-sigmoid", lambda a: 2 * math.log(2) / a, "L¹"),
        ("ex-sigmoid", lambda a: 1 / a**2, "dependence on a"),
        ("ex-sawtooth", lambda p: 1 / (4 * p**2), "chords"),
        ("ex-shares", lambda parts: parts**0.5, "derivatives equal"),
        ("ex-peeling", 0.07444, "Both sides"),
        ("ex-entropy", lambda r: math.ceil(1 / (2 * r)), "L²"),
        ("ex-entropy", lambda r: math.floor(1 / (2 * r**2)), "left over"),
        ("ex-le-cam", 1.0, "Too large"),
        ("ex-degrees", 0.009, "risk of the model"),
        ("ex-design", lambda gamma: 1.0, "L²(P_X)"),
    ],
)
def test_typical_mistakes_get_their_hint(exercise, answer, says):
    assert says in hint("piecewise", exercise, answer)


def test_one_split_has_the_risk_that_its_walk_says():
    n, risks = 500, []
    z = ((torch.arange(2**14, dtype=F64) + 0.5) / 2**14)[:, None]
    for seed in range(400):
        draw = stream("constant", n, seed)
        theta = 0.3 + 0.4 * torch.rand(1, generator=draw).item()
        data = sample(step(theta), n, generator=draw)
        error = fit_one_split(data.x, data.y)(z) - step(theta)(z)
        risks.append(n * error.square().mean().item())
    mean, spread = torch.tensor(risks).mean().item(), torch.tensor(risks).std().item() / 20
    assert abs(mean - one_split_constant(0.3)) < 4 * spread
    assert spread < 0.06


def test_the_place_of_a_low_jump_costs_three():
    found = locations(4.0, 4_000, 1_000) / 4.0**2
    assert abs(found.mean().item() - 3) < 4 * found.std().item() / 4_000**0.5 + 0.1


def test_the_floor_of_the_series_is_the_limit_that_the_page_derives():
    assert math.sqrt(1e8) * shrinkage_floor(1e8, 0.3) == pytest.approx(0.15, rel=1e-3)
