"""The solution of the normal equations, and its penalty by leave-one-out of rows that were kept."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_positive
from ldyn.lowcost.monoid import NormalEquations


@dataclass(frozen=True, kw_only=True)
class RidgeFit:
    """What a fit chose, and by which numbers.

    Fields: `coefficients` (M, c), `intercept` (c,); `penalty` λ; `effective` = tr H, intercept
    included; `penalties` (r,) tried, their `gcv` (r,) and `loo` (r,); `rows` n; `at_floor`, whether
    the smallest penalty that rounding allows was chosen.
    """

    coefficients: Tensor
    intercept: Tensor
    penalty: float
    effective: float
    penalties: Tensor
    gcv: Tensor
    loo: Tensor
    rows: int
    at_floor: bool


def ridge_fit(totals: NormalEquations, *, penalty: float | str = "loo") -> RidgeFit:
    """Return the ridge regression of `totals` at `penalty` λ, or at that of least "loo" or "gcv".

    min Σ_i w_i ‖y_i − a − Bᵀφ_i‖² + λ‖B‖². Centred, S = Σ w (φ − φ̄)(φ − φ̄)ᵀ = UΛUᵀ,
    b = Uᵀ Σ w (φ − φ̄)(y − ȳ)ᵀ and q = Σ w ‖y − ȳ‖² are functions of the totals, and so are
    B = U (Λ + λ)⁻¹ b,  RSS = q − Σ_j ‖b_j‖² (Λ_j + 2λ) / (Λ_j + λ)²,
    tr H = 1 + Σ_j Λ_j / (Λ_j + λ)  and  GCV(λ) = RSS / Σw / (1 − tr H / n)².
    GCV is leave-one-out with all leverages equal: penalties with tr H > n/2 are not chosen.
    LOO(λ) = GCV(λ) + n/Σw · mean of w_i ‖e_i‖² ((1 − h_i)⁻² − (1 − tr H / n)⁻²) over the kept rows
    corrects it, e_i and h_i being residual and leverage in the fit to all rows.
    λ ≥ (u + M u') tr Σ w φφᵀ, roundoffs u of blocks and u' of solving: as much of S is noise.

    Raises: ValueError for fewer than two rows, or a penalty that is below that floor.
    Source: golub1979, prop-gcv, prop-loo-totals, prop-kept-rows.
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
    loo = _leave_one_out(totals, gcv, left, mean, vectors, slopes, shrunk)
    trusted = (effective <= totals.rows / 2).index_fill(0, effective.argmin(), True)
    best = int((gcv if penalty == "gcv" else loo).where(trusted, torch.inf).argmin())
    coefficients = vectors @ (shrunk[:, best, None] * slopes)
    return RidgeFit(
        coefficients=coefficients,
        intercept=mean[m:] - mean[:m] @ coefficients,
        penalty=penalties[best].item(),
        effective=effective[best].item(),
        penalties=penalties,
        gcv=gcv,
        loo=loo,
        rows=totals.rows,
        at_floor=len(penalties) > 1 and best == 0,
    )


def _leave_one_out(totals: NormalEquations, gcv: Tensor, left: Tensor, *basis: Tensor) -> Tensor:
    """Return GCV (r,) as the kept rows' own leverages correct it."""
    mean, vectors, slopes, shrunk = basis
    m, total, kept = totals.features, totals.gram[-1, -1], totals.kept.settle().rows
    if not kept or (seen := kept[0][:, -1].sum().item()) <= 0:
        return gcv
    rows = kept[0].to(mean)
    z, y = (rows[:, :m] - mean[:m]) @ vectors, rows[:, m:-2] - mean[m:]
    w, share = rows[:, -2, None], rows[:, -1, None] * (totals.rows / seen / total)
    gap = [(y - z @ (s[:, None] * slopes)).square().sum(1) for s in shrunk.T]
    error = share * w * torch.stack(gap, 1)
    own = (1 - w * (1 / total + z.square() @ shrunk)).clamp(min=torch.finfo(z.dtype).eps)
    loo = (error / own.square()).sum(0)
    return loo if seen == totals.rows else loo + gcv - error.sum(0) / left.square()


def _penalties(penalty: float | str, floor: float, top: float) -> Tensor:
    """The one penalty that was asked for, or four a decade from the floor past the spectrum."""
    if penalty in ("loo", "gcv"):
        decades = torch.tensor(max(10 * top / floor, 10.0)).log10().item()
        return floor * 10 ** (torch.arange(int(4 * decades) + 2, dtype=torch.float64) / 4)
    if isinstance(penalty, str) or require_positive(penalty, "penalty") < floor:
        raise ValueError(
            f'penalty must be "loo", "gcv" or a number above the rounding of the blocks, '
            f"{floor:.1e}, got {penalty!r}; try float64 data for a smaller one"
        )
    return torch.tensor([float(penalty)], dtype=torch.float64)
