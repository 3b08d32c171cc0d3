"""What the figures on PAC-Bayes and on generalisation compute in the page, against the library."""

import json
import math

import pytest
import torch

from ldyn.landscape import UnitNet, exchange_rate, kl_inverse
from ldyn.studies.landscape import pac_bayes


@pytest.mark.parametrize("figure", ["bound", "kl-inverse"])
@pytest.mark.parametrize(("q", "budget"), [(0.0, 0.2), (0.05, 0.01), (0.3, 1.5)])
def test_the_inverse_in_the_page_is_that_of_the_library(js, figure, q, budget):
    assert js(figure, f"klInverse({q}, {budget})") == pytest.approx(kl_inverse(q, budget).item())


@pytest.mark.parametrize(("q", "budget"), [(0.05, 0.01), (0.3, 0.5), (0.001, 0.2)])
def test_the_tangent_is_that_of_the_library(js, q, budget):
    """Source: lem-exchange."""
    p, slope, rate = js("kl-inverse", f"Object.values(tangent({q}, {budget}))")
    ends = torch.tensor([budget - 1e-6, budget + 1e-6], dtype=torch.float64)
    rise = kl_inverse(q, ends).diff() / 2e-6
    assert slope == pytest.approx(rise.item(), rel=1e-5)
    assert rate == pytest.approx(exchange_rate(q, kl_inverse(q, budget)).item(), rel=1e-9)
    assert p == pytest.approx(kl_inverse(q, budget).item(), rel=1e-9)


@pytest.mark.parametrize(("activation", "n", "surplus"), [
    ("tanh", 100, 32), ("tanh", 1000, 8), ("relu", 1000, 8), ("relu", 100_000, 0),
])  # fmt: skip
def test_the_calculator_finds_the_best_posterior(js, activation, n, surplus):
    x = pac_bayes.augmented(torch.linspace(-1, 1, 201, dtype=torch.float64))
    state = {"heights": {}, "prior": 2, "cone": 0.25, "failure": 0.04}
    net = UnitNet(inputs=2, activation=activation)
    theta = pac_bayes.teacher(net)
    heights = pac_bayes.risk_per_square(net, theta, x)
    power = pac_bayes.unit_powers(net, x).mean()
    state |= {"theta": theta.tolist(), "power": power.item()}
    state["heights"][activation] = heights.tolist()
    found = js("bound", f"bestBound({json.dumps(state)}, '{activation}', {n}, {surplus})")
    cell = pac_bayes.Cell(
        activation=activation, outputs=1, samples=n, noise=0.0, surplus=surplus
    )  # fmt: skip
    best = pac_bayes.best_posterior(cell, theta, heights, power, 0.0)
    assert found["rate"] == pytest.approx(best["rate"], rel=0.01)
    assert found["base"] == pytest.approx(best["divergence"], rel=0.005)
    assert found["unit"] == pytest.approx(best["unit"], rel=0.005)
    assert found["level"] == pytest.approx(math.log(2 * math.sqrt(n) / 0.04))
    total = found["base"] + surplus * found["unit"] + found["level"]
    assert found["bound"] == pytest.approx(kl_inverse(found["risk"], total / n).item(), rel=1e-9)
    mixed = js("bound", f"bestBound({json.dumps(state)}, '{activation}', {n}, {surplus}, true)")
    total = mixed["base"] + surplus * mixed["unit"] - mixed["saved"] + mixed["level"]
    assert mixed["bound"] == pytest.approx(kl_inverse(mixed["risk"], total / n).item(), rel=1e-9)
    assert mixed["saved"] == pytest.approx(math.log(math.comb(3 + surplus, surplus)), abs=1e-12)


def test_open_places_save_the_logarithm_of_their_number(js):
    """Source: prop-places."""
    for needed, surplus in [(3, 0), (3, 1), (3, 8), (5, 2)]:
        said = math.log(math.comb(needed + surplus, surplus))
        assert js("bound", f"placesSaved({needed}, {surplus})") == pytest.approx(said, abs=1e-12)


def test_the_risk_under_the_fits_is_a_mean_square(js):
    assert js("surplus-fit", "meanSquare([1, 2, 4], [1, 1, 1])") == pytest.approx(10 / 3)
    assert js("surplus-fit", "[0, 40, 80].map((i) => gridPoint(i, 81))") == [-1, 0, 1]


@pytest.mark.parametrize(("c", "eta", "follow"), [(0.0, 0.3, 0), (0.2, -0.5, 0), (-0.3, 0.7, 1)])
def test_the_room_of_two_copies_is_that_of_the_network(js, c, eta, follow):
    net, away = UnitNet(inputs=2), torch.tensor([0.6, -0.8], dtype=torch.float64)
    w, x = (
        torch.tensor([1.5, 0.5], dtype=torch.float64),
        torch.linspace(-1, 1, 10, dtype=torch.float64).view(5, 2),
    )
    middle, half = w - follow * c * eta * away, eta * away / 2
    pair = torch.tensor([[0.5 + c], [0.5 - c]], dtype=torch.float64)
    theta = net.join(pair, torch.stack([middle + half, middle - half]))
    one = net.join(torch.ones(1, 1, dtype=torch.float64), w[None])
    gap = net.values(theta, x) - net.values(one, x)
    state = {"weight": w.tolist(), "direction": away.tolist(), "x": x.tolist(), "clip": 4}
    drawn = js("copy-room", f"added({json.dumps(state)}, {c}, {eta}, {follow})")
    assert drawn == pytest.approx(gap.square().mean().item() / 4, rel=1e-9, abs=1e-15)
