"""Pivots taken greedily, and how little of a trace is left by pivots drawn at random."""

import math

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive
from ldyn.lowcost.discrepancy import ROUNDINGS, spectrum


def expected_traces(eigenvalues: Tensor, *, count: int) -> Tensor:
    """Return tr Φ^q(K) for q = 0, …, count, (count + 1,): what q randomly pivoted columns leave
    of tr K in expectation is no more.

    Φ(A) = A − A² / tr A, the mean of what one column leaves: σ_i ↦ σ_i − σ_i² / Σ_l σ_l.

    Arguments: `eigenvalues` σ (n,) ≥ 0 of K, but for rounding, which is taken for 0.
    Raises: ValueError for eigenvalues that are negative, or count < 1.
    Source: chen2025b, prop-rpcholesky.
    """
    values = spectrum(eigenvalues)
    traces = [values.sum()]
    for _ in range(require_count(count, "count")):
        # Of a trace of zero nothing is left to take.
        values = values - values.square() / traces[-1].clamp(min=torch.finfo(values.dtype).tiny)
        traces.append(values.sum())
    return torch.stack(traces)


def columns_enough(eigenvalues: Tensor, *, rank: int, slack: float) -> int:
    """Return the least whole k ≥ r/ε + r log₊(1/(εη)), η = Σ_{i>r} σ_i / tr K: so many randomly
    pivoted columns leave at most (1 + ε) times what the best rank r leaves, in expectation.

    Arguments: `eigenvalues` σ (n,) ≥ 0 of K, but for rounding; `rank` 1 ≤ r < n; `slack` ε > 0.
    Raises: ValueError for bad arguments, or where nothing is left by the best rank r.
    Source: chen2025b, prop-rpcholesky.
    """
    values = spectrum(eigenvalues).sort(descending=True).values
    r, eps = require_count(rank, "rank"), slack
    require_positive(eps, "slack")
    share = (values[r:].sum() / values.sum()).item()
    if not share > 0:
        raise ValueError(f"the best rank {r} leaves nothing of the trace; try a smaller rank")
    return math.ceil(r / eps + r * max(0.0, -math.log(eps * share)))


def greedy_pivots(gram: Tensor, *, count: int) -> Tensor:
    """Return the pivots s of Cholesky's method that takes the largest diagonal entry left, (k,).

    s_{q+1} = argmax_i d_i, d = diag(K − K̂) after q pivots. Fewer than `count` where d is rounding.

    Arguments: `gram` K (n, n), symmetric and positive semi-definite.
    Raises: ValueError unless the matrix is square and finite, and count ≥ 1.
    Source: chen2025b, prop-rpcholesky.
    """
    spectrum(gram.diagonal())
    count = min(require_count(count, "count"), len(gram))
    rest, factor = gram.diagonal().clone(), gram.new_zeros(count, len(gram))
    chosen: list[int] = []
    tiny = ROUNDINGS * torch.finfo(gram.dtype).eps * rest.max()
    while len(chosen) < count and rest.max() > tiny:
        q, pivot = len(chosen), int(rest.argmax())
        factor[q] = (gram[pivot] - factor[:q, pivot] @ factor[:q]) / rest[pivot].sqrt()
        rest = (rest - factor[q].square()).clamp(min=0)
        chosen.append(pivot)
        rest[chosen] = 0  # whatever rounding leaves there
    return torch.tensor(chosen, dtype=torch.long, device=gram.device)
