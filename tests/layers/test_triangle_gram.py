"""The lower triangle multiplies as the whole matrix does."""

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian
from ldyn.layers import TriangleGram


@pytest.mark.parametrize("columns", [1, 3])
def test_the_lower_triangle_does_the_work_of_the_whole(columns):
    draw = stream("triangle", columns)
    x = torch.randn(50, 4, generator=draw, dtype=torch.float64)
    v = torch.randn(50, columns, generator=draw, dtype=torch.float64)
    product = TriangleGram(Gaussian(1.5), x, tile=16)
    assert torch.allclose(product(v), Gaussian(1.5)(x, x) @ v, atol=1e-12)
    assert sum(t.numel() for t in product.tiles.values()) < 0.7 * 50**2
    single = TriangleGram(Gaussian(1.5), x.float(), tile=16)
    assert single(v).dtype == torch.float64
    assert torch.allclose(single(v), Gaussian(1.5)(x, x) @ v, atol=1e-5)


def test_other_rows_and_tiles_without_rows_are_refused():
    x = torch.rand(5, 2, generator=stream("triangle", "bad"))
    for v in (torch.ones(6, 2), torch.ones(5), torch.ones(4, 1)):
        with pytest.raises(ValueError, match=r"v(\.T)? must"):
            TriangleGram(Gaussian(1.0), x)(v)
    with pytest.raises(ValueError, match="tile must be an integer >= 1, got -1"):
        TriangleGram(Gaussian(1.0), x, tile=-1)
