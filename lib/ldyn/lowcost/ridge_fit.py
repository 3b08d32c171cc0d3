"""The solution of the normal equations, and its penalty by generalised cross-validation."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_positive
from ldyn.lowcost.monoid import NormalEquations


@dataclass(frozen=True, kw_only=True)
class RidgeFit:
    """What a fit chose, and by which numbers.

    Fields: `coefficients` (M, c), `intercept` (c,); `penalty` λ; `effective` = tr H, intercept
    included; `penalties` (r,) tried and their `gcv` (r,); `rows` n; `at_floor`, whether the
    smallest penalty that rounding allows was chosen.
    """

    coefficients: Tensor
    intercept: Tensor
    penalty: float
    effective: float
    penalties: Tensor
    gcv: Tensor
    rows: int
    at_floor: bool


def ridge_fit(totals: NormalEquations, *, penalty: float | str = "gcv") -> RidgeFit:
    """Return the ridge regression of `totals` at `penalty` λ, or at the λ of least GCV.

    min Σ_i w_i ‖y_i − a − Bᵀφ_i‖² + λ‖B‖². Centred, S = Σ w (φ − φ̄)(φ − φ̄)ᵀ = UΛUᵀ,
    b = Uᵀ Σ w (φ − φ̄)(y − ȳ)ᵀ and q = Σ w ‖y − ȳ‖² are functions of the totals, and so are
    B = U (Λ + λ)⁻¹ b,  RSS = q − Σ_j ‖b_j‖² (Λ_j + 2λ) / (Λ_j + λ)²,
    tr H = 1 + Σ_j Λ_j / (Λ_j + λ)  and  GCV(λ) = RSS / Σw / (1 − tr H / n)².
    Leave-one-out would need every row once more, or a sample of rows that stays after they were
    to be forgotten; GCV needs the totals alone, so it merges and forgets with them.
    It is leave-one-out with all leverages equal: penalties with tr H > n/2 are not chosen, and
    where noise grows with leverage, compare a few by `FeatureRidge.leave_one_out`.
    λ ≥ (u + M u') tr Σ w φφᵀ with the roundoffs u of the blocks and u' of the solution: as much of
    S is noise.

    Raises: ValueError for fewer than two rows, or a penalty that is below that floor.
    Source: golub1979, prop-gcv.
    """
    if totals.rows < 2:
        raise ValueError(
            f"ridge regression needs at least 2 rows, got {totals.rows} sample(s); add more"
        )
    gram, m = totals.gram, totals.features
    total, mean = gram[-1, -1], gram[-1, :-1] / gram[-1, -1]
    centred = torch.addmm(gram[:-1, :-1], mean[:, None], mean[None], alpha=-total.item())
    values, vectors = torch.linalg.eigh(centred[:m, :m])
    values, slopes = values.clamp(min=0)[:, None], vectors.T @ centred[:m, m:]
    unit = totals.rounding + m * torch.finfo(gram.dtype).eps / 2
    floor = unit * max(gram.diagonal()[:m].sum().item(), torch.finfo().tiny)
    penalties = _penalties(penalty, floor, values.max().item()).to(gram)
    shrunk = 1 / (values + penalties)  # (M, r)
    effective = 1 + (values * shrunk).sum(0)
    spread = centred.diagonal()[m:].sum()
    # A difference of large numbers: what is below the rounding of q is not known.
    explained = slopes.square().sum(1) @ (shrunk * (1 + penalties * shrunk))
    gap = (spread - explained).clamp(min=unit * spread.item())
    left = (1 - effective / totals.rows).clamp(min=torch.finfo(gram.dtype).eps)
    gcv = gap / total / left.square()
    trusted = (effective <= totals.rows / 2).index_fill(0, effective.argmin(), True)
    best = int(gcv.where(trusted, torch.inf).argmin())
    coefficients = vectors @ (shrunk[:, best, None] * slopes)
    return RidgeFit(
        coefficients=coefficients,
        intercept=mean[m:] - mean[:m] @ coefficients,
        penalty=penalties[best].item(),
        effective=effective[best].item(),
        penalties=penalties,
        gcv=gcv,
        rows=totals.rows,
        at_floor=len(penalties) > 1 and best == 0,
    )


def _penalties(penalty: float | str, floor: float, top: float) -> Tensor:
    """The one penalty that was asked for, or four a decade from the floor past the spectrum."""
    if penalty == "gcv":
        decades = torch.tensor(max(10 * top / floor, 10.0)).log10().item()
        return floor * 10 ** (torch.arange(int(4 * decades) + 2, dtype=torch.float64) / 4)
    if isinstance(penalty, str) or require_positive(penalty, "penalty") < floor:
        raise ValueError(
            f'penalty must be "gcv" or a number above the rounding of the blocks, {floor:.1e}, '
            f"got {penalty!r}; try float64 data for a smaller one"
        )
    return torch.tensor([float(penalty)], dtype=torch.float64)
