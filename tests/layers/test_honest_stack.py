"""Honest layers: what they may see, what they compute, and what they take and refuse."""

import math
import warnings

import numpy as np
import pytest
import torch
from sklearn.utils.estimator_checks import check_estimator

from ldyn.core import stream
from ldyn.layers import StackedKernelRidge, honest_stack
from ldyn.solvers import KernelRidge

F64 = torch.float64
UPPER = [(math.inf, 0.45, 0.3), (1.0, 1.1, 0.6)]


def jump(n, d=2, seed=0, outputs=0):
    draw = stream("honest tests", n, d, seed)
    x = torch.rand(n, d, generator=draw, dtype=F64)
    y = (x[:, 0] > 0.5).to(F64)
    y = torch.stack([y, -3 * y + x[:, 0]], 1) if outputs else y
    return x, y + 0.3 * torch.randn(y.shape, generator=draw, dtype=F64)


def data(n=96, folds=4):
    x, y = jump(n)
    deal = torch.randperm(n, generator=stream("deal"))
    return honest_stack._Data(x, y[:, None], [deal[k::folds] for k in range(folds)], 0.5)


@pytest.fixture(scope="module")
def fitted():
    x, y = jump(160)
    return x, y, StackedKernelRidge().fit(x, y)


def parts(layer, fold_of, kept):
    """Every (fold, model below) of a stack, down to the first layer."""
    for k, (lower, _) in zip(kept, layer.parts, strict=True):
        yield k, lower
        if hasattr(lower, "parts"):
            yield from parts(lower, fold_of, [j for j in kept if j != k])


def test_what_stands_below_a_fold_has_not_seen_its_responses():
    found, at = data(), torch.rand(9, 2, generator=stream("at"), dtype=F64)
    stack = honest_stack._stack(found, range(4), ("laplace", 0.6, 0.5), UPPER)
    for k in range(4):
        moved = data()
        moved.y[moved.folds[k]] += 5.0
        other = honest_stack._stack(moved, range(4), ("laplace", 0.6, 0.5), UPPER)
        pairs = zip(parts(stack, None, range(4)), parts(other, None, range(4)), strict=True)
        same = [(j, torch.equal(a(at), b(at))) for (j, a), (_, b) in pairs]
        assert all(equal for j, equal in same if j == k)  # below fold k nothing moves
        assert not all(equal for j, equal in same if j != k)
        assert not torch.equal(stack(at), other(at))


def test_the_leave_one_out_error_of_a_layer_is_that_of_refitting_its_tops():
    found, squares = data(), []
    us = honest_stack._outside(found, ("gaussian", 0.35, 1.6), [], range(4))
    h, w, times = 0.4, 1.1, honest_stack.UPPER[3]
    for k, u in us.items():
        x, y = found.x[found.folds[k]], found.y[found.folds[k]]
        rows = torch.cat([x / h, u / w], 1)
        for i in range(len(y)):
            rest = torch.arange(len(y)) != i  # the mean removed is that of all rows of the fold
            both = honest_stack._ridge("matern32", 1.0, rows[rest], y[rest], times * found.noise)
            gram = honest_stack.KERNELS["matern32"](1.0)(rows, rows)
            lifted = gram[rest][:, rest] + times * found.noise * torch.eye(len(y) - 1, dtype=F64)
            c = torch.linalg.solve(lifted, y[rest] - y.mean(0))
            squares.append((y[i] - y.mean(0) - gram[i, rest] @ c).square())
            assert both.mean == pytest.approx(y[rest].mean(0).item())
    errors = honest_stack._judge(found, us, h, w)
    assert errors[3].item() == pytest.approx(torch.stack(squares).mean().item(), rel=1e-5)


def test_two_layers_are_kernel_ridge_on_x_and_u(fitted):
    x, y, model = fitted
    (kernel, h, times), (wide, w, ridge) = model.record_.bottom, model.record_.upper[0]
    draw = stream("honest", 0)
    z, at = (x - x.mean(0)) / model.unit_, x[:7]
    honest_stack.typical_distance((x - x.mean(0)) / x.std(0, correction=0), draw)
    deal, answers = torch.randperm(len(x), generator=draw), []

    def inputs(x, u):
        return torch.cat([x / wide, (u - y.mean())[:, None] / (w * y.std(correction=0))], 1)

    for k in range(4):
        own = torch.zeros(len(x), dtype=torch.bool)
        own[deal[k::4]] = True
        lower = KernelRidge(kernel, times * model.record_.noise, h, "cholesky")
        lower.fit(z[~own], y[~own])
        top = KernelRidge("matern32", ridge, 1.0, "cholesky")
        top.fit(inputs(z[own], lower.predict(z[own])), y[own])
        answers.append(top.predict(inputs(z[:7], lower.predict(z[:7]))))
    found = model.staged_predict(at)[1]
    assert found.tolist() == pytest.approx(torch.stack(answers).mean(0).tolist(), rel=1e-8)


