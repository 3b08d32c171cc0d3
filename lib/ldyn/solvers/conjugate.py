"""Conjugate gradients for kernel ridge regression, preconditioned by a matrix of low rank."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive

Map = Callable[[Tensor], Tensor]
State = dict[str, Tensor]
_ROWS = 128  # rows of a matrix widened at a time
_REASONS = {
    "converged": "converged",
    "indefinite": "K + λI is not positive along a search direction: rounding or the kernel made it "
    "indefinite; raise the ridge from {ridge:.1e}, or store the Gram matrix in float64",
    "spent": "the residual is {end:.1e} after {most} steps, above {tolerance:.1e}; take a factor "
    "of higher rank, a larger ridge, or more steps",
    "rounding": "rounding keeps the residual at {end:.1e}, above {tolerance:.1e}; raise the ridge "
    "from {ridge:.1e} or the tolerance, or store the Gram matrix in float64",
}


@dataclass(frozen=True, kw_only=True)
class Solution:
    """What conjugate gradients found, and whether it can be used.

    Fields: `coefficients` (n,) or (n, c), float64; `residuals` ‖y − (K + λI)c‖/‖y‖ after each step,
    the largest of the columns, by recurrence, the last one measured; `converged`; `reason`, with a
    remedy if it has not; `condition` of the preconditioned matrix, estimated from below.
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
    start: State | None = None,
    keep: Callable[[State, int], None] = lambda state, steps: None,
) -> Solution:
    """Return c ≈ (K + λI)⁻¹ y by conjugate gradients with the preconditioner P = FᵀF + λI.

    If FᵀF ≼ K, κ(P⁻½(K + λI)P⁻½) ≤ 1 + ‖K − FᵀF‖/λ, and in the norm ‖e‖² = eᵀ(K + λI)e
    ‖e_t‖ ≤ 2 ((√κ − 1)/(√κ + 1))ᵗ ‖e_0‖. `condition` is that of the Lanczos matrix the steps imply.

    Vectors are float64 whatever the matrix is: in float32, r − UᵀUr keeps a rounding of r in the
    top directions, which 1/λ then blows up. Products with a float32 matrix round; so the residual
    is measured in float64 once it seems small, and the steps begin anew from it if it is not.

    Arguments: `gram` K (n, n), symmetric, also of half precision, or v to Kv (n, c) ↦ (n, c); `y`
    (n,) or (n, c); `factor` F of k rows, maybe none, and n columns, as of `rpcholesky`; each may
    have a precision of its own; every column has its own steps, and ends at `tolerance`;
    `keep` receives after each step what `start` goes on from, to the same bits, and the steps.
    Raises: ValueError for a ridge or tolerance that is not > 0, shapes that do not match, or a Gram
    matrix in half precision unless λ > 4σ√n, σ its rounding: the noise, of norm ≈ 2σ√n, could make
    K + λI indefinite.
    Source: hestenes1952, prop-cg, prop-pcg.
    """
    require_positive(ridge, "ridge")
    require_positive(tolerance, "tolerance")
    require_count(most, "most")
    right = y.double().T if y.ndim == 2 else y.double()[None]  # rows: the products are skinny
    products = _products(gram, right, ridge)
    norms = right.norm(dim=1, keepdim=True)
    unit = right / torch.where(norms > 0, norms, 1)
    x, steps, turns, residuals, why = _descend(
        products, _preconditioner(factor, right, ridge), unit, tolerance, most, start, keep
    )
    end = residuals[-1] if residuals else 0.0
    return Solution(
        coefficients=(x * norms).T if y.ndim == 2 else (x * norms)[0],
        residuals=residuals,
        converged=why == "converged",
        reason=_REASONS[why].format(end=end, ridge=ridge, tolerance=tolerance, most=most),
        condition=_condition(steps, turns),
    )


