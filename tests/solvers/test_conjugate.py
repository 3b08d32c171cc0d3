import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace, Matern32, Stationary
from ldyn.solvers import pcg, rpcholesky


def data(n=300, d=2, columns=3):
    draw = stream("pcg", n, d)
    x = torch.rand(n, d, generator=draw, dtype=torch.float64)
    return x, torch.randn(n, columns, generator=draw, dtype=torch.float64)


def shifted(gram, ridge):
    return gram.double() + ridge * torch.eye(len(gram), dtype=torch.float64)


def exact(gram, y, ridge):
    return torch.cholesky_solve(y, torch.linalg.cholesky(shifted(gram, ridge)))


def factor_of(x, kernel: Stationary, rank):
    return rpcholesky(x, kernel=kernel, rank=rank, generator=stream("factor", rank)).factor


@pytest.mark.parametrize("kernel", [Gaussian(0.2), Laplace(0.3), Matern32(0.5)])
@pytest.mark.parametrize("rank", [0, 20, 100])
def test_it_equals_cholesky(kernel, rank):
    x, y = data()
    gram = kernel(x, x)
    factor = factor_of(x, kernel, rank) if rank else None
    want = exact(gram, y, 1e-2)
    for right, k in ((y, gram), (y[:, 0], gram), (y, lambda v: gram @ v)):
        found = pcg(k, right, ridge=1e-2, factor=factor, tolerance=1e-11, most=1000)
        assert found.converged
        assert found.reason == "converged"
        assert found.coefficients.shape == right.shape
        torch.testing.assert_close(
            found.coefficients, want if right.ndim == 2 else want[:, 0], rtol=1e-8, atol=1e-8
        )
        assert found.residuals[-1] < 1e-11


@pytest.mark.parametrize(("kernel", "rank"), [(Gaussian(0.1), 60), (Laplace(0.3), 60)])
def test_every_step_is_within_the_bound_of_its_condition(kernel, rank):
    """‖e_t‖ ≤ 2((√κ − 1)/(√κ + 1))ᵗ‖e_0‖ and κ ≤ 1 + ‖K − K̂‖/λ, in numbers of this matrix."""
    x, y = data(columns=1)
    gram, ridge = kernel(x, x), 0.1
    factor = factor_of(x, kernel, rank)
    a, p = shifted(gram, ridge), shifted(factor.T @ factor, ridge)
    lower = torch.linalg.cholesky(p)
    half = torch.linalg.solve_triangular(lower, a, upper=False)
    values = torch.linalg.eigvalsh(torch.linalg.solve_triangular(lower, half.T, upper=False))
    kappa = (values[-1] / values[0]).item()
    assert kappa <= 1 + torch.linalg.matrix_norm(gram - factor.T @ factor, 2).item() / ridge
    want = exact(gram, y, ridge)
    size = lambda e: (e.T @ a @ e).sqrt().item()  # noqa: E731
    rate = (kappa**0.5 - 1) / (kappa**0.5 + 1)
    for steps in (1, 2, 5, 10, 20):
        found = pcg(gram, y, ridge=ridge, factor=factor, tolerance=1e-14, most=steps)
        assert len(found.residuals) == steps
        assert size(found.coefficients - want) <= 2 * rate**steps * size(want)
    found = pcg(gram, y, ridge=ridge, factor=factor, tolerance=1e-12)
    assert found.condition == pytest.approx(kappa, rel=0.02)
    assert found.condition <= kappa * (1 + 1e-8)
    plain = pcg(gram, y, ridge=ridge, tolerance=1e-12, most=1000)
    assert len(found.residuals) < len(plain.residuals) / 2
    assert plain.condition > 5 * found.condition


def test_each_column_is_solved_as_if_alone():
    x, y = data()
    y[:, 1] = 0
    gram = Laplace(0.3)(x, x)
    y[:, 2] = gram[:, 0] + 0.1 * (torch.arange(300) == 0)  # solved by a unit vector
    found = pcg(gram, y, ridge=0.1, tolerance=1e-10)
    alone = [pcg(gram, y[:, j], ridge=0.1, tolerance=1e-10) for j in range(3)]
    columns = torch.stack([a.coefficients for a in alone], 1)
    torch.testing.assert_close(found.coefficients, columns, rtol=0, atol=1e-8)
    assert found.condition == pytest.approx(max(a.condition for a in alone), rel=1e-3)
    assert (alone[1].coefficients == 0).all()
    assert alone[1].residuals == []
    assert alone[1].converged


@pytest.mark.parametrize("ridge", [1e-6, 1e-9, 1e-12])
def test_copies_and_tiny_ridges_are_solved_where_the_data_allow_it(ridge):
    """y = Kw with copied rows: the exact solution is of size ‖w‖, whatever the ridge."""
    x = data(60)[0].repeat(5, 1)
    gram = Matern32(1.0)(x, x)
    y = gram @ data()[1]
    factor = factor_of(x, Matern32(1.0), 200)
    assert len(factor) == 60
    found = pcg(gram, y, ridge=ridge, factor=factor, tolerance=1e-10)
    assert found.converged
    assert len(found.residuals) <= 5
    rest = y - gram @ found.coefficients  # λc
    assert (
        rest.norm(dim=0) <= ridge * found.coefficients.norm(dim=0) + 1e-10 * y.norm(dim=0)
    ).all()
    noisy = pcg(gram, data()[1], ridge=ridge, factor=factor, tolerance=1e-10)
    true = data()[1] - shifted(gram, ridge) @ noisy.coefficients
    measured = (true.norm(dim=0) / data()[1].norm(dim=0)).max().item()
    assert noisy.residuals[-1] == pytest.approx(measured, rel=0.5, abs=1e-11)  # no false claim
    assert noisy.converged == (noisy.residuals[-1] < 1e-10)


