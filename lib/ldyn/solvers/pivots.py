"""Randomly pivoted Cholesky: a kernel matrix of low rank from a few of its columns."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_count

Kernel = Callable[[Tensor, Tensor], Tensor]
ROUNDINGS = 64  # a diagonal entry of so many roundings of the largest is none
WRONG = 0.1  # so far off, in its largest entry, a diagonal is another than was said


@dataclass(frozen=True, kw_only=True)
class Pivots:
    """K ≈ K̂ = FᵀF ≼ K, exact in the rows and columns `chosen`.

    Fields: `factor` F (k, n) in the dtype of the points; `chosen` (k,) indices in the order drawn;
    `left` tr(K − K̂), which bounds ‖K − K̂‖.
    Source: chen2025b, lem-residual.
    """

    factor: Tensor
    chosen: Tensor
    left: float


def rpcholesky(
    x: Tensor,
    *,
    kernel: Kernel,
    rank: int,
    generator: torch.Generator,
    block: int = 128,
    stop: float = 0.0,
) -> Pivots:
    """Return K ≈ FᵀF by Cholesky with pivots drawn from the diagonal left, in k columns of K.

    P(s_{q+1} = i) = d_i / Σ_l d_l, d = diag(K − FᵀF) after q pivots. With η = Σ_{i>r} λ_i / tr K,
    E tr(K − K̂) ≤ (1 + ε) Σ_{i>r} λ_i  once  k ≥ r/ε + r log₊(1/(εη)), for every r and ε > 0.

    A block of proposals is drawn from one d and thinned: i stays with probability (d_i now)/(d_i
    when drawn). So the pivots have the law of one at a time, while the work is matrix products.

    Arguments: `x` (n, d); `kernel` (n, d), (m, d) ↦ (n, m), k(x, x) = 1; `rank` ≥ k, also
    above n; ends early after the block that leaves a trace ≤ `stop` ≥ 0, or where only rounding is
    left.
    Raises: ValueError for bad points, rank, block or stop, or another diagonal.
    Source: chen2025b, epperly2024, prop-rpcholesky.
    """
    return pivoted(
        lambda i, j: kernel(x[i], x if j is None else x[j]),
        x.new_ones(len(x)), rank=rank, generator=generator, block=block, stop=stop,
    )  # fmt: skip


def pivoted(
    entries: Callable[[Tensor, Tensor | None], Tensor],
    diagonal: Tensor,
    *,
    rank: int,
    generator: torch.Generator,
    block: int = 128,
    stop: float = 0.0,
    tiny: float | None = None,
) -> Pivots:
    """Return `rpcholesky` of a matrix known by its `diagonal` (n,) and `entries`(i, j) = K[i, j],
    whole rows where j is None. What is left of the diagonal up to `tiny` times its largest entry
    counts as rounding. Other arguments and Raises: as `rpcholesky`."""
    n, dtype = len(diagonal), diagonal.dtype
    rank = min(require_count(rank, "rank"), n)
    require_count(block, "block")
    if stop < 0:
        raise ValueError(f"stop must be >= 0, got {stop}; try stop=0.0")
    factor, chosen, q = diagonal.new_empty(rank, n), [], 0
    rest = diagonal.double().clone()
    tiny = (tiny or ROUNDINGS * torch.finfo(dtype).eps) * rest.max().item()
    while q < rank and rest.sum() > stop and rest.max() > tiny:
        draws = torch.rand(2, block, generator=generator, dtype=torch.float64,
                           device=generator.device).to(rest.device)  # fmt: skip
        total = rest.cumsum(0)
        i = torch.searchsorted(total, draws[0] * total[-1], right=True).clamp(max=n - 1)
        own = entries(i, i)
        if (off := (own.diagonal() - diagonal[i]).abs().max()) > WRONG * diagonal.max():
            raise ValueError(f"kernel must have k(x, x) = 1, got {off:.2g} off; try k / k(x, x)")
        small = own - factor[:q, i].T @ factor[:q, i]
        rest[i] = small.diagonal().double().clamp(min=0)
        keep, lower = _thin(small.double().cpu(), draws[1].cpu(), tiny, rank - q)
        if keep:
            p = i[keep]
            columns = entries(p, None) - factor[:q, p].T @ factor[:q]
            new = torch.linalg.solve_triangular(lower.to(columns), columns, upper=False)
            factor[q : q + len(p)] = new
            rest = (rest - new.square().sum(0)).clamp_(min=0)
            rest[p] = 0  # a pivot is never drawn again
            chosen.append(p)
            q += len(p)
    indices = torch.cat(chosen) if chosen else torch.empty(0, dtype=torch.long, device=rest.device)
    return Pivots(factor=factor[:q], chosen=indices, left=rest.sum().item())


def _thin(rest: Tensor, coins: Tensor, tiny: float, most: int) -> tuple[list[int], Tensor]:
    """Return the proposals that stay, in order, and the Cholesky factor of their entries.

    Proposal j stays if its diagonal, after elimination of those kept before it, exceeds
    coins_j times what it was when drawn.
    """
    bars = (coins * rest.diagonal()).clamp(min=tiny).tolist()
    keep: list[int] = []
    columns = []
    for j, bar in enumerate(bars):
        if len(keep) < most and rest[j, j] > bar:
            columns.append(rest[:, j] / rest[j, j].sqrt())
            rest = rest - torch.outer(columns[-1], columns[-1])
            keep.append(j)
    return keep, torch.stack(columns, 1)[keep].tril() if keep else rest[:0, :0]