def _descend(
    products: tuple[Map, Map],
    precondition: Map,
    b: Tensor,
    tolerance: float,
    most: int,
    start: State | None,
    keep: Callable[[State, int], None],
) -> tuple[Tensor, list[Tensor], list[Tensor], list[float], str]:
    """Return x with rows x A ≈ b, unit or zero, the steps α, the turns β, residuals and why."""
    product, exact = products
    x, r, p, rz, last = (part.to(b) for part in (start or _begin(b)).values())
    steps: list[Tensor] = []
    turns: list[Tensor] = []
    residuals: list[float] = []
    why, active = "converged", (b.norm(dim=1) > 0) & ~(r.norm(dim=1) < tolerance)
    while active.any() and why == "converged":
        z = precondition(r)
        rz, before = (r * z).sum(1), rz
        turns.append(torch.where(before > 0, rz / before, 0))
        p = z + turns[-1][:, None] * p
        ap = product(p)
        curvature = (p * ap).sum(1)
        if not (curvature > 0)[active].all():
            return x, steps, turns, residuals, "indefinite"
        steps.append(torch.where(active, rz / curvature, 0))
        x = x + steps[-1][:, None] * p
        r = r - steps[-1][:, None] * ap
        spent = len(steps) == most
        if spent or (r.norm(dim=1) < tolerance).all():
            # The recurrence drifts from the truth: measure it, and begin anew if it is too large.
            r, rz = b - exact(x), 0 * rz
            now = r.norm(dim=1).max().item()
            if now >= tolerance and (spent or now > last / 2):
                why = "spent" if spent else "rounding"
            last = b.new_tensor(now)
        active = ~(r.norm(dim=1) < tolerance)
        residuals.append(r.norm(dim=1).max().item())
        keep({"x": x, "r": r, "p": p, "rz": rz, "last": last}, len(steps))
    return x, steps, turns, residuals, why


def _begin(b: Tensor) -> State:
    zero = torch.zeros_like(b)
    return {"x": zero, "r": b, "p": zero, "rz": zero[:, 0], "last": b.new_tensor(math.inf)}


def _products(gram: Tensor | Map, right: Tensor, ridge: float) -> tuple[Map, Map]:
    """Rows v (c, n) → v (K + λI) in float64: fast, in the precision of K, and exactly."""
    n = right.shape[1]
    if not isinstance(gram, Tensor):
        apply = lambda v: gram(v.T).double().T + ridge * v  # noqa: E731
        return apply, apply
    single, wide = torch.float32, torch.float64
    if gram.dtype in (single, wide):
        fast = lambda v: (v.to(gram) @ gram).double() + ridge * v  # noqa: E731
        return fast, fast if gram.dtype == wide else _widened(gram, wide, ridge)
    # Entries are rounded to within half a spacing, which is at most eps times the entry.
    spread = torch.linalg.vector_norm(gram, dtype=single).item() / n
    need = 4 * torch.finfo(gram.dtype).eps * spread / math.sqrt(12) * math.sqrt(n)
    if ridge <= need:
        raise ValueError(
            f"gram, a matrix in {gram.dtype}, may be indefinite: with n = {n} it needs a ridge > "
            f"{need:.1e}, got {ridge:.1e}; store it in float32"
        )
    return _widened(gram, single, ridge), _widened(gram, wide, ridge)


def _widened(gram: Tensor, dtype: torch.dtype, ridge: float) -> Map:
    """Rows v → v (K + λI), computed in `dtype`, so many rows of K at a time."""

    def apply(v: Tensor) -> Tensor:
        total, wide = ridge * v, gram.new_empty(_ROWS, len(gram), dtype=dtype)
        for i in range(0, len(gram), _ROWS):
            rows = slice(i, i + _ROWS)  # into the same memory: fresh memory costs more than this
            block = wide[: len(gram) - i].copy_(gram[rows])
            total += (v[:, rows].to(dtype) @ block).double()
        return total

    return apply


def _preconditioner(factor: Tensor | None, right: Tensor, ridge: float) -> Map:
    """Rows v → v P⁻¹ in the eigenbasis U of FᵀF, U in the precision of F.

    Projected twice: one projection in float32 leaves a rounding of v in the span of U, over λ.
    """
    if factor is None or not factor.numel():
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
        back = (first + second) * weights - second / ridge
        return (back.to(u) @ u).double() + rest / ridge

    return apply


def _condition(steps: list[Tensor], turns: list[Tensor]) -> float:
    """Return the largest condition number of the columns' Lanczos matrices.

    T_jj = 1/α_j + β_j/α_{j−1},  T_{j,j−1} = √β_j/α_{j−1}  for steps α and turns β, β_0 = 0.
    """
    found = 1.0
    if not steps:
        return found
    columns = (torch.stack(c, 1).cpu() for c in (steps, turns[: len(steps)]))
    for alpha, beta in zip(*columns, strict=True):
        taken = alpha > 0
        if taken.any():
            alpha, beta = alpha[taken], beta[taken]
            t = torch.diag(1 / alpha)
            t.diagonal()[1:] += beta[1:] / alpha[:-1]
            side = torch.diag(beta[1:].sqrt() / alpha[:-1], -1)
            values = torch.linalg.eigvalsh(t + side + side.T)
            found = max(found, (values[-1] / values[0]).item())
    return found
