"""How often a minimum appears in a wider network, and what its surplus units do there."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive


def surjections(teacher: int, width: int) -> int:
    """Return Sur(r, m) = Σ_i (−1)^(r−i) C(r, i) i^m, the maps of m units onto r.

    A stationary point with r different units lies on that many affine subspaces of stationary
    points of a network with m units.
    Raises: ValueError for a negative teacher or width.
    Source: simsek2021, prop-counts.
    """
    require_count(teacher, "teacher", at_least=0)
    require_count(width, "width", at_least=0)
    return math.factorial(teacher) * _partitions(width)[teacher] if teacher <= width else 0


def expansion_count(teacher: int, width: int, *, odd: bool = False) -> int:
    """Return T(r, m) = Σ_k S(m, k) k!/(k − r)!, the affine subspaces on which m units make r.

    S(m, k) counts the partitions of m units into k groups; r of the groups are copies of the
    teacher's units, and the others sum to zero. With `odd`, for σ(−u) = −σ(u), a group may hold
    units of either sign and a unit with w = 0 is dead:
    Σ_d C(m, d) Σ_k S(m − d, k) 2^(m−d−k+r) k!/(k − r)!.
    Raises: ValueError for a negative teacher or width.
    Source: simsek2021, prop-counts.
    """
    require_count(teacher, "teacher", at_least=0)
    require_count(width, "width", at_least=0)
    if odd:
        choices = (
            math.comb(width, alive) * _labelled(teacher, alive, signs=2)
            for alive in range(teacher, width + 1)
        )
        return sum(choices)
    return _labelled(teacher, width, signs=1)


def _labelled(teacher: int, width: int, signs: int) -> int:
    counts = _partitions(width)
    return sum(
        counts[k] * math.perm(k, teacher) * signs ** (width - k + teacher)
        for k in range(teacher, width + 1)
    )


def _partitions(width: int) -> list[int]:
    """S(m, k) for k = 0 … m, by S(m, k) = k S(m−1, k) + S(m−1, k−1)."""
    row = [1]
    for _ in range(width):
        row = [
            k * stay + new for k, (stay, new) in enumerate(zip([*row, 0], [0, *row], strict=True))
        ]
    return row


@dataclass(frozen=True, kw_only=True)
class UnitGroups:
    """The units of one network by what they do together.

    Fields: `member` (H,) the group of each unit; `total` (g, M) the groups' Σ ±v_j; `kinds` (g,)
    one of "single", "copies" (several units that make one), "silent" (one unit with v = 0),
    "zero sum" (several that cancel), "dead" (w = 0, for odd σ) and "constant" (units of which only
    the bias is left; they make Σ v_j σ(b_j), which `total` is not).
    """

    member: Tensor
    total: Tensor
    kinds: tuple[str, ...]


def classify_units(
    v: Tensor, w: Tensor, *, tolerance: float = 1e-3, odd: bool = False, bias: bool = False
) -> UnitGroups:
    """Return the groups of units with one input vector, and whether they add up to something.

    Units i and j are together if |w_i − w_j| ≤ ε (or |w_i + w_j| ≤ ε when σ is odd, and v_j then
    enters with its sign); a group is silent, or of zero sum, if its |Σ ±v_j| ≤ ε. With `bias` units
    whose other weights are within ε of zero are constants, all in one group.

    Arguments: `v` (H, M), `w` (H, D) of one network; `tolerance` ε; `odd` whether σ(−u) = −σ(u);
    `bias` whether the last entry of each w is a bias.
    Raises: ValueError for a tolerance that is not positive.
    Source: simsek2021, def-irreducible, lem-biases.
    """
    require_positive(tolerance, "tolerance")
    sign = torch.ones_like(v[:, 0])
    member = torch.full((len(w),), -1, dtype=torch.long, device=w.device)
    constant = (w[:, :-1].norm(dim=1) <= tolerance) & bias
    constant &= ~(odd & (w.norm(dim=1) <= tolerance))
    leaders: list[int] = []
    for j in range(len(w)):
        for group, leader in enumerate(leaders):
            signs = (1.0, -1.0) if odd else (1.0,)
            near = [s for s in signs if (w[j] - s * w[leader]).norm() <= tolerance]
            near = near or [1.0] * bool(constant[j] & constant[leader])
            if near:
                member[j], sign[j] = group, near[0]
                break
        else:
            member[j] = len(leaders)
            leaders.append(j)
    total = v.new_zeros(len(leaders), v.shape[1]).index_add_(0, member, sign[:, None] * v)
    kinds = tuple(
        "constant"
        if constant[leader]
        else _kind(total[g], w[leader], int((member == g).sum()), tolerance, odd)
        for g, leader in enumerate(leaders)
    )
    return UnitGroups(member=member, total=total, kinds=kinds)


def _kind(total: Tensor, w: Tensor, size: int, tolerance: float, odd: bool) -> str:
    if odd and w.norm() <= tolerance:
        return "dead"
    if total.norm() <= tolerance:
        return "silent" if size == 1 else "zero sum"
    return "single" if size == 1 else "copies"
