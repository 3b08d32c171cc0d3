"""Tables that the tests of the kernel solver share."""

import torch
from torch import Tensor

from ldyn.core import stream


def table(
    n: int = 400, d: int = 3, noise: float = 0.1, name: str = "table"
) -> tuple[Tensor, Tensor]:
    """A smooth function of two of the columns, with noise."""
    generator = stream("kernel ridge table", name, n)
    x = torch.randn(n, d, generator=generator, dtype=torch.float64)
    e = torch.randn(n, generator=generator, dtype=torch.float64)
    return x, (2 * x[:, 0]).sin() + x[:, -1 if d < 2 else 1].square() / 2 + noise * e


def noisy_rows(n: int, d: int = 2, columns: int = 2) -> tuple[Tensor, Tensor]:
    """Points of the unit cube (n, d), and answers of pure noise (n, columns)."""
    draw = stream("loo path", n, d)
    x = torch.rand(n, d, generator=draw, dtype=torch.float64)
    return x, torch.randn(n, columns, generator=draw, dtype=torch.float64)


def inverse(gram: Tensor, ridge: float) -> Tensor:
    """(K + λI)⁻¹ in float64."""
    eye = torch.eye(len(gram), dtype=torch.float64)
    return torch.cholesky_inverse(torch.linalg.cholesky(gram.double() + ridge * eye))
