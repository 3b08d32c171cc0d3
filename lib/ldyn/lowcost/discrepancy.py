"""How well a set of frequencies stands for a kernel, and how many directions a Gram matrix has."""

import math

import numpy as np
import torch
from torch import Tensor

from ldyn.core import require_points, require_positive
from ldyn.gate import holds
from ldyn.kernels import Gaussian

_REACH = 9.0  # exp(−9²/2) < 3·10⁻¹⁸: beyond it a Gaussian adds nothing in float64
ROUNDINGS = 64  # of the largest entry: what is left up to that is none
_PAIRS = 2**22  # pairs of frequencies at once


def box_discrepancy(frequencies: Tensor, *, kernel: Gaussian, box: float | Tensor) -> Tensor:
    """Return the squared box discrepancy D² of frequencies ω_1, …, ω_M, a scalar in float64.

    D² = ∬ s dp dp − (2/M) Σ_i ∫ s(ω_i, β) dp(β) + M⁻² Σ_ij s(ω_i, ω_j),  p = N(0, I/h²),
    s(u, v) = π^(−d) Π_j sin(b_j (u_j − v_j)) / (u_j − v_j),
    ∬ s dp dp = Π_j h erf(b_j/h) / (2√π),
    ∫ s(ω, β) dp(β) = π^(−d) Π_j ∫_0^b_j cos(ω_j t) e^(−t²/2h²) dt.

    It is the MMD² of the set and p in the band-limited space of the box, and (Π b_j / π^d) times
    the mean of |M⁻¹ Σ_i exp(i⟨ω_i, δ⟩) − k(δ)|² over δ uniform in Π [−b_j, b_j]. Features of
    cosine and sine take the real part: give ω and −ω for theirs.

    Arguments: `frequencies` (M, d) in 1/units of the inputs; `box` b (d,), one an axis, or one
    number, in units of the inputs. The integral over t is by Gauss–Legendre, to 10⁻¹². O(M² d).
    Raises: ValueError for a box that is not > 0, or a kernel not Gaussian, without closed form.
    Source: avron2016, prop-box-discrepancy.
    """
    w, d = frequencies.double(), frequencies.shape[1]
    b = torch.as_tensor(box, dtype=w.dtype, device=w.device)
    if not holds(b > 0):
        raise ValueError(f"box must be > 0, got {box!r}; try 1.0")
    b = b.expand(d)
    norm = (torch.special.erf(b / kernel.bandwidth) * kernel.bandwidth / b).prod()
    norm = norm * (math.sqrt(math.pi) / 2) ** d
    mixed = _means(w, b, kernel.bandwidth).mean()
    return (b / math.pi).prod() * (norm - 2 * mixed + _mean_sinc(w * b / math.pi))


def effective_dimension(gram: Tensor, *, ridge: float) -> Tensor:
    """Return tr K (K + λI)⁻¹ = Σ_i σ_i / (σ_i + λ), a scalar: how many directions λ leaves alive.

    Arguments: `gram` K (n, …), n × n, symmetric and positive semi-definite, or its n eigenvalues.
    Raises: ValueError unless the matrix is square, its eigenvalues ≥ 0 but for rounding, ridge > 0.
    Source: rudi2017, def-effective-dimension.
    """
    if gram.ndim > 1:
        gram = torch.linalg.eigvalsh(require_points(gram, name="gram", dim=len(gram)).double())
    values = gram.double()
    return _shrinkage(values, ridge).sum()


def leverage_scores(gram: Tensor, *, ridge: float) -> Tensor:
    """Return the ridge leverage scores ℓ_i = [K (K + λI)⁻¹]_ii, (n,); they sum to the
    effective dimension.

    Arguments: `gram` K (n, n), symmetric and positive semi-definite.
    Raises: ValueError unless its eigenvalues are ≥ 0 but for rounding, and ridge > 0.
    Source: alaoui2015, def-effective-dimension.
    """
    values, vectors = torch.linalg.eigh(gram.double())
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


def _shrinkage(values: Tensor, ridge: float) -> Tensor:
    require_positive(ridge, "ridge")
    values = spectrum(values)
    return values / (values + ridge)


def spectrum(values: Tensor) -> Tensor:
    """Return what must not be negative, but for rounding, (n,), in float64 and not negative."""
    tiny = ROUNDINGS * len(values) * torch.finfo(values.dtype).eps * values.abs().max()
    if not holds(values >= -tiny):
        raise ValueError(
            "gram must have eigenvalues and a diagonal >= 0 but for rounding, got "
            f"{values.min():.3g}; try kernel(x, x), and torch.linalg.eigvalsh of it"
        )
    return values.double().clamp(min=0)
