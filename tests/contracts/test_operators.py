"""What every curvature operator promises; a new one joins the list."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from ldyn.core import stream
from ldyn.landscape import dense_hessian
from ldyn.linalg import flat_parameters, gauss_newton_operator, hessian_operator


def squared(outputs, targets):
    return mse_loss(outputs, targets, reduction="sum") / 2


def entropy(outputs, targets):
    return cross_entropy(outputs, targets, reduction="sum")


def randn(*shape):
    return torch.randn(*shape, generator=stream("operators", *shape), dtype=torch.float64)


def mlp():
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)), randn(7, 3)


def conv():
    layers = [nn.Conv2d(1, 2, 3, stride=2), nn.Softplus(), nn.Flatten(), nn.Linear(8, 2)]
    return nn.Sequential(*layers), randn(7, 1, 5, 5)


def normed():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2)), randn(
        7, 3
    )


OPERATORS = {
    "hessian": hessian_operator,
    "hessian, nothing kept": partial(hessian_operator, keep=False),
    "gauss-newton": gauss_newton_operator,
}


BOTH = (hessian_operator, gauss_newton_operator)


@pytest.fixture(params=[mlp, conv, normed])
def net(request):
    model, x = request.param()
    draw = stream("weights", request.param.__name__)
    model = model.double().eval()
    for p in model.parameters():
        p.data = torch.randn(p.shape, generator=draw, dtype=p.dtype) / 2
    return model, x


@pytest.fixture(params=[squared, entropy])
def problem(request, net):
    model, x = net
    y = randn(7, 2) if request.param is squared else torch.arange(7) % 2
    return model, request.param, [(x[:3], y[:3]), (x[3:], y[3:])]


def dense(kind, model, loss, batches):
    """The matrix itself, all at once."""
    names, parts = zip(*model.named_parameters(), strict=True)
    x, y = (torch.cat(t) for t in zip(*batches, strict=True))

    def outputs(theta):
        rows = theta.split([p.numel() for p in parts])
        cut = [s.view_as(p) for s, p in zip(rows, parts, strict=True)]
        return torch.func.functional_call(model, dict(zip(names, cut, strict=True)), (x,))

    theta = flat_parameters(model)
    if "hessian" in kind:
        return dense_hessian(lambda t: loss(outputs(t), y), theta)
    jacobian = torch.func.jacrev(outputs)(theta).flatten(0, 1)
    bend = torch.func.hessian(lambda z: loss(z.view(len(y), -1), y))(outputs(theta).flatten())
    return jacobian.T @ bend @ jacobian


@pytest.mark.parametrize("kind", OPERATORS)
class TestOperator:
    def test_is_its_matrix(self, problem, kind):
        operator = OPERATORS[kind](*problem)
        matrix = dense(kind, *problem)
        found = operator.matvec(torch.eye(operator.size, dtype=torch.float64))
        assert (found - matrix).abs().max() <= 1e-10 * matrix.abs().max()
        torch.testing.assert_close(operator.matvec(found[:, 0]), matrix @ found[:, 0])

    def test_symmetric_and_linear(self, problem, kind):
        operator = OPERATORS[kind](*problem)
        u, v = randn(2, operator.size)
        au, av = operator.matvec(u), operator.matvec(v)
        torch.testing.assert_close(u @ av, v @ au, rtol=1e-11, atol=1e-12)
        mixed = operator.matvec(2 * u - 3 * v)
        torch.testing.assert_close(mixed, 2 * au - 3 * av, rtol=1e-11, atol=1e-11)

    def test_dtype_follows_and_others_are_refused(self, problem, kind):
        model, loss, batches = problem
        light = [(x.float(), y.float() if y.is_floating_point() else y) for x, y in batches]
        operator = OPERATORS[kind](model.float(), loss, light)
        v = torch.ones(operator.size)
        assert operator.matvec(v).dtype == torch.float32
        for bad in (v.double(), v[1:], v[None], v.to("meta")):
            with pytest.raises(ValueError, match="expected"):
                operator.matvec(bad)
        assert operator.matvec(v[:, None][:, :0]).shape == (operator.size, 0)


def test_flat_parameters_are_a_copy_in_the_order_of_the_model():
    model = nn.Linear(2, 1)
    theta = flat_parameters(model)
    assert theta.tolist() == [*model.weight[0].tolist(), model.bias.item()]
    assert not theta.requires_grad
    theta.zero_()
    assert model.weight.abs().min() > 0


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_bad_models_and_batches_are_refused(operator):
    model, x = mlp()
    pair = [(x.float(), x[:, :2].float())]
    with pytest.raises(ValueError, match="training mode"):
        operator(model, squared, pair)
    with pytest.raises(ValueError, match="at least one pair"):
        operator(model.eval(), squared, [])
    with pytest.raises(ValueError, match="no parameters"):
        operator(nn.Tanh().eval(), squared, pair)


def test_gauss_newton_is_positive_semidefinite_where_the_hessian_is_not(problem):
    eye = torch.eye(len(flat_parameters(problem[0])), dtype=torch.float64)
    lowest = [torch.linalg.eigvalsh(op(*problem).matvec(eye))[0] for op in BOTH]
    assert lowest[0] < -1e-3
    assert lowest[1] > -1e-11


def test_both_agree_for_a_linear_model():
    model, x = nn.Linear(3, 2).double().eval(), randn(7, 3)
    v = randn(8)
    found = [op(model, squared, [(x, randn(7, 2))]).matvec(v) for op in BOTH]
    torch.testing.assert_close(*found)
    lifted = torch.cat([x, torch.ones(7, 1, dtype=x.dtype)], 1)
    moved = (lifted.T @ lifted) @ torch.cat([v[:6].view(2, 3), v[6:, None]], 1).T
    torch.testing.assert_close(found[0], torch.cat([moved[:3].T.flatten(), moved[3]]))


def test_a_product_is_at_the_parameters_of_the_start(net):
    model, x = net
    operator = hessian_operator(model, squared, [(x, randn(7, 2))], keep=False)
    v = randn(operator.size)
    before = operator.matvec(v)
    for p in model.parameters():
        p.data.mul_(3)
    torch.testing.assert_close(operator.matvec(v), before)
