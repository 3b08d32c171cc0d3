import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace, Matern32
from ldyn.solvers import fill_gram, gram_product, symmetric_gram


def points(n, d, name="x"):
    return torch.randn(n, d, generator=stream("gram", name), dtype=torch.float64)


@pytest.mark.parametrize("kernel", [Gaussian(0.8), Laplace(2.0), Matern32(1.3)])
@pytest.mark.parametrize("d", [2, 40])
def test_tiles_give_the_gram_matrix(kernel, d):
    a, b = points(300, d), points(2100, d, "b")
    whole = kernel(a, b)
    assert torch.allclose(fill_gram(kernel, a, b), whole, rtol=0, atol=1e-12)
    v = points(2100, 3, "v")
    assert torch.allclose(gram_product(kernel, a, b, v), whole @ v, rtol=0, atol=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("d", [2, 40])
def test_symmetric_one_is_symmetric_to_the_last_bit(dtype, d):
    x = points(1500, d).to(dtype)
    gram = symmetric_gram(Laplace(1.0), x)
    assert gram.dtype == dtype
    assert torch.equal(gram, gram.T)
    assert (gram.diagonal() == 1).all()
    assert torch.allclose(gram, Laplace(1.0)(x, x), rtol=0, atol=2e-3 if d > 16 else 1e-6)


def test_tiles_have_rows():
    with pytest.raises(ValueError, match="block must be an integer >= 1, got -1"):
        symmetric_gram(Laplace(1.0), points(5, 2), block=-1)  # would leave the memory as it was
    out = torch.full((5, 5), torch.nan, dtype=torch.float64)
    assert fill_gram(Laplace(1.0), points(5, 2), points(5, 2), out=out).isfinite().all()
