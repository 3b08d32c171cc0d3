import pytest
import torch

from ldyn.core import stream
from ldyn.linalg import LinearOperator, extreme_eigenpairs, lanczos


def operator(a):
    return LinearOperator(size=len(a), apply=lambda v: a @ v, dtype=a.dtype, device=a.device)


def randn(*shape):
    return torch.randn(*shape, generator=stream("lanczos", *shape), dtype=torch.float64)


def matrix(values):
    q = torch.linalg.qr(randn(len(values), len(values))).Q
    return q * values @ q.T


SPREAD = torch.cat([torch.tensor([-3.0, -1.0]), torch.linspace(0, 1, 76), torch.tensor([8.0, 20])])


def test_the_recurrence_and_the_residuals_are_those_of_the_proposition():
    """prop-lanczos, item by item, in exact numbers."""
    a = matrix(SPREAD.double())
    space = lanczos(operator(a), randn(80), 20)
    q, eye = space.basis, torch.eye(20, dtype=torch.float64)
    assert (q.T @ q - eye).abs().max() <= 1e-14
    t = torch.diag(space.diagonal)
    t += torch.diag(space.offdiagonal, 1) + torch.diag(space.offdiagonal, -1)
    torch.testing.assert_close(q.T @ a @ q, t, rtol=0, atol=1e-12)
    rest = a @ q - q @ t
    assert rest[:, :-1].norm() <= 1e-12
    assert rest[:, -1].norm().item() == pytest.approx(space.remainder, rel=1e-10)
    values, s, residuals = space.ritz()
    true = (a @ (q @ s) - (q @ s) * values).norm(dim=0)
    torch.testing.assert_close(true, residuals, rtol=1e-8, atol=1e-12)
    nearest = (values[:, None] - SPREAD.double()).abs().amin(1)
    assert (nearest <= residuals + 1e-12).all()


def test_both_ends_of_a_known_spectrum():
    a = matrix(SPREAD.double())
    found = extreme_eigenpairs(operator(a), randn(80), lowest=2, highest=2, steps=40)
    torch.testing.assert_close(found.values, torch.tensor([-3.0, -1, 8, 20]).double())
    assert found.converged.all()
    assert found.residuals.max() <= 20e-6
    torch.testing.assert_close(found.vectors.norm(dim=0), torch.ones(4).double())
    true = (a @ found.vectors - found.vectors * found.values).norm(dim=0)
    torch.testing.assert_close(found.residuals, true, rtol=1e-6, atol=1e-13)


def test_each_end_has_its_own_count():
    a = operator(matrix(SPREAD.double()))
    for low, high, right in ((2, 1, [-3, -1, 20]), (1, 2, [-3, 8, 20]), (1, 0, [-3])):
        found = extreme_eigenpairs(a, randn(80), lowest=low, highest=high, steps=40)
        torch.testing.assert_close(found.values, torch.tensor(right).double())


@pytest.mark.parametrize("size", [1e-9, -1e9])
def test_convergence_is_relative_to_the_largest_size(size):
    a = operator(size * matrix(4 + SPREAD.double()))
    assert extreme_eigenpairs(a, randn(80), steps=40).converged.all()
    assert not extreme_eigenpairs(a, randn(80), steps=6).converged.all()


def test_what_has_not_converged_says_so():
    found = extreme_eigenpairs(operator(matrix(SPREAD.double())), randn(80), lowest=3, steps=6)
    assert not found.converged.all()
    assert found.residuals.max() > 20e-6
    assert found.steps == 6


def test_the_basis_stays_orthonormal_where_the_plain_recurrence_loses_it():
    a = matrix(torch.cat([torch.tensor([1e4]), torch.linspace(0, 1, 199)]).double())
    q = lanczos(operator(a), randn(200), 150).basis
    assert (q.T @ q - torch.eye(150, dtype=torch.float64)).abs().max() <= 1e-13


def test_an_invariant_space_ends_the_recurrence():
    a = matrix(torch.tensor([-2.0, 1, 1, 1, 5, 5, 5, 5]).double())
    space = lanczos(operator(a), randn(8), 8)
    assert space.basis.shape == (8, 3)
    assert space.remainder == 0
    torch.testing.assert_close(space.ritz()[0], torch.tensor([-2.0, 1, 5]).double())
    pairs = extreme_eigenpairs(operator(a), randn(8), lowest=2, highest=2, steps=8)
    assert pairs.steps == len(pairs.values) == 3
    assert pairs.converged.all()
    zero = lanczos(operator(torch.zeros(4, 4).double()), randn(4), 4)
    assert zero.basis.shape == (4, 1)


def test_what_is_small_in_the_start_is_still_seen():
    a = torch.diag(torch.tensor([1.0, 3.0])).double()
    space = lanczos(operator(a), torch.tensor([1.0, 1e-9]).double(), 2)
    torch.testing.assert_close(space.ritz()[0], a.diagonal())


def test_the_whole_space_is_the_whole_spectrum():
    values = torch.linspace(-1, 1, 12).double()
    space = lanczos(operator(matrix(values)), randn(12), 50)
    torch.testing.assert_close(space.ritz()[0], values)


def test_bad_choices_are_refused():
    a = operator(torch.eye(3).double())
    for start in (torch.zeros(3).double(), randn(4), torch.full((3,), float("nan")).double()):
        with pytest.raises(ValueError, match=r"start must be .*finite"):
            lanczos(a, start, 2)
    with pytest.raises(ValueError, match="steps"):
        lanczos(a, randn(3), 0)
    for counts in ({"lowest": 0, "highest": 0}, {"lowest": 9, "highest": 9}):
        with pytest.raises(ValueError, match="more steps than pairs"):
            extreme_eigenpairs(a, randn(3), steps=10, **counts)
    with pytest.raises(ValueError, match="lowest must be an integer >= 0"):
        extreme_eigenpairs(a, randn(3), lowest=-1, highest=2, steps=3)
    with pytest.raises(ValueError, match="tolerance must be a finite number > 0"):
        extreme_eigenpairs(a, randn(3), tolerance=0.0)
