"""The figures of proofs: random edges and bumps, coins on a boundary, a zigzag through cells."""

import math

import pytest
import torch

from ldyn.piecewise import linear_risk_floor

F64 = torch.float64


@pytest.mark.parametrize(("side", "ratio"), [(4, 64), (8, 256), (16, 4096)])
def test_the_genie_under_the_cones_is_that_of_the_lemma(js, side, ratio):
    weights = torch.full((side**2,), side**-3.0, dtype=F64)
    found = js("edge-cones", f"genie({side}, {ratio})")
    assert found == pytest.approx(linear_risk_floor(weights, ratio, noise=1.0))


def test_the_best_number_of_bumps_doubles_when_n_grows_eightfold(js):
    near, best, far = js("edge-cones", "[0.9, 1, 1.1].map((f) => genie(f * bestSide(500), 500))")
    assert best > max(near, far)
    assert js("edge-cones", "bestSide(4000) / bestSide(500)") == pytest.approx(2)


@pytest.mark.parametrize(("axis", "a", "t"), [(1, 0.45, 0.3), (0, -0.8, 0.9), (1, 1.0, 1.5)])
def test_the_bumps_that_an_edge_crosses_are_those_with_both_sides_of_it(js, axis, a, t):
    side, fine = 8, 64
    u = (torch.arange(side * fine, dtype=F64) + 0.5) / (side * fine)
    x, y = torch.meshgrid(u, u, indexing="ij")
    above = (y >= a * x + t) if axis == 1 else (x >= a * y + t)
    cells = above.reshape(side, fine, side, fine).double().mean((1, 3))
    both = {tuple(k) for k in ((cells > 0) & (cells < 1)).nonzero().tolist()}
    edge = f"{{ axis: {axis}, a: {a}, t: {t} }}"
    assert {tuple(k) for k in js("edge-cones", f"crossed({edge}, {side})")} == both


def test_edges_are_drawn_from_the_prior_of_the_proof(js):
    found = js("edge-cones", "((r) => Array.from({ length: 4000 }, () => drawEdge(r)))(seeded(3))")
    a, t = (torch.tensor([e[k] for e in found]) for k in "at")
    assert abs(torch.tensor([e["axis"] for e in found]).double().mean() - 0.5) < 0.03
    assert abs(a.mean()) < 0.04
    assert abs(a.var() - 1 / 3) < 0.02
    assert abs(t.mean() - 0.5) < 0.06
    assert -1 <= t.min() < -0.98 < 1.98 < t.max() <= 2


@pytest.mark.parametrize(("n", "alpha"), [(64, 0.5), (1024, 1.0), (4096, 2.0)])
def test_the_bumps_on_a_boundary_are_small_enough_to_be_in_doubt(js, n, alpha):
    now = js("small-doubts", f"plan({n}, {alpha}, 1)")
    z = (torch.arange(100_000, dtype=F64) + 0.5) / 100_000
    area = (1 - 1 / (1 - (2 * z - 1).square())).exp().mean().item() * now["width"] * now["height"]
    assert now["area"] == pytest.approx(area, rel=1e-6)
    assert now["signal"] == pytest.approx(n * area)
    assert now["signal"] <= 1
    assert now["floor"] == pytest.approx(now["count"] * area / 16)
    assert now["count"] == math.ceil(n ** (1 / (alpha + 1)) - 1e-9)


@pytest.mark.parametrize(("n", "beta"), [(64, 0.5), (1024, 1.0), (4096, 2.0)])
def test_the_bumps_on_a_function_are_small_enough_to_be_in_doubt(js, n, beta):
    now = js("small-doubts", f"planParts({n}, {beta}, 1)")
    z = (torch.arange(100_000, dtype=F64) + 0.5) / 100_000
    squares = (2 - 2 / (1 - (2 * z - 1).square())).exp().mean().item()
    assert now["area"] == pytest.approx(squares * now["width"] * now["height"] ** 2, rel=1e-6)
    assert now["signal"] == pytest.approx(n * now["area"])
    assert now["signal"] <= 1
    assert now["count"] == math.ceil(n ** (1 / (2 * beta + 1)) - 1e-9)


@pytest.mark.parametrize("tossed", ["toss", "tossParts"])
def test_of_the_coins_at_least_a_quarter_are_guessed_wrong(js, tossed):
    shares = js(
        "small-doubts",
        f"Array.from({{ length: 300 }}, (_, s) => {tossed}(1024, 1, 1, s).wrong)"
        ".map((w) => w.filter(Boolean).length / w.length)",
    )
    assert 0.25 < sum(shares) / len(shares) < 0.4


@pytest.mark.parametrize(("level", "alpha"), [(3, 0.3), (4, 0.5), (5, 0.8)])
def test_the_share_of_a_cell_above_the_zigzag(js, level, alpha):
    side, fine = 2**level, 128
    x = ((torch.arange(fine, dtype=F64) + 0.5) / fine / side).tolist()
    graph = torch.tensor(js("zigzag", f"{x}.map((x) => zigzag(x, {level}, {alpha}))"), dtype=F64)
    y = (torch.arange(side * fine, dtype=F64) + 0.5) / (side * fine)
    shares = (y[:, None] >= graph).double().mean(1).reshape(side, fine).mean(1)
    rows = f"Array.from({{ length: {side} }}, (_, l) => share(l, {level}, {alpha}))"
    assert torch.allclose(torch.tensor(js("zigzag", rows), dtype=F64), shares, atol=0.01)
    spoiled = ((shares >= 0.25) & (shares <= 0.75)).nonzero()[:, 0].tolist()
    assert js("zigzag", f"spoiled({level}, {alpha})") == spoiled
    found = js("zigzag", f"cost({level}, {alpha})")
    assert found["cells"] == len(spoiled) * side
    lost = (shares * (1 - shares))[spoiled].sum().item() / side
    assert found["error"] == pytest.approx(lost, rel=0.02)


def test_the_error_of_the_zigzag_falls_like_the_power_that_the_proposition_has(js):
    found = js("zigzag", "[7, 11, 15].map((j) => cost(j, 0.5).error * 2 ** (0.5 * j))")
    assert found[2] == pytest.approx(found[1], rel=0.1)
