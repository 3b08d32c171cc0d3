"""Many descents at once: each as it would go alone, to minima known from elsewhere."""

import pytest
import torch
from scipy.optimize import least_squares

from ldyn.core import stream
from ldyn.landscape import (
    UnitNet,
    fukumizu_amari_toy,
    gradient_descent,
    levenberg_marquardt,
    newton,
)
from ldyn.lowcost import project_outputs

F64 = torch.float64


def problems(k, *, inputs=2, outputs=1, units=2, samples=30, seed=0):
    """k noisy regression problems and starts near the teacher, so that minima are proper."""
    net = UnitNet(inputs=inputs, outputs=outputs)
    draw = stream("minima", inputs, outputs, seed)
    x = torch.randn(k, samples, inputs, generator=draw, dtype=F64)
    teacher = torch.randn(k, units * (inputs + outputs), generator=draw, dtype=F64)
    y = net.values(teacher, x)
    y = y + 0.1 * torch.randn(y.shape, generator=draw, dtype=F64)
    return net, x, y, teacher


def test_minima_are_those_of_scipy():
    net, x, y, start = problems(6)
    found = levenberg_marquardt(net.residuals, start, (x, y))
    assert found.converged.all()
    for j in range(6):
        peer = least_squares(
            lambda t, j=j: net.residuals(torch.from_numpy(t), x[j], y[j]).numpy(),
            start[j].numpy(), method="lm", xtol=1e-12, ftol=1e-12, gtol=1e-12,
        )  # fmt: skip
        assert found.loss[j].item() == pytest.approx(peer.cost, rel=1e-9)


def test_a_known_jacobian_leads_to_the_same_minima():
    net, x, y, start = problems(4)
    one = levenberg_marquardt(net.residuals, start, (x, y), steps=15)
    two = levenberg_marquardt(net.residuals, start, (x, y), linearise=net.linearise, steps=15)
    assert torch.allclose(one.theta, two.theta, rtol=0, atol=1e-10)
    assert one.steps.tolist() == two.steps.tolist()


def test_output_weights_solved_for_lead_to_the_same_minima_and_shorten_a_valley():
    net, x, y, start = problems(6, outputs=2)
    whole = levenberg_marquardt(net.residuals, start, (x, y), tolerance=1e-8)
    assert whole.theta[2].abs().max() > 50  # on its way to infinity
    w = net.split(start)[1]
    project = lambda *p: project_outputs(*p)[:2]  # noqa: E731
    found = levenberg_marquardt(
        lambda *one: project(*(t[None] for t in one))[0][0],
        w.flatten(1), (x, y), linearise=project, steps=100,
    )  # fmt: skip
    assert found.converged.all()
    assert found.loss[2] < whole.loss[2]
    proper = torch.arange(6) != 2
    torch.testing.assert_close(found.loss[proper], whole.loss[proper], rtol=1e-9, atol=0)
    theta = net.join(project_outputs(found.theta, x, y)[2], found.theta.view_as(w))
    slope = torch.func.vmap(torch.func.grad(net.loss))(theta, x, y)
    assert slope.abs().max() < 1.1e-6


@pytest.mark.parametrize("units", [2, 12])
def test_together_is_as_alone(units):
    net, x, y, start = problems(5, units=units)
    together = levenberg_marquardt(net.residuals, start, (x, y), steps=15)
    for j in range(5):
        alone = levenberg_marquardt(
            net.residuals, start[j : j + 1], (x[j : j + 1], y[j : j + 1]), steps=15
        )
        assert (alone.theta[0] - together.theta[j]).abs().max() < 1e-10
        assert alone.steps[0] == together.steps[j]


def test_a_member_that_fails_leaves_the_others_as_they_are():
    net, x, y, start = problems(3)
    good = levenberg_marquardt(net.residuals, start, (x, y))
    scale = torch.tensor([1.0, 0, 1], dtype=x.dtype)
    spoilt = lambda t, x, y, s: net.residuals(t, x, y) / s  # noqa: E731
    bad = levenberg_marquardt(spoilt, start, (x, y, scale))
    assert bad.converged.tolist() == [True, False, True]
    assert torch.allclose(bad.theta[[0, 2]], good.theta[[0, 2]], rtol=0, atol=1e-12)


def test_the_record_is_that_of_the_point():
    net, x, y, start = problems(4, seed=1)
    found = levenberg_marquardt(net.residuals, start, (x, y), steps=2)
    assert torch.allclose(found.loss, net.loss(found.theta, x, y))
    slope = torch.func.vmap(torch.func.grad(net.loss))(found.theta, x, y)
    assert torch.allclose(found.gradient, slope.abs().amax(1))
    assert (found.steps <= 2).all()
    assert not found.converged.any()


def test_converged_are_those_within_the_tolerance():
    net, x, y, start = problems(6)
    ends = levenberg_marquardt(net.residuals, start, (x, y), steps=2).gradient
    found = levenberg_marquardt(
        net.residuals, start, (x, y), steps=2, tolerance=ends.median().item()
    )
    assert found.converged.tolist() == (found.gradient <= ends.median()).tolist()
    assert 0 < found.converged.sum() < 6


def test_newton_steps_that_do_not_help_are_not_taken_and_flat_directions_are_as_small_as_rounding():
    away = torch.tensor([[2.0]], dtype=F64)  # a Newton step for √(1 + t²) leads to −t³
    assert newton(lambda t: (1 + t @ t).sqrt(), away) == away
    scales = torch.tensor([[1.0, 1e-6], [1.0, 1e-14]], dtype=F64)
    found = newton(lambda t, s: s @ t.square(), torch.ones(2, 2, dtype=F64), (scales,))
    torch.testing.assert_close(found, torch.tensor([[0.0, 0.0], [0.0, 1.0]], dtype=F64))


def test_newton_polishes_to_rounding_and_leaves_flat_directions_alone():
    toy = fukumizu_amari_toy()
    slope = torch.func.grad(toy.loss)
    assert slope(toy.theta).abs().max() < 1e-13
    weights = torch.tensor([0.3, 0.7], dtype=F64)
    wide = toy.net.replicate(toy.theta, weights)
    pushed = toy.net.replicate(toy.theta + 1e-4, weights)
    polished = newton(toy.net.loss, pushed[None], (toy.x[None], toy.y[None]))[0]
    assert slope(pushed).abs().max() > 1e-6
    assert slope(polished).abs().max() < 1e-12
    assert (polished - wide).norm() < 2e-4


def test_gradient_descent_on_a_parabola_has_its_closed_form():
    start = torch.tensor([[1.0, -2.0], [3.0, 4.0]], dtype=F64)
    path = gradient_descent(lambda t: (t * t).sum() / 2, start, rate=0.1, steps=20, looks=4)
    factors = 0.9 ** torch.arange(0, 21, 5, dtype=F64)
    assert torch.allclose(path, factors[:, None, None] * start)


def test_descents_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match="multiple of looks"):
        gradient_descent(torch.sum, torch.zeros(1, 1), rate=0.1, steps=10, looks=3)
    net = UnitNet(inputs=2, bias=True)
    with pytest.raises(ValueError, match="k first"):
        levenberg_marquardt(net.residuals, torch.zeros(2, 7), (torch.zeros(3, 4, 2),))
