"""Output weights solved for: against least squares, and the derivative of what is left."""

import pytest
import torch
from torch.func import grad, jacfwd

from ldyn.core import stream
from ldyn.lowcost import project_outputs
from ldyn.nets import ACTIVATIONS

F64 = torch.float64


def problem(k=3, n=20, units=2, inputs=3, outputs=2):
    draw = stream("projection", k, n, units, inputs, outputs)
    sizes = (k, units * inputs), (k, n, inputs), (k, n, outputs)
    return [torch.randn(s, generator=draw, dtype=F64) for s in sizes]


def layer(w, x, activation="tanh"):
    return ACTIVATIONS[activation](x @ w.view(-1, x.shape[1]).mT)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_weights_are_those_of_least_squares_and_the_derivative_is_kaufmans(activation):
    w, x, y = problem()
    found, jacobian, v = project_outputs(w, x, y, activation)
    for j in range(3):
        a = layer(w[j], x[j], activation)
        best = torch.linalg.lstsq(a, y[j]).solution
        torch.testing.assert_close(v[j], best, rtol=0, atol=1e-10)
        r = found[j].view(2, -1)[:, :20]
        torch.testing.assert_close(r, (a @ best - y[j]).mT, rtol=0, atol=1e-10)
        bent = jacfwd(lambda t, j=j, best=best: layer(t, x[j], activation) @ best)(w[j])
        beside = torch.eye(20, dtype=F64) - a @ torch.linalg.pinv(a)
        right = torch.einsum("ni,imp->mnp", beside, bent).flatten(0, 1)
        derivative = jacobian[j].view(2, -1, 6)[:, :20].flatten(0, 1)
        torch.testing.assert_close(derivative, right, rtol=0, atol=1e-10)


def test_the_slope_is_that_of_the_loss_that_is_left():
    w, x, y = problem()

    def left(flat, x, y):
        a = layer(flat, x)
        return (a @ torch.linalg.solve(a.mT @ a, a.mT @ y) - y).square().sum() / 2

    r, jacobian, _ = project_outputs(w, x, y)
    slope = (r[:, None] @ jacobian)[:, 0]
    right = torch.stack([grad(left)(*one) for one in zip(w, x, y, strict=True)])
    torch.testing.assert_close(slope, right, rtol=0, atol=1e-10)


def test_zeros_filled_in_change_nothing_and_stay():
    w, x, y = problem()
    r, jacobian, v = project_outputs(w, x, y)
    pad = torch.nn.functional.pad
    wide = pad(w.view(3, 2, 3), (0, 1, 0, 1)).flatten(1)
    r_wide, j_wide, v_wide = project_outputs(wide, pad(x, (0, 1)), pad(y, (0, 1)))
    r_wide, j_wide = r_wide.view(3, 3, 23), j_wide.view(3, 3, 23, 3, 4)
    close = {"rtol": 0, "atol": 1e-12}
    torch.testing.assert_close(r_wide, pad(r.view(3, 2, 22), (0, 1, 0, 1)), **close)
    torch.testing.assert_close(v_wide, pad(v, (0, 1, 0, 1)), **close)
    right = pad(jacobian.view(3, 2, 22, 2, 3), (0, 1, 0, 1, 0, 1, 0, 1))
    torch.testing.assert_close(j_wide, right, **close)
    assert not j_wide[..., 2, :].any()
    assert not j_wide[..., 3].any()


def test_two_equal_units_share_the_weight_of_one():
    w, x, y = problem(units=1)
    one, two = project_outputs(w, x, y), project_outputs(w.repeat(1, 2), x, y)
    torch.testing.assert_close(
        two[0].view(3, 2, -1)[..., :20], one[0].view(3, 2, -1)[..., :20], rtol=0, atol=1e-6
    )  # fmt: skip
    torch.testing.assert_close(two[2].sum(1), one[2][:, 0], rtol=0, atol=1e-6)


def test_what_is_no_number_of_units_is_refused():
    w, x, y = problem()
    with pytest.raises(ValueError, match="D = 3 as in x"):
        project_outputs(w[:, 1:], x, y)
    with pytest.raises(ValueError, match="one of"):
        project_outputs(w, x, y, "step")