def single_precision(gram, factor, y, ridge, most):
    """Textbook conjugate gradients with everything in float32 and one projection."""
    values, vectors = torch.linalg.eigh(factor @ factor.T)
    u = vectors.T / values.clamp(min=1e-6 * values[-1]).sqrt()[:, None] @ factor
    weights = (1 / (values + ridge))[:, None]
    precondition = lambda r: u.T @ (weights * (u @ r)) + (r - u.T @ (u @ r)) / ridge  # noqa: E731
    x, r = torch.zeros_like(y), y
    z = p = precondition(r)
    for _ in range(most):
        ap = gram @ p + ridge * p
        alpha = (r * z).sum() / (p * ap).sum()
        x, after = x + alpha * p, r - alpha * ap
        z, before = precondition(after), (r * z).sum()
        p, r = z + (after * z).sum() / before * p, after
    return ((y - gram @ x - ridge * x).norm() / y.norm()).item()


def test_float32_matrices_converge_by_float64_vectors_where_float32_vectors_stall():
    x, y = data(1500, 3, columns=1)
    kernel, ridge = Gaussian(1.0), 1e-3
    gram, factor = kernel(x.float(), x.float()), factor_of(x.float(), kernel, 60)
    found = pcg(gram, y, ridge=ridge, factor=factor, tolerance=1e-3)
    true = (y - shifted(gram, ridge) @ found.coefficients).norm() / y.norm()
    assert found.converged
    assert true.item() == pytest.approx(found.residuals[-1], rel=1e-6)
    assert true < 1e-3
    assert len(found.residuals) <= 5
    for steps in (5, 20, 80):
        assert single_precision(gram, factor, y.float(), ridge, steps) > 5e-3


def test_a_float32_matrix_is_solved_to_any_tolerance_by_beginning_anew():
    x, y = data(500, 3)
    gram, factor = Gaussian(0.4)(x.float(), x.float()), factor_of(x, Gaussian(0.4), 100)
    found = pcg(gram, y, ridge=1e-2, factor=factor, tolerance=1e-10)
    assert found.converged
    torch.testing.assert_close(found.coefficients, exact(gram, y, 1e-2), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_refused_below_its_rounding_and_served_above(dtype):
    x, y = data()
    gram = Gaussian(0.3)(x, x).to(dtype)
    size = gram.double().square().mean().sqrt().item()
    need = 4 * torch.finfo(dtype).eps * size * (300 / 12) ** 0.5
    with pytest.raises(ValueError, match=r"may be indefinite.*store it in float32"):
        pcg(gram, y, ridge=0.99 * need)
    noise = torch.linalg.matrix_norm(gram.double() - Gaussian(0.3)(x, x), 2).item()
    assert noise <= need
    found = pcg(gram, y, ridge=1.01 * need, tolerance=1e-6, most=1000)
    assert found.converged
    torch.testing.assert_close(
        found.coefficients, exact(gram, y, 1.01 * need), rtol=1e-3, atol=1e-3
    )


def test_what_cannot_converge_says_why_and_what_to_do():
    x, y = data()
    gram = Laplace(0.3)(x, x)
    values, vectors = torch.linalg.eigh(gram)
    values[0] = -0.5
    broken = pcg(vectors * values @ vectors.T, y, ridge=0.1, tolerance=1e-8)
    assert not broken.converged
    assert "not positive" in broken.reason
    assert "raise the ridge" in broken.reason
    assert broken.coefficients.isfinite().all()
    few = pcg(gram, y, ridge=1e-3, most=3)
    assert not few.converged
    assert len(few.residuals) == 3
    assert "after 3 steps" in few.reason
    assert "higher rank" in few.reason
    stuck = pcg(Gaussian(1.0)(x, x), y, ridge=1e-10, factor=factor_of(x, Gaussian(1.0), 150),
                tolerance=1e-14)  # fmt: skip
    assert not stuck.converged
    assert "rounding" in stuck.reason


def test_bad_arguments_are_refused():
    x, y = data(20)
    gram = Laplace(0.3)(x, x)
    for bad, words in (
        ({"ridge": 0.0}, "ridge must be a finite number > 0"),
        ({"tolerance": -1.0}, "tolerance must be"),
        ({"most": 0}, "most must be"),
        ({"factor": gram[:, :5]}, "a column a point"),
    ):
        with pytest.raises(ValueError, match=words):
            pcg(gram, y, **({"ridge": 1.0} | bad))
    for other, words in ((gram[:5], "gram must be a tensor of shape"), (gram.long(), "floating")):
        with pytest.raises(ValueError, match=words):
            pcg(other, y, ridge=1.0)
    for other in (gram, lambda v: gram @ v):
        with pytest.raises(ValueError, match="y must be finite"):
            pcg(other, y / 0, ridge=1.0)
    with pytest.raises(ValueError, match="y must be a tensor of shape"):
        pcg(lambda v: gram @ v, y[:, :, None], ridge=1.0)


def test_a_factor_of_another_precision_is_a_preconditioner_all_the_same():
    x, y = data(60)
    gram, factor = Laplace(0.3)(x, x), factor_of(x, Laplace(0.3), 20)
    plain = pcg(gram, y, ridge=0.1, factor=factor, tolerance=1e-10)
    other = pcg(gram, y, ridge=0.1, factor=factor.float(), tolerance=1e-10)
    assert other.converged
    torch.testing.assert_close(other.coefficients, plain.coefficients, rtol=0, atol=1e-8)
    with pytest.raises(ValueError, match=r"one device, got cpu and meta; try factor\.to"):
        pcg(gram, y, ridge=0.1, factor=factor.to("meta"))
