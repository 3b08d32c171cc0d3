"""Gradient flow against flows that have a formula."""

import math

import pytest
import torch

from ldyn.landscape import gradient_flow

F64 = torch.float64
TIMES = (0.01, 0.1, 1.0, 100.0)


@pytest.mark.parametrize(("tolerance", "most"), [(1e-3, 1e-3), (1e-5, 3e-5)])
def test_a_stiff_linear_flow_is_the_exponential(tolerance, most):
    form = torch.tensor([[3.0, 1.0], [1.0, 1000.0]], dtype=F64)
    start = torch.tensor([[1.0, -2.0], [0.3, 1.0], [-1.0, 0.5]], dtype=F64)
    flow = gradient_flow(lambda t: t @ form @ t / 2, start, times=TIMES, tolerance=tolerance)
    exact = torch.stack([start @ torch.matrix_exp(-form * t) for t in TIMES])
    assert (flow.theta - exact).abs().max() < most
    assert flow.arrived.all()
    assert flow.gradient.max() < 1e-7


def test_a_saddle_is_left_along_its_escape_direction():
    flow = gradient_flow(
        lambda t: (t[0] ** 2 - t[1] ** 2) / 2,
        torch.tensor([[1.0, 1e-3]], dtype=F64),
        times=(3.0,),
        tolerance=1e-4,
    )
    assert flow.theta[0, 0].tolist() == pytest.approx(
        [torch.tensor(-3.0).exp().item(), 1e-3 * torch.tensor(3.0).exp().item()], rel=2e-3, abs=2e-5
    )


def test_a_step_whose_error_is_too_large_is_not_taken():
    # the first step tried, 10⁻³, would reach the end at once, 0.02 away
    flow = gradient_flow(
        lambda t: 500 * t[0] ** 2, torch.ones(1, 1, dtype=F64), times=(1e-3,), tolerance=1e-2
    )
    assert flow.steps > 1
    assert flow.theta.item() == pytest.approx(math.exp(-1), abs=5e-3)


def test_the_loss_never_grows_whatever_the_tolerance():
    loss = lambda t: 25 * (t[..., 0] ** 2 - 1) ** 2  # noqa: E731
    start, times = torch.tensor([[0.05]], dtype=F64), (0.01, 0.03, 0.1, 0.3, 1.0, 10.0)
    flow = gradient_flow(loss, start, times=times, tolerance=1e9)
    assert (loss(torch.cat([start[None], flow.theta])).diff(dim=0) <= 0).all()
    assert flow.theta[-1].item() == pytest.approx(1, abs=1e-3)


def test_the_gradient_is_given_by_its_norm():
    flow = gradient_flow(lambda t: 3 * t[0] + 4 * t[1], torch.zeros(1, 2, dtype=F64), times=(1.0,))
    assert flow.gradient.item() == pytest.approx(5)


def test_the_gradient_is_that_of_the_end():
    flow = gradient_flow(lambda t: t @ t / 2, torch.ones(1, 1, dtype=F64), times=(1.0,))
    assert flow.gradient.item() == pytest.approx(flow.theta.item())


def test_members_do_not_feel_each_other():
    """A decay like t^(−1/2) up to time 10⁸, alone and in a stack with data of its own."""
    start = torch.tensor([[1.0], [2.0], [-0.5]], dtype=F64)
    scale = torch.tensor([1.0, 3.0, 50.0], dtype=F64)
    times = (1.0, 1e4, 1e8)
    loss = lambda t, s: s * t[0] ** 4 / 4  # noqa: E731
    together = gradient_flow(loss, start, (scale,), times=times)
    for j in range(3):
        alone = gradient_flow(loss, start[j : j + 1], (scale[j : j + 1],), times=times)
        assert torch.equal(alone.theta[:, 0], together.theta[:, j])
    t = torch.tensor(times, dtype=F64)[:, None]
    exact = start[:, 0].sign() * (start[:, 0] ** -2 + 2 * scale * t).rsqrt()
    assert torch.allclose(together.theta[..., 0], exact, rtol=0.02)


def test_a_flow_that_runs_out_of_steps_says_so():
    flow = gradient_flow(
        lambda t: t.square().sum(), torch.ones(1, 1, dtype=F64), times=(10.0,), most_steps=2
    )
    assert not flow.arrived.any()


@pytest.mark.parametrize("times", [(), (0.0, 1.0), (2.0, 1.0)])
def test_times_must_increase(times):
    with pytest.raises(ValueError, match="times must increase"):
        gradient_flow(lambda t: t.sum(), torch.ones(1, 1, dtype=F64), times=times)
