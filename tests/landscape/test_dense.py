import pytest
import torch

from ldyn.core import stream
from ldyn.landscape import dense_hessian, inertia


def rotated(values):
    """A symmetric matrix with these eigenvalues, for each row of `values`."""
    a = torch.randn(values.shape[-1], values.shape[-1], generator=stream("rotation")).double()
    q = torch.linalg.qr(a).Q
    found = q * values[..., None, :] @ q.T
    return (found + found.mT) / 2


def test_inertia_of_known_eigenvalues():
    values = torch.tensor([[-3.0, -1, 0, 0, 2], [-1e-12, 1e-12, 1, 2, 3], [-1, -2, 1, 2, 5]])
    found = inertia(rotated(values.double()))
    counts = torch.stack([found.negative, found.zero, found.positive], 1)
    assert counts.tolist() == [[2, 2, 1], [0, 2, 3], [2, 0, 3]]
    assert (found.gap > 1e10).all()


def test_the_gap_tells_how_near_the_count_is_to_another():
    values = torch.diag(torch.tensor([1.0, -2e-9, 5e-11]).double())
    found = inertia(values)
    assert [int(c) for c in (found.negative, found.zero, found.positive)] == [1, 1, 1]
    assert found.gap.item() == pytest.approx(40)
    assert int(inertia(values, tolerance=1e-8).zero) == 2
    assert inertia(torch.zeros(3, 3)).gap.item() == float("inf")
    assert int(inertia(torch.zeros(3, 3)).zero) == 3


@pytest.mark.parametrize("size", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_inertia_does_not_depend_on_the_size_and_exact_zeros_count_as_rounding(size, dtype):
    found = inertia(size * torch.diag(torch.tensor([2.0, 1, 0], dtype=dtype)))
    assert [int(c) for c in (found.negative, found.zero, found.positive)] == [0, 1, 2]
    assert found.gap.item() == pytest.approx(1 / (2 * torch.finfo(dtype).eps))


def test_asymmetry_of_rounding_is_allowed_and_more_is_not():
    a = 1e6 * torch.eye(2).double()
    a[0, 1] = 1e-3
    assert int(inertia(a).positive) == 2
    a[0, 1] = 1.0
    with pytest.raises(ValueError, match="symmetric"):
        inertia(a)


@pytest.mark.parametrize(
    "bad",
    [torch.ones(3), torch.ones(2, 3), torch.eye(2).long(), torch.tensor([[0.0, 1], [0, 0]]),
     torch.full((2, 2), float("nan")), torch.ones(0, 0)],
)  # fmt: skip
def test_what_is_no_symmetric_matrix_is_refused(bad):
    with pytest.raises(ValueError, match=r"matrix must be .*, got|finite and symmetric"):
        inertia(bad)


def test_a_tolerance_of_zero_is_refused():
    with pytest.raises(ValueError, match="tolerance"):
        inertia(torch.eye(2), tolerance=0.0)


def test_dense_hessian_of_a_quadratic_and_of_many():
    a = rotated(torch.tensor([1.0, -2, 3]).double())
    theta = torch.randn(4, 3, generator=stream("theta")).double()
    torch.testing.assert_close(dense_hessian(lambda t: t @ a @ t / 2, theta[0]), a)
    scales = torch.arange(1.0, 5).double()
    found = dense_hessian(lambda t, s: s * (t @ t) ** 2 / 4, theta, scales)
    eye = torch.eye(3).double()
    for t, s, h in zip(theta, scales, found, strict=True):
        torch.testing.assert_close(h, s * ((t @ t) * eye + 2 * torch.outer(t, t)))
    with pytest.raises(ValueError, match="shape"):
        dense_hessian(lambda t: t.sum(), theta[None])
