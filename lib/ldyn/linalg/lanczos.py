"""Lanczos: a large symmetric matrix seen from one vector, as a small tridiagonal one."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive
from ldyn.linalg.operators import LinearOperator

# A remainder below this share of the matrix's size is none, or below some roundings of it: in
# single precision a thousand roundings are larger than eigenvalues that matter.
BREAKDOWN, ROUNDINGS = 1e3 * torch.finfo(torch.float64).eps, 16


@dataclass(frozen=True, kw_only=True)
class Krylov:
    """A Q = Q T + β_m q_{m+1} e_mᵀ: orthonormal `basis` Q (p, m), T from the recurrence.

    Fields: `diagonal` α (m,), `offdiagonal` β_1 … β_{m−1} (m − 1,), `remainder` β_m, exactly 0 when
    the space is invariant under A.
    """

    basis: Tensor
    diagonal: Tensor
    offdiagonal: Tensor
    remainder: float

    def ritz(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return the eigenvalues θ_i of T, rising, its eigenvectors s_i as columns, and β_m|s_mi|.

        ‖A Q s_i − θ_i Q s_i‖ = β_m|s_mi|, and an eigenvalue of A lies within it of θ_i.
        Source: prop-lanczos.
        """
        beta = self.offdiagonal
        t = torch.diag(self.diagonal) + torch.diag(beta, 1) + torch.diag(beta, -1)
        values, vectors = torch.linalg.eigh(t)
        return values, vectors, self.remainder * vectors[-1].abs()


def lanczos(operator: LinearOperator, start: Tensor, steps: int) -> Krylov:
    """Return the Krylov space of `start` after at most `steps` products with the operator.

    β_j q_{j+1} = A q_j − α_j q_j − β_{j−1} q_{j−1}, with every earlier q_i projected out twice, so
    that the basis stays orthonormal to rounding. Ends early when the space is invariant.

    Arguments: `start` (p,) of the operator's dtype.
    Raises: ValueError for steps < 1, a start that is zero, not finite or of another size, or a
    product that is not finite.
    Source: lanczos1950, prop-lanczos.
    """
    require_count(steps, "steps")
    norm = start.norm()
    if start.shape != (operator.size,) or not 0 < norm < float("inf"):
        raise ValueError(
            f"start must be a finite vector ({operator.size},) that is not zero, got shape "
            f"{tuple(start.shape)} with norm {norm:.3g}; try torch.randn({operator.size})"
        )
    basis = start.new_empty(min(steps, operator.size), operator.size)
    alpha, beta = [], []
    q, size = start / norm, 0.0
    for j in range(len(basis)):
        basis[j] = q
        q = operator.matvec(q)
        alpha.append((basis[j] @ q).item())
        for _ in range(2):
            q = q - basis[: j + 1].T @ (basis[: j + 1] @ q)
        left = q.norm().item()
        size = max(size, abs(alpha[-1]), left)
        if left <= max(BREAKDOWN, ROUNDINGS * torch.finfo(q.dtype).eps) * size:
            left = 0.0
        beta.append(left)
        if not left:
            break
        q = q / left
    return Krylov(
        basis=basis[: len(alpha)].T,
        diagonal=start.new_tensor(alpha),
        offdiagonal=start.new_tensor(beta[:-1]),
        remainder=beta[-1],
    )


@dataclass(frozen=True, kw_only=True)
class Eigenpairs:
    """Approximate eigenpairs, `values` (k,) rising and unit `vectors` (p, k).

    Fields: `residuals` ‖A v − θ v‖ (k,), measured with one product each; `converged` (k,) where
    they are within the tolerance asked for; `steps` of Lanczos.
    """

    values: Tensor
    vectors: Tensor
    residuals: Tensor
    converged: Tensor
    steps: int


def extreme_eigenpairs(
    operator: LinearOperator,
    start: Tensor,
    *,
    lowest: int = 1,
    highest: int = 1,
    steps: int = 100,
    tolerance: float = 1e-6,
) -> Eigenpairs:
    """Return the `lowest` and the `highest` eigenpairs in the Krylov space of `start`.

    `converged` says residual ≤ tolerance · max |θ|: then an eigenvalue is that close. Not that none
    is beyond: what is orthogonal to `start` is not seen, nor more than one vector of an eigenspace;
    fewer pairs come back where the space ends before there are so many.

    Arguments: `start` (p,) of the operator's dtype; `tolerance` as above, for float32 1e-4.
    Raises: ValueError for numbers < 0, none asked for, more pairs than steps, or a bad start.
    Source: prop-lanczos.
    """
    require_count(lowest, "lowest", at_least=0)
    require_count(highest, "highest", at_least=0)
    require_positive(tolerance, "tolerance")
    if not 0 < lowest + highest <= require_count(steps, "steps"):
        raise ValueError(
            f"lowest + highest must be from 1 to steps, got {lowest} + {highest} and {steps}; "
            "take more steps than pairs; try 20 for each"
        )
    space = lanczos(operator, start, steps)
    theta, s, _ = space.ritz()
    m = len(theta)
    kept = [i for i in range(m) if i < lowest or i >= m - highest]
    values, vectors = theta[kept], space.basis @ s[:, kept]
    vectors = vectors / vectors.norm(dim=0)
    residuals = (operator.matvec(vectors) - vectors * values).norm(dim=0)
    close = residuals <= tolerance * theta.abs().max()
    return Eigenpairs(values=values, vectors=vectors, residuals=residuals, converged=close, steps=m)
