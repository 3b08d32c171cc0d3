"""The maximum mean discrepancy of two samples, and its gradient, in blocks of bounded memory."""

import torch
from torch import Tensor

from ldyn.core import require_points, require_positive
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
    _require_pair(x, y)
    within = _mean(x, x, kernel) + _mean(y, y, kernel)
    return within / 2 - _mean(x, y, kernel)


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
    _require_pair(x, y)
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


def _require_pair(x: Tensor, y: Tensor) -> None:
    require_points(x)
    require_points(y, name="y", dim=x.shape[1])
    if y.dtype != x.dtype or y.device != x.device:
        raise ValueError(
            f"x and y must share dtype and device, got {x.dtype} on {x.device} and "
            f"{y.dtype} on {y.device}; try y.to(x)"
        )
