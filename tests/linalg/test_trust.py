"""Operators that would be wrong in silence: they are right now, or refused in words."""

import pytest
import torch
from torch import nn
from torch.nn.functional import huber_loss, scaled_dot_product_attention

from ldyn.core import stream
from ldyn.linalg import flat_parameters, gauss_newton_operator, hessian_operator, lanczos
from ldyn.linalg.operators import LinearOperator

F64 = torch.float64


def randn(*shape):
    return torch.randn(*shape, generator=stream("trust", *shape), dtype=F64)


def squared(outputs, targets):
    return (outputs - targets).square().sum() / 2


def huber(outputs, targets):
    return huber_loss(outputs, targets, reduction="sum")


class Twice(nn.Module):
    """One submodule under two names."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.second, self.last = self.first, nn.Linear(3, 2)

    def forward(self, x):
        return self.last(torch.tanh(self.second(torch.tanh(self.first(x)))))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix, self.last = nn.Linear(3, 3), nn.Linear(3, 2)

    def forward(self, x):
        query = self.mix(x)
        return self.last(scaled_dot_product_attention(query, x, query + x).mean(1))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.last = nn.TransformerEncoderLayer(2, 1, 3, batch_first=True), Mean()

    def forward(self, x):
        return self.last(self.layer(x[..., :2]))


class Mean(nn.Module):
    def forward(self, x):
        return x.mean(1)


class Sinc(nn.Module):
    def forward(self, x):
        return torch.sinc(x)


def net(*inner):
    model = nn.Sequential(nn.Linear(3, 4), *inner, nn.Linear(4, 2)).double().eval()
    draw = stream("trust", "weights")
    for p in model.parameters():
        p.data = torch.randn(p.shape, generator=draw, dtype=F64) / 2
    return model


def quotient(model, loss, x, y, v):
    """How fast the gradient changes along v, by the caller's own parameters moved and put back."""
    parts, slopes = list(model.parameters()), []
    for t in (1e-6, -1e-6):
        for p, d in zip(parts, v.split([p.numel() for p in parts]), strict=True):
            p.data += t * d.view_as(p)
        slopes.append(
            torch.cat([g.flatten() for g in torch.autograd.grad(loss(model(x), y), parts)])
        )
        for p, d in zip(parts, v.split([p.numel() for p in parts]), strict=True):
            p.data -= t * d.view_as(p)
    return (slopes[0] - slopes[1]) / 2e-6


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("kind", [Twice, Attention, Encoder])
def test_shared_modules_and_attention_are_right_and_left_as_they_were(kind, keep):
    model = kind().double().eval()
    for p in model.parameters():
        p.data = torch.randn(p.shape, generator=stream("trust", *p.shape), dtype=F64) / 2
    x, y = (randn(5, 3) if kind is Twice else randn(5, 4, 3)), randn(5, 2)
    operator = hessian_operator(model, squared, [(x, y)], keep=keep)
    v = randn(operator.size)
    for _ in range(2):
        found = operator.matvec(v)
    assert all(p.is_leaf and isinstance(p, nn.Parameter) for p in model.parameters())
    wanted = quotient(model, squared, x, y, v)
    assert (found - wanted).norm() <= 1e-6 * wanted.norm()
    assert torch.backends.mha.get_fastpath_enabled()


def test_a_model_changed_afterwards_changes_nothing():
    model, x, y = net(nn.BatchNorm1d(4), nn.Tanh()), randn(7, 3), randn(7, 2)
    operators = [
        hessian_operator(model, squared, [(x, y)], keep=False),
        gauss_newton_operator(model, squared, [(x, y)]),
    ]
    before = [a.matvec(torch.ones(a.size, dtype=F64)) for a in operators]
    model.train()(x)
    model[1].running_mean += 1
    for a, old in zip(operators, before, strict=True):
        assert torch.equal(a.matvec(torch.ones(a.size, dtype=F64)), old)


