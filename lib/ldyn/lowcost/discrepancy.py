"""How well a set of frequencies stands for a kernel, and how many directions a Gram matrix has."""

import math

import numpy as np
import torch
from torch import Tensor

from ldyn.core import require_points, require_positive
from ldyn.kernels import Gaussian, Stationary

_REACH = 9.0  # exp(−9²/2) < 3·10⁻¹⁸: beyond it a Gaussian adds nothing in float64
_PAIRS = 2**22  # pairs of frequencies at once


def box_discrepancy(frequencies: Tensor, *, kernel: Stationary, box: float | Tensor) -> Tensor:
    """Return the squared box discrepancy D² of frequencies ω_1, …, ω_M, a scalar in float64.

    D² = ∬ s dp dp − (2/M) Σ_i ∫ s(ω_i, β) dp(β) + M⁻² Σ_ij s(ω_i, ω_j),  p = N(0, I/h²),
    s(u, v) = π^(−d) Π_j sin(b_j (u_j − v_j)) / (u_j − v_j),
    ∬ s dp dp = Π_j h erf(b_j/h) / (2√π),
    ∫ s(ω, β) dp(β) = π^(−d) Π_j ∫_0^b_j cos(ω_j t) e^(−t²/2h²) dt.

    It is the MMD² of the set and p in the band-limited space of the box, and (Π b_j / π^d) times
    the mean of |M⁻¹ Σ_i exp(i⟨ω_i, δ⟩) − k(δ)|² over δ uniform in Π [−b_j, b_j]. Features of
    cosine and sine take the real part: give ω and −ω for theirs.

    Arguments: `frequencies` (M, d) in 1/units of the inputs; `box` b > 0 in units of the inputs,
    one number or one an axis, (d,). The integral over t is by Gauss–Legendre, to 10⁻¹². O(M² d).
    Raises: ValueError for bad frequencies, a box that is not > 0, or a kernel not Gaussian.
    Source: avron2016, prop-box-discrepancy.
    """
    require_points(frequencies, name="frequencies")
    w, d = frequencies.double(), frequencies.shape[1]
    if not isinstance(kernel, Gaussian):
        raise ValueError(
            f"the closed form is for Gaussian kernels, got {type(kernel).__name__}; "
            "try the mean of squared errors at random displacements"
        )
    b = torch.as_tensor(box, dtype=w.dtype, device=w.device)
    if b.shape not in {(), (d,)} or not (b.isfinite() & (b > 0)).all():
        raise ValueError(
            f"box must be one finite number > 0, or ({d},) of them, got {box!r}; try 1.0"
        )
    b = b.expand(d)
    norm = (torch.special.erf(b / kernel.bandwidth) * kernel.bandwidth / b).prod()
    norm = norm * (math.sqrt(math.pi) / 2) ** d
    mixed = _means(w, b, kernel.bandwidth).mean()
    return (b / math.pi).prod() * (norm - 2 * mixed + _mean_sinc(w * b / math.pi))


def effective_dimension(gram: Tensor, *, ridge: float) -> Tensor:
    """Return tr K (K + λI)⁻¹ = Σ_i σ_i / (σ_i + λ), a scalar: how many directions λ leaves alive.

    Arguments: `gram` K (n, n), symmetric and positive semi-definite, or its eigenvalues (n,).
    Raises: ValueError unless the matrix is square and finite, and ridge > 0.
    Source: rudi2017, def-effective-dimension.
    """
    values = gram.double() if gram.ndim == 1 else torch.linalg.eigvalsh(_square(gram))
    return _shrinkage(values, ridge).sum()


def leverage_scores(gram: Tensor, *, ridge: float) -> Tensor:
    """Return the ridge leverage scores ℓ_i = [K (K + λI)⁻¹]_ii, (n,); they sum to the
    effective dimension.

    Arguments: `gram` K (n, n), symmetric and positive semi-definite.
    Raises: ValueError unless the matrix is square and finite, and ridge > 0.
    Source: alaoui2015, def-effective-dimension.
    """
    values, vectors = torch.linalg.eigh(_square(gram))
    return vectors.square() @ _shrinkage(values, ridge)


def _means(w: Tensor, b: Tensor, h: float) -> Tensor:
    """Return Π_j (1/b_j) ∫_0^b_j cos(ω_j t) e^(−t²/2h²) dt for each frequency, (M,).

    64 nodes on each panel of at most 16 half turns of the cosine and 9 h of the Gaussian.
    """
    reach = b.clamp(max=_REACH * h)
    panels = 1 + int((w.abs().amax(0) * reach).max() / (16 * math.pi))
    nodes, weights = (w.new_tensor(rule) for rule in np.polynomial.legendre.leggauss(64))
    product = torch.ones_like(w[:, 0])
    for j in range(w.shape[1]):
        integral = torch.zeros_like(product)
        for panel in range(panels):
            t = reach[j] * (panel + (nodes + 1) / 2) / panels
            density = weights * (-(t / h).square() / 2).exp()
            integral += torch.outer(w[:, j], t).cos_() @ density
        product *= integral * reach[j] / (2 * panels * b[j])
    return product


def _mean_sinc(w: Tensor) -> Tensor:
    """Return M⁻² Σ_ij Π_l sinc(w_il − w_jl), sinc(x) = sin(πx)/(πx)."""
    total = w.new_zeros(())
    for rows in w.split(max(1, _PAIRS // len(w))):
        product = w.new_ones(len(rows), len(w))
        for j in range(w.shape[1]):
            product *= torch.sinc(rows[:, j, None] - w[:, j])
        total += product.sum()
    return total / len(w) ** 2


def _square(gram: Tensor) -> Tensor:
    require_points(gram, name="gram", dim=len(gram))
    return gram.double()


def _shrinkage(values: Tensor, ridge: float) -> Tensor:
    require_positive(ridge, "ridge")
    values = values.clamp(min=0)
    return values / (values + ridge)
