"""A pair in a channel against the gated unit that it tends to."""

import pytest
import torch

from ldyn.core import log_slope, stream
from ldyn.landscape import UnitNet, channel_pair, gated_unit

F64 = torch.float64
BENT, TWISTED = 4 / 27**0.5, 2.0  # the largest |σ''| and |σ'''| of tanh
HEIGHTS = torch.tensor([10.0, 20.0, 40.0, 80.0, 160.0, 320.0], dtype=F64)


def largest_errors(centred):
    draw = stream("channel")
    x, w, u = (torch.randn(*s, generator=draw, dtype=F64) for s in ((40, 3), (3,), (3,)))
    net, limit, share = UnitNet(inputs=3), gated_unit(x, -0.7, w, u), -0.7
    reach = (x @ u).abs()
    errors, bounds = [], []
    for a in HEIGHTS.tolist():
        pair = net.join(*channel_pair(share, w, u, height=a, centred=centred))
        errors.append((net.values(pair, x)[:, 0] - limit).abs())
        bounds.append(
            reach**2 / a**2 * (abs(share) * BENT / 8 + reach * TWISTED / 24)
            if centred
            else reach**2 * BENT / (2 * a)
        )
    return torch.stack(errors), torch.stack(bounds)


@pytest.mark.parametrize(("centred", "order"), [(False, -1.0), (True, -2.0)])
def test_the_error_has_the_order_and_the_bound_of_the_proposition(centred, order):
    """Source: prop-channel."""
    errors, bounds = largest_errors(centred)
    assert (errors <= bounds * (1 + 1e-9)).all()
    assert log_slope(HEIGHTS, errors.amax(1)) == pytest.approx(order, abs=0.05)


def test_the_gated_unit_is_the_derivative_of_a_unit():
    x = torch.linspace(-2, 2, 9, dtype=F64)[:, None]
    w, u = torch.tensor([0.8], dtype=F64), torch.tensor([-1.5], dtype=F64)
    z = x[:, 0] * 0.8
    wanted = 0.4 * z.tanh() - 1.5 * x[:, 0] / z.cosh() ** 2
    assert torch.allclose(gated_unit(x, 0.4, w, u), wanted, atol=1e-14)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: channel_pair(1.0, torch.ones(2), torch.ones(2), height=0.0), "height must be"),
        (
            lambda: channel_pair(1.0, torch.ones(2), torch.ones(3), height=1.0),
            r"D = 2 as in w, got shape \(3,\)",
        ),
        (lambda: channel_pair(1.0, torch.ones(2, 2), torch.ones(2, 2), height=1.0), r"\(2, 2\)"),
        (
            lambda: gated_unit(torch.ones(1, 1), 1.0, torch.ones(1), torch.ones(1), activation="x"),
            "activation must be one of",
        ),
    ],
)
def test_refusals(call, says):
    with pytest.raises(ValueError, match=says):
        call()