@pytest.mark.parametrize("make", [hessian_operator, gauss_newton_operator])
class TestRefusals:
    def test_a_part_in_training_mode(self, make):
        model = net(nn.Dropout(0.5), nn.Tanh())
        model[1].train()
        with pytest.raises(ValueError, match=r"training mode.* in 1; try model.eval"):
            make(model, squared, [(randn(7, 3), randn(7, 2))])

    def test_batches_that_are_no_list_of_pairs(self, make):
        pair = (randn(7, 3), randn(7, 2))
        with pytest.raises(ValueError, match=r"batches must be a list, got .*list\(batches\)"):
            make(net(nn.Tanh()), squared, (p for p in [pair]))
        with pytest.raises(ValueError, match=r"batches\[0\] must be"):
            make(net(nn.Tanh()), squared, pair)

    def test_hooks_that_cannot_be_copied(self, make):
        with pytest.warns(FutureWarning, match="weight_norm"):
            model = net(nn.utils.weight_norm(nn.Linear(4, 4)))
        model(randn(7, 3))
        with pytest.raises(ValueError, match=r"cannot be copied.*weight_norm"):
            make(model, squared, [(randn(7, 3), randn(7, 2))])

    def test_only_the_trainable_part(self, make):
        model, pairs = net(nn.Tanh()), [(randn(7, 3), randn(7, 2))]
        whole = make(model, squared, pairs)
        model[0].requires_grad_(False)
        part, eye = make(model, squared, pairs, trainable=True), torch.eye(26, dtype=F64)
        assert part.size == len(flat_parameters(model, trainable=True)) == 10
        torch.testing.assert_close(
            part.matvec(torch.eye(10, dtype=F64)), whole.matvec(eye)[16:, 16:]
        )
        assert not any(p.requires_grad for p in model[0].parameters())


@pytest.mark.parametrize("keep", [True, False])
def test_wrong_second_derivatives_from_below_are_refused(keep):
    x, y = randn(7, 3), randn(7, 2)
    x[0] = 0
    at_zero = net(Sinc())
    at_zero[0].bias.data.zero_()
    normed = net(nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)), nn.Tanh())
    for model in (at_zero, normed):
        with pytest.raises(ValueError, match=r"symmetric|quotient|not finite|forward mode"):
            hessian_operator(model, squared, [(x, y)], keep=keep)


def test_second_derivatives_that_overflow_are_named():
    model = net(nn.Mish())
    model[0].bias.data.fill_(95.0)
    with pytest.raises(ValueError, match="finite vector is not finite"):
        hessian_operator(model.float(), squared, [(randn(7, 3).float(), randn(7, 2).float())])


@pytest.mark.parametrize("dtype", [F64, torch.float32])
def test_kinks_are_no_reason_to_refuse(dtype):
    model, x = net(nn.ReLU()).to(dtype), randn(4000, 3).to(dtype)
    assert hessian_operator(model, squared, [(x, randn(4000, 2).to(dtype))]).size == 26


def test_huber_works_in_reverse_and_says_why_not_forward():
    model, x, y = net(nn.Tanh()), randn(7, 3), 2 * randn(7, 2)
    v = randn(26)
    found = hessian_operator(model, huber, [(x, y)]).matvec(v)
    torch.testing.assert_close(found, quotient(model, huber, x, y, v), rtol=1e-6, atol=1e-6)
    with pytest.raises(ValueError, match=r"forward mode, got .*huber.*keep=True"):
        hessian_operator(model, huber, [(x, y)], keep=False)


def test_single_precision_takes_no_small_remainder_for_an_end():
    values = torch.cat([torch.tensor([1.0, 30, 200]), torch.linspace(-3e-2, 3e-2, 197)]).double()
    q = torch.linalg.qr(randn(200, 200))[0]
    a = (q * values @ q.T).float()
    operator = LinearOperator(size=200, apply=a.mv, dtype=a.dtype, device=a.device)
    space = lanczos(operator, randn(200).float(), 60)
    assert len(space.diagonal) == 60
    assert abs(space.ritz()[0][0].item() + 3e-2) < 3e-4


def test_a_product_that_is_not_finite_is_named():
    operator = LinearOperator(size=3, apply=lambda v: v / 0, dtype=F64, device=torch.device("cpu"))
    with pytest.raises(ValueError, match=r"product of the operator .* is not finite"):
        lanczos(operator, randn(3), 2)
