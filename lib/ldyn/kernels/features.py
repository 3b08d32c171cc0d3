"""Random Fourier features: a finite basis whose inner products approximate a kernel."""

import torch
from torch import Tensor

from ldyn.core import require_count, require_points, require_positive
from ldyn.kernels.stationary import Stationary


def random_features(x: Tensor, *, kernel: Stationary, points: Tensor) -> Tensor:
    """Return features φ(x) (n, 2q) with ⟨φ(x), φ(z)⟩ ≈ k(x, z).

    φ(x) = q^(−1/2) (cos⟨ω_1, x⟩, …, cos⟨ω_q, x⟩, sin⟨ω_1, x⟩, …, sin⟨ω_q, x⟩).

    Arguments: `x` (n, d); `points` (q, d + 1) in the unit cube, pseudo- or quasi-random: random
    and quasi-Monte Carlo features differ in this argument alone.
    Raises: ValueError for bad points or the wrong number of columns.
    Source: rahimi2007, def-kernel.
    """
    require_points(x)
    require_points(points, name="points", dim=x.shape[1] + 1)
    angles = x @ kernel.frequencies(points).T
    return torch.cat([angles.cos(), angles.sin()], 1) / len(points) ** 0.5


def mean_features(x: Tensor, *, frequencies: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the mean embedding Σ_i w_i φ(x_i) of samples in random features, (…, 2q).

    Arguments: `x` (…, n, d); `frequencies` ω (q, d); `weights` (…, n), else 1/n. A
    sample that is infinite or NaN leaves the others of the batch as they are.
    Source: rahimi2007, prop-feature-mmd.
    """
    angles = x @ frequencies.mT
    w = x.new_full(x.shape[:-1], 1 / x.shape[-2]) if weights is None else weights
    means = [(w[..., None] * part).sum(-2) for part in (angles.cos(), angles.sin())]
    return torch.cat(means, -1) / len(frequencies) ** 0.5


def feature_squared_mmd(
    x: Tensor, y: Tensor, *, frequencies: Tensor, unbiased: bool = False
) -> Tensor:
    """Return MMD² of batches of samples from q frequencies, (…), in O((n + m) q d).

    ‖Σ φ(x_i)/n − Σ φ(y_l)/m‖²; if `unbiased`, without i = j in the squares, where ‖φ(x)‖² = 1.

    Arguments: `x` (…, n, d), `y` (…, m, d); `frequencies` (q, d), as from a kernel. A
    sample that is infinite or NaN leaves the others of the batch as they are.
    Raises: ValueError for single points if `unbiased`.
    Source: rahimi2007, prop-feature-mmd.
    """
    a, b = (mean_features(s, frequencies=frequencies) for s in (x, y))
    value = (a - b).square().sum(-1)
    for mean, sample in ((a, x), (b, y)) if unbiased else ():
        n = require_count(sample.shape[-2], "the number of points", at_least=2)
        value = value + (mean.square().sum(-1) - 1) / (n - 1)
    return value


def conditional_embedding(features_x: Tensor, features_y: Tensor, *, ridge: float) -> Tensor:
    """Return the operator Ĉ (…, q, p) with Ĉ φ(x) ≈ E[ψ(Y) | X = x], by ridge regression.

    Ĉ = Ψᵀ (Φ Φᵀ + nλ)⁻¹ Φ = Ψᵀ Φ (Φᵀ Φ + nλ)⁻¹, whichever matrix is smaller.

    Arguments: `features_x` Φ (…, n, p), `features_y` Ψ (…, n, q), a row a pair; `ridge` λ > 0.
    Raises: ValueError for a ridge that is not > 0.
    Source: song2013, prop-push-through.
    """
    n, p = features_x.shape[-2:]
    require_positive(ridge, "ridge")
    gram = features_x @ features_x.mT if n < p else features_x.mT @ features_x
    factor = torch.linalg.cholesky(gram + n * ridge * torch.eye(min(n, p)).to(gram))
    if n < p:
        return features_y.mT @ torch.cholesky_solve(features_x, factor)
    return torch.cholesky_solve(features_x.mT @ features_y, factor).mT
