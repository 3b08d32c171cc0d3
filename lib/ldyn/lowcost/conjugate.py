"""Conjugate gradients for kernel ridge regression, preconditioned by a matrix of low rank."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive

Map = Callable[[Tensor], Tensor]
_ROWS = 1024  # rows of a half-precision matrix widened at a time


@dataclass(frozen=True, kw_only=True)
class Solution:
    """What conjugate gradients found, and whether it can be used.

    Fields: `coefficients` (n,) or (n, c), float64; `residuals` ‖y − (K + λI)c‖/‖y‖ of the
    recurrence after each step, the largest of the columns; `converged`; `reason`, in words and
    with a remedy if it has not; `condition` of the preconditioned matrix, estimated from below.
    """

    coefficients: Tensor
    residuals: list[float]
    converged: bool
    reason: str
    condition: float


def pcg(
    gram: Tensor | Map,
    y: Tensor,
    *,
    ridge: float,
    factor: Tensor | None = None,
    tolerance: float = 1e-3,
    most: int = 200,
) -> Solution:
    """Return c ≈ (K + λI)⁻¹ y by conjugate gradients with the preconditioner P = FᵀF + λI.

    If FᵀF ≼ K, κ(P⁻½(K + λI)P⁻½) ≤ 1 + ‖K − FᵀF‖/λ, and in the norm ‖e‖² = eᵀ(K + λI)e
    ‖e_t‖ ≤ 2 ((√κ − 1)/(√κ + 1))ᵗ ‖e_0‖. `condition` is that of the Lanczos matrix the steps imply.

    Vectors are float64 whatever the matrix is: in float32, R − UᵀUR keeps a rounding of R in the
    top directions, which 1/λ then blows up.

    Arguments: `gram` K (n, n), symmetric, or the map v (n, c) → Kv; `y` (n,) or (n, c); `factor` F
    (k, n), as of `rpcholesky`; every column has its own steps, and ends at `tolerance`.
    Raises: ValueError for a ridge or tolerance that is not > 0, shapes that do not match, or a Gram
    matrix in half precision unless λ > 4σ√n, σ its rounding: the noise, of norm ≈ 2σ√n, could make
    K + λI indefinite.
    Source: Hestenes and Stiefel (1952).
    """
    require_positive(ridge, "ridge")
    require_positive(tolerance, "tolerance")
    require_count(most, "most")
    right = y.double().T if y.ndim == 2 else y.double()[None]  # rows: the products are skinny
    product, precondition = _product(gram, right, ridge), _preconditioner(factor, right, ridge)
    norms = right.norm(dim=1)
    x, r, p, rz = torch.zeros_like(right), right.clone(), torch.zeros_like(right), norms * 0
    steps, turns, residuals = [], [], []
    active, reason = norms > 0, ""
    while active.any() and len(residuals) < most:
        z = precondition(r)
        rz, before = (r * z).sum(1), rz
        turns.append(torch.where(active & (before > 0), rz / before, 0))
        p = z + turns[-1][:, None] * p
        ap = product(p) + ridge * p
        curvature = (p * ap).sum(1)
        if not ((curvature > 0) & (rz > 0))[active].all():
            reason = (
                "K + λI is not positive along a search direction: rounding or the kernel made it "
                f"indefinite; raise the ridge from {ridge:.1e}, or store the Gram matrix in float64"
            )
            break
        steps.append(torch.where(active, rz / curvature, 0))
        x += steps[-1][:, None] * p
        r -= steps[-1][:, None] * ap
        relative = torch.where(norms > 0, r.norm(dim=1) / norms, 0)
        residuals.append(relative.max().item())
        active = relative >= tolerance
    return Solution(
        coefficients=x.T if y.ndim == 2 else x[0],
        residuals=residuals,
        converged=not active.any(),
        reason=reason or _verdict(residuals, tolerance, bool(active.any())),
        condition=_condition(steps, turns),
    )


def _verdict(residuals: list[float], tolerance: float, failed: bool) -> str:
    if not failed:
        return "converged"
    return (
        f"the residual is {residuals[-1]:.1e} after {len(residuals)} steps, above {tolerance:.1e}; "
        "take a factor of higher rank, a larger ridge, or more steps"
    )


def _product(gram: Tensor | Map, right: Tensor, ridge: float) -> Map:
    """Rows v (c, n) → v K in the precision of K, answered in float64."""
    n = right.shape[1]
    if not isinstance(gram, Tensor):
        return lambda v: gram(v.T).double().T
    if gram.shape != (n, n) or not gram.is_floating_point() or not right.isfinite().all():
        raise ValueError(
            f"gram must be floating and ({n}, {n}), and y finite with {n} rows, got "
            f"{tuple(gram.shape)} of {gram.dtype}; try kernel(x, x)"
        )
    if gram.dtype in (torch.float32, torch.float64):
        return lambda v: (v.to(gram) @ gram).double()
    # Entries are rounded to within half a spacing, which is at most eps times the entry.
    spread = torch.linalg.vector_norm(gram, dtype=torch.float32).item() / n
    need = 4 * torch.finfo(gram.dtype).eps * spread / math.sqrt(12) * math.sqrt(n)
    if ridge <= need:
        raise ValueError(
            f"a Gram matrix in {gram.dtype} may be indefinite: with n = {n} it needs a ridge > "
            f"{need:.1e}, got {ridge:.1e}; store it in float32"
        )
    cuts = list(range(0, n, _ROWS))
    return lambda v: sum(
        ((v[:, i : i + _ROWS].float() @ gram[i : i + _ROWS].float()).double() for i in cuts),
        torch.zeros_like(v),
    )


def _preconditioner(factor: Tensor | None, right: Tensor, ridge: float) -> Map:
    """Rows v → v P⁻¹ in the eigenbasis U of FᵀF, U in the precision of F.

    Projected twice: one projection in float32 leaves a rounding of v in the span of U, over λ.
    """
    if factor is None or not len(factor):
        return lambda v: v / ridge
    if factor.ndim != 2 or factor.shape[1] != right.shape[1]:
        raise ValueError(
            f"factor must be (k, {right.shape[1]}), a column a point, got {tuple(factor.shape)}; "
            "try rpcholesky(x, …).factor"
        )
    q, upper = torch.linalg.qr(factor.T)
    values, vectors = torch.linalg.eigh(upper.double() @ upper.double().T)
    u = vectors.T.to(q) @ q.T
    weights = 1 / (values.clamp(min=0) + ridge)

    def apply(v: Tensor) -> Tensor:
        first = (v.to(u) @ u.T).double()
        rest = v - (first.to(u) @ u).double()
        second = (rest.to(u) @ u.T).double()
        rest -= (second.to(u) @ u).double()
        return (((first + second) * weights).to(u) @ u).double() + rest / ridge

    return apply


def _condition(steps: list[Tensor], turns: list[Tensor]) -> float:
    """Return the largest condition number of the columns' Lanczos matrices.

    T_jj = 1/α_j + β_j/α_{j−1},  T_{j,j+1} = √β_{j+1}/α_j  for steps α and turns β, β_0 = 0.
    """
    found = 1.0
    for alpha, beta in zip(torch.stack(steps, 1), torch.stack(turns[: len(steps)], 1), strict=True)\
            if steps else ():
        a = alpha[alpha > 0]
        b = beta[1 : len(a)]
        t = torch.diag(1 / a)
        t.diagonal()[1:] += b / a[:-1]
        side = b.sqrt() / a[:-1]
        values = torch.linalg.eigvalsh(t + torch.diag(side, 1) + torch.diag(side, -1))
        found = max(found, (values[-1] / values[0]).item()) if len(a) else found
    return found
