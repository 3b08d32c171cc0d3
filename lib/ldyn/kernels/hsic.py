"""The Hilbert–Schmidt independence criterion of two samples, in blocks of bounded memory."""

import torch
from torch import Tensor

from ldyn.core import require_count
from ldyn.kernels.stationary import Stationary

_ROWS = 256  # rows of a block against all columns


def hsic(
    x: Tensor, y: Tensor, *, kernel_x: Stationary, kernel_y: Stationary, unbiased: bool = False
) -> Tensor:
    """Return HSIC of paired samples, a scalar: the squared norm of their cross-covariance.

    tr(KHLH)/n², K = k(x_i, x_j), L = l(y_i, y_j), H = I − 11ᵀ/n; or, `unbiased`, with the
    diagonals of K and L set to zero (K̃, L̃), an average over quadruples of different rows,
    [tr(K̃L̃) + (1ᵀK̃1)(1ᵀL̃1)/((n − 1)(n − 2)) − 2 · 1ᵀK̃L̃1/(n − 2)]/(n(n − 3)).

    Arguments: `x` (n, d) and `y` (n, e), row i of both observed together; O(n²) time, O(n) memory.
    Raises: ValueError for bad points, samples that do not match, or, unbiased, n < 4.
    Source: gretton2005, def-hsic, prop-hsic-independence.
    """
    n = len(x)
    if unbiased and n < 4:
        raise ValueError(f"the unbiased estimate needs at least 4 rows, got {n}; draw more")
    parts = []
    for rows_x, rows_y in zip(x.split(_ROWS), y.split(_ROWS), strict=True):
        gram_x, gram_y = kernel_x(rows_x, x), kernel_y(rows_y, y)
        parts.append(torch.stack([(gram_x * gram_y).sum(1), gram_x.sum(1), gram_y.sum(1)]))
    product, sums_x, sums_y = torch.cat(parts, 1) - int(unbiased)  # k(x, x) = 1
    both, apart = sums_x @ sums_y, sums_x.sum() * sums_y.sum()
    if not unbiased:
        return (product.sum() - 2 * both / n + apart / n**2) / n**2
    mixed = apart / ((n - 1) * (n - 2)) - 2 * both / (n - 2)
    return (product.sum() + mixed) / (n * (n - 3))


def median_bandwidth(x: Tensor, *, rows: int = 1000) -> float:
    """Return the median distance of different points over √2, in the units of x.

    With it the Gaussian kernel is exp(−‖x − z‖²/median²). Distances of zero, of tied points, are
    left out, and of more than `rows` points those `rows` are compared that stand at equal steps;
    1 if all points are one.

    Arguments: `x` (n, d). Raises: ValueError for bad points, or rows < 2.
    Source: gretton2008, prop-hsic-independence.
    """
    require_count(rows, "rows", at_least=2)
    chosen = torch.linspace(0, len(x) - 1, min(rows, len(x)), device=x.device).round().long()
    distances = torch.pdist(x[chosen])
    distances = distances[distances > 0]
    return distances.median().item() / 2**0.5 if len(distances) else 1.0
