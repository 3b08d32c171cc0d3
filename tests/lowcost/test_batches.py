"""Batch descent against the operators it stands for, written out in an orthonormal basis."""

import math

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace
from ldyn.lowcost import BatchRule, batch_descent, batch_rule

F64 = torch.float64
N = 40


def written_out(kernel, damped):
    """K, the functions k_i as columns of K^½, and P of the damping, in the same basis."""
    x = torch.rand(N, 2, generator=stream("batches"), dtype=F64)
    gram = kernel(x, x)
    values, vectors = (part.flip(-1) for part in torch.linalg.eigh(gram))
    half = vectors * values.sqrt() @ vectors.T
    v = vectors[:, :damped]
    p = torch.eye(N, dtype=F64) - v * (1 - values[damped] / values[:damped]) @ v.T
    return gram, half, p


@pytest.mark.parametrize("kernel", [Gaussian(0.3), Laplace(0.5)])
@pytest.mark.parametrize("damped", [0, 1, 7])
def test_the_rule_holds_the_constants_of_the_damped_operator(kernel, damped):
    gram, half, p = written_out(kernel, damped)
    rule = batch_rule(gram, damped=damped)
    root = torch.linalg.cholesky(p)
    c = root.T @ half @ half @ root / N
    top = torch.linalg.eigvalsh(c)[-1].item()
    assert rule.top == pytest.approx(top, rel=1e-9)
    heavy = torch.einsum("ai,ab,bi->i", half, p, half)
    assert rule.heaviest == pytest.approx(heavy.max().item(), rel=1e-9)
    assert rule.critical == pytest.approx(rule.heaviest / rule.top)
    assert rule.step(1) == pytest.approx(1 / rule.heaviest)
    assert rule.step(5) == pytest.approx(5 / (rule.heaviest + 4 * rule.top))


@pytest.mark.parametrize("damped", [0, 5])
@pytest.mark.parametrize("batch", [1, 12, 100])
def test_descent_is_the_formula_with_rows_that_repeat(damped, batch):
    gram, half, p = written_out(Gaussian(0.3), damped)
    y = torch.randn(N, generator=stream("batches", "y"), dtype=F64)
    rule = batch_rule(gram, damped=damped)
    c, errors = batch_descent(
        gram, y, rule, batch=batch, step=0.7, steps=6, generator=stream("batches", "rows")
    )
    rows = torch.randint(N, (6, batch), generator=stream("batches", "rows"))
    f = torch.zeros(N, dtype=F64)
    for b, error in zip(rows, errors, strict=True):
        assert error.item() == pytest.approx((y - half @ f).square().mean().item())
        f = f - 0.7 / batch * p @ half[:, b] @ ((half @ f)[b] - y[b])
    torch.testing.assert_close(half @ c, f, rtol=1e-9, atol=1e-9)


def test_damping_raises_the_critical_batch():
    gram = written_out(Laplace(0.5), 0)[0]
    found = [batch_rule(gram, damped=q).critical for q in (0, 2, 8)]
    assert found == sorted(found)
    assert found[-1] > 3 * found[0]


def test_bad_arguments_are_refused():
    gram = written_out(Gaussian(0.3), 0)[0]
    rule, y = batch_rule(gram), torch.ones(N, dtype=F64)
    with pytest.raises(ValueError, match="0 <= damped < 40, got 40"):
        batch_rule(gram, damped=N)
    with pytest.raises(ValueError, match="gram must"):
        batch_rule(gram[:5])
    with pytest.raises(ValueError, match=">= 0 but for rounding"):
        batch_rule(-gram)
    with pytest.raises(ValueError, match="damped must be below the rank of gram, got 2; try"):
        batch_rule(torch.ones(4, 4).double() + torch.eye(4)[:1].T @ torch.eye(4)[:1], damped=2)
    for bad in ({"heaviest": math.nan}, {"top": -1.0}):
        with pytest.raises(ValueError, match="must be a finite number > 0"):
            BatchRule(**{"heaviest": 1.0, "top": 1.0, "vectors": y, "weights": y} | bad)
    with pytest.raises(ValueError, match="batch must be"):
        rule.step(0)
    with pytest.raises(ValueError, match="rule must be of gram, got 40 rows; try"):
        batch_descent(gram[:5, :5], y[:5], rule, batch=2, step=0.1, steps=3, generator=stream("b"))
    good = {"batch": 2, "step": 0.1, "steps": 3}
    for bad, words in (
        ({"step": -1.0}, "step must"),
        ({"steps": 0}, "steps must"),
        ({"batch": 0}, "batch must"),
    ):
        with pytest.raises(ValueError, match=words):
            batch_descent(gram, y, rule, generator=stream("b"), **(good | bad))