def test_the_number_of_layers_is_that_of_the_least_error_left_out(fitted):
    x, _, model = fitted
    record = model.record_
    assert len(record.loo) == 3
    scores = [record.loo[0], *(error + 0.5 / math.sqrt(160) for error in record.loo[1:])]
    assert record.layers == model.layers_ == 1 + scores.index(min(scores))
    assert torch.equal(model.predict(x), model.staged_predict(x)[model.layers_ - 1])
    assert record.loo[0] == model.single_.record_.loo


def test_one_layer_is_all_there_is_for_few_rows_or_on_request():
    x, y = jump(60)
    for model in (StackedKernelRidge(), StackedKernelRidge(layers=1, folds=2)):
        model.fit(x, y)
        assert model.layers_ == len(model.record_.loo) == 1
        assert model.record_.upper == ()
    assert StackedKernelRidge().fit(x, torch.ones(60)).predict(x[:2]).tolist() == [1.0, 1.0]


def test_a_smooth_function_gets_one_layer():
    x, _ = jump(240)
    noise = 0.3 * torch.randn(240, generator=stream("smooth"), dtype=F64)
    assert StackedKernelRidge().fit(x, x.sum(1) + noise).layers_ == 1


def test_units_do_not_matter(fitted):
    x, y, model = fitted
    other = StackedKernelRidge().fit(x * torch.tensor([1e3, 0.1]) + 7, 10 * y - 3)
    at = x[:20]
    found = other.predict(at * torch.tensor([1e3, 0.1]) + 7)
    assert found.tolist() == pytest.approx((10 * model.predict(at) - 3).tolist(), rel=1e-4)


def test_several_outputs_and_any_number_of_columns():
    x, y = jump(130, d=5, outputs=2)
    x[:, 4] = 1.0  # a column that says nothing
    model = StackedKernelRidge(layers=2, folds=3).fit(x.numpy(), y.numpy())
    found = model.predict(x.numpy())
    assert isinstance(found, np.ndarray)
    assert found.shape == (130, 2)
    assert model.score(x.numpy(), y.numpy()) > 0.6
    line = StackedKernelRidge().fit(x[:, :1].float(), y[:, 0].float())
    assert line.predict(x[:5, :1].float()).dtype == torch.float32
    again = StackedKernelRidge().fit(x[:, :1].float(), y[:, 0].float())
    assert torch.equal(line.predict(x[:, :1].float()), again.predict(x[:, :1].float()))


@pytest.mark.parametrize(
    ("given", "rows", "words"),
    [
        ({"layers": 5}, 100, "try folds=5"),
        ({"folds": 1}, 100, "folds"),
        ({"layers": 0}, 100, "layers"),
        ({}, 16_385, "try KernelRidge"),
        ({}, 1, "at least 2 rows"),
    ],
)
def test_what_cannot_be_done_is_said(given, rows, words):
    with pytest.raises(ValueError, match=words):
        StackedKernelRidge(**given).fit(torch.rand(rows, 2), torch.rand(rows))


def test_bad_rows_are_refused(fitted):
    _, _, model = fitted
    with pytest.raises(ValueError, match="NaN"):
        StackedKernelRidge().fit(torch.full((9, 2), math.nan), torch.ones(9))
    with pytest.raises(ValueError, match="inconsistent"):
        StackedKernelRidge().fit(torch.rand(9, 2), torch.ones(8))
    with pytest.raises(ValueError, match="3 features"):
        model.predict(torch.rand(4, 3))
    with pytest.raises(ValueError, match="not fitted"):
        StackedKernelRidge().staged_predict(torch.rand(4, 3))


def test_conventions():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = check_estimator(StackedKernelRidge(), on_fail=None)
    assert len(found) > 35
    assert {c["check_name"]: c["exception"] for c in found if c["status"] == "failed"} == {}
