"""What the figures of chapter 2 compute in the page, against the library."""

import pytest
import torch

from ldyn.landscape import Forms, fukumizu_amari_toy, gradient_descent, surplus_inertia

F64 = torch.float64


@pytest.mark.parametrize(("positive", "negative"), [(2, 0), (1, 1), (3, 2), (1, 3)])
@pytest.mark.parametrize(("rank", "up"), [(0, 3), (0, 1), (1, 2), (2, 0)])
def test_the_signs_are_those_of_the_theorem(js, positive, negative, rank, up):
    d, m = 3, 2
    shares = [(1 + 0.1 * negative) / positive] * positive + [-0.1] * negative
    weights = torch.tensor(shares, dtype=F64)
    gate = torch.eye(m, d, dtype=F64)
    gate[rank:] = 0
    curvature = torch.zeros(d, dtype=F64)
    curvature[rank : rank + up], curvature[rank + up :] = 1.0, -1.0
    forms = Forms(gate=gate, curvature=torch.diag(curvature))
    down, plus = (int(c) for c in surplus_inertia(forms, weights))
    counts = [d, m, positive, negative, rank, up, d - rank - up]
    said = js("inertia", f"surplusSigns(...{counts})")
    surplus = positive + negative - 1
    assert said == {"down": down, "zero": surplus * (d + m) - down - plus, "up": plus}


def test_descent_from_the_line_is_that_of_the_library(js):
    toy = fukumizu_amari_toy()
    narrow = toy.theta.tolist()
    at, slope = js("lambda-line", "Object.values(lossAndSlope([0.3, 0.5, -0.2, 1.1], data()))")
    theta = torch.tensor([0.3, 0.5, -0.2, 1.1], dtype=F64)
    assert at == pytest.approx(toy.loss(theta).item(), rel=1e-12)
    assert torch.allclose(torch.tensor(slope, dtype=F64), torch.func.grad(toy.loss)(theta))
    start = torch.tensor(js("lambda-line", f"released({narrow}, 1.3, 0.01)"), dtype=F64)
    steps, rate, looks = js("lambda-line", "[STEPS, RATE, LOOKS]")
    path = gradient_descent(toy.loss, start[None], rate=rate, steps=steps, looks=looks)
    drawn = js("lambda-line", f"descend({start.tolist()}, data())")
    assert toy.loss(path[:, 0]).tolist() == pytest.approx(drawn["losses"], rel=1e-6)
    assert drawn["theta"] == pytest.approx(path[-1, 0].tolist(), rel=1e-6)


def test_the_valley_is_that_of_the_library(js):
    toy = fukumizu_amari_toy()
    v, w = toy.theta.tolist()
    for share, eta in [(0.5, 0.2), (1.3, -0.3), (-0.4, 0.1)]:
        theta = [share * v, w + (1 - share) * eta, (1 - share) * v, w - share * eta]
        drawn = js("valley", f"lossAt({[v, w]}, {share}, {eta})")
        assert drawn == pytest.approx(toy.loss(torch.tensor(theta, dtype=F64)).item(), rel=1e-12)
