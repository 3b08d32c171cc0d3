"""The maximum mean discrepancy of two samples, and its gradient, in blocks of bounded memory."""

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive
from ldyn.kernels.stationary import Stationary

_ROWS = 128  # rows of a block against all columns: small enough for the processor's cache


def half_squared_mmd(x: Tensor, y: Tensor, *, kernel: Stationary) -> Tensor:
    """Return ½ MMD² of the empirical measures of two samples, a scalar.

    ½‖m_x − m_y‖²_H = ½ mean_ij k(x_i, x_j) − mean_il k(x_i, y_l) + ½ mean_lm k(y_l, y_m).
    The diagonals count (the value of the measures as they are, not an unbiased estimate).

    Arguments: `x` (n, d) and `y` (m, d) of one dtype and device.
    Raises: ValueError for bad points, or samples that do not match.
    Source: gretton2012, def-half-mmd.
    """
    within = _mean(x, x, kernel) + _mean(y, y, kernel)
    return within / 2 - _mean(x, y, kernel)


def squared_mmd(x: Tensor, y: Tensor, *, kernel: Stationary, unbiased: bool = False) -> Tensor:
    """Return MMD² of two empirical measures, or an unbiased estimate of that of two laws.

    mean_ij k(x_i, x_j) + mean_lm k(y_l, y_m) − 2 mean_il k(x_i, y_l); over i ≠ j and l ≠ m if
    `unbiased`. Arguments: `x` (n, d) and `y` (m, d). Raises: ValueError as `half_squared_mmd`, and
    for fewer than two points if `unbiased`.
    Source: gretton2012, prop-mmd-unbiased.
    """
    value = 2 * half_squared_mmd(x, y, kernel=kernel)
    if not unbiased:
        return value
    require_count(min(len(x), len(y)), "the number of points", at_least=2)
    ones = [(_mean(s, s, kernel) - 1) / (len(s) - 1) for s in (x, y)]  # k(x, x) = 1
    return value + ones[0] + ones[1]


def linear_squared_mmd(x: Tensor, y: Tensor, *, kernel: Stationary) -> tuple[Tensor, Tensor]:
    """Return an unbiased estimate of MMD² in O(n), and one of its variance: mean h and 2 Var h/n.

    h_i = k(x_2i, x_2i+1) + k(y_2i, y_2i+1) − k(x_2i, y_2i+1) − k(x_2i+1, y_2i).

    Arguments: `x` and `y` (n, d), n ≥ 4; a last odd row is left out.
    Raises: ValueError for bad points, or samples that do not match.
    Source: gretton2012, prop-mmd-linear.
    """
    if len(x) != len(y) or len(x) < 4:
        raise ValueError(f"expected n >= 4 rows in both, got {len(x)} and {len(y)}; cut the longer")
    even = len(x) // 2 * 2
    a, b, c, e = (s[start:even:2] for s in (x, y) for start in (0, 1))
    gaps = torch.stack([a - b, c - e, a - e, b - c]).norm(dim=2) / kernel.bandwidth
    h = torch.einsum("ij,i->j", kernel.profile(gaps), gaps.new_tensor([1, 1, -1, -1]))
    return h.mean(), 2 * h.var() / even


def mmd_variance(x: Tensor, y: Tensor, *, kernel: Stationary, sizes: tuple[int, int]) -> Tensor:
    """Return the variance of unbiased MMD² of m and n points drawn from two empirical measures.

    4 Var w(X)/m + 4 Var w(Y)/n + 2 E k̃_xx²/m(m − 1) + 2 E k̃_yy²/n(n − 1) + 4 E k̃_xy²/mn, with
    the witness w = m_x − m_y, and k̃ the kernel less its means over rows and columns.

    Arguments: `x` (p, d), `y` (q, d): atoms, or a sample for an estimate; `sizes` (m, n).
    Raises: ValueError for bad points, samples that do not match, or sizes below 2.
    Source: gretton2012, prop-mmd-variance.
    """
    m, n = (require_count(size, "each size", at_least=2) for size in sizes)
    grams = xx, yy, xy = kernel(x, x), kernel(y, y), kernel(x, y)
    wx, wy = (w.var(correction=0) for w in (xx.mean(1) - xy.mean(1), xy.mean(0) - yy.mean(0)))
    centred = [g - g.mean(0) - g.mean(1, keepdim=True) + g.mean() for g in grams]
    a, b, c = (g.square().mean() for g in centred)
    return 4 * (wx / m + wy / n + a / (2 * m * (m - 1)) + b / (2 * n * (n - 1)) + c / (m * n))


def mmd_gradient(x: Tensor, y: Tensor, *, bandwidth: float) -> Tensor:
    """Return ∇Φ at the points x, (n, d): n times the gradient of ½ MMD² with respect to them.

    ∇Φ(x_i) = (1/n) Σ_j ∇k(x_i − x_j) − (1/m) Σ_l ∇k(x_i − y_l),
    ∇k(u) = −u exp(−‖u‖²/2σ²)/σ², for the Gaussian kernel of bandwidth σ.

    Exponents come from one matrix product a block, after centring: their rounding is of the order
    of machine epsilon times (diameter / σ)².

    Arguments: `x` (n, d) and `y` (m, d) of one dtype and device; `bandwidth` in their units.
    Raises: ValueError for bad points, samples that do not match, or a bandwidth that is not > 0.
    Source: gretton2012, def-half-mmd.
    """
    require_positive(bandwidth, "bandwidth")
    centre = torch.cat([x, y]).mean(0)
    a, b = (x - centre) / bandwidth, (y - centre) / bandwidth
    sums = _among(a) / len(a) - _towards(a, b) / len(b)
    return (sums[:, :-1] - a * sums[:, -1:]) / bandwidth


def _towards(a: Tensor, b: Tensor) -> Tensor:
    """Return Σ_j k(a_i − b_j) (b_j, 1) for σ = 1, (n, d + 1)."""
    sources, right = _ones(b), _exponents(b)
    return torch.cat([_weights(rows, right) @ sources for rows in a.split(_ROWS)])


def _among(a: Tensor) -> Tensor:
    """Return `_towards(a, a)` from the blocks on and above the diagonal."""
    sources, right = _ones(a), _exponents(a)
    sums = torch.zeros_like(sources)
    for start in range(0, len(a), _ROWS):
        stop = start + _ROWS
        weights = _weights(a[start:stop], right[:, start:])
        sums[start:stop] += weights @ sources[start:]
        sums[stop:] += weights[:, _ROWS:].T @ sources[start:stop]
    return sums


def _weights(rows: Tensor, right: Tensor) -> Tensor:
    lift = -rows.square().sum(1, keepdim=True) / 2
    return (torch.cat([rows, lift, torch.ones_like(lift)], 1) @ right).clamp_(max=0).exp_()


def _exponents(b: Tensor) -> Tensor:
    """The right factor of −‖a − b‖²/2 = ⟨a, b⟩ − ‖a‖²/2 − ‖b‖²/2, (d + 2, m)."""
    return torch.cat([_ones(b), -b.square().sum(1, keepdim=True) / 2], 1).T.contiguous()


def _ones(b: Tensor) -> Tensor:
    return torch.cat([b, b.new_ones(len(b), 1)], 1)


def _mean(x: Tensor, y: Tensor, kernel: Stationary) -> Tensor:
    return torch.stack([kernel(rows, y).sum() for rows in x.split(_ROWS)]).sum() / len(x) / len(y)
