"""Gradient descent on random batches of a kernel matrix, with every constant computed."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive
from ldyn.lowcost.discrepancy import ROUNDINGS, spectrum


@dataclass(frozen=True, kw_only=True)
class BatchRule:
    """What decides steps and batches: β = max_i ⟨k_i, P k_i⟩ and the top eigenvalue μ of P C.

    C = n⁻¹ Σ_i k_i ⊗ k_i has the eigenvalues of K/n, and P scales its q top directions down to
    the next one. Fields: `heaviest` β; `top` μ; `vectors` (n, q) of K; `weights` 1 − σ_{q+1}/σ_i.
    Raises: ValueError unless β and μ are > 0, as where K has no q + 1 directions.
    """

    heaviest: float
    top: float
    vectors: Tensor
    weights: Tensor

    def __post_init__(self) -> None:
        require_positive(self.heaviest, "heaviest")
        require_positive(self.top, "top")

    @property
    def critical(self) -> float:
        """The batch m* = β/μ up to which work is saved, and beyond which it is not."""
        return self.heaviest / self.top

    def step(self, batch: int) -> float:
        """Return the best step m/(β + (m − 1)μ) for batches of m; from twice that on steps grow.

        Raises: ValueError unless batch ≥ 1.
        Source: ma2018, prop-batch-step.
        """
        m = require_count(batch, "batch")
        return m / (self.heaviest + (m - 1) * self.top)


def batch_rule(gram: Tensor, *, damped: int = 0) -> BatchRule:
    """Return the rule of a Gram matrix with its `damped` top directions damped.

    Arguments: `gram` K (n, n), symmetric and positive semi-definite; 0 ≤ `damped` < its rank.
    Raises: ValueError for a matrix with negative eigenvalues, or too many directions.
    Source: ma2017, ma2018, prop-batch-step.
    """
    n = len(gram)
    if not 0 <= damped < n:
        raise ValueError(f"expected 0 <= damped < {n}, got {damped}; try 0 or {n // 10}")
    values, vectors = (part.flip(-1) for part in torch.linalg.eigh(gram))
    if spectrum(values)[damped] <= ROUNDINGS * torch.finfo(gram.dtype).eps * values[0]:
        raise ValueError(f"damped must be below the rank of gram, got {damped}; try damped=0")
    v, weights = vectors[:, :damped], 1 - values[damped] / values[:damped]
    # φ_i(x_j)² = σ_i v_ij², with ‖φ_i‖ = 1 in the space of the kernel.
    heavy = gram.diagonal() - v.square() @ (values[:damped] * weights)
    top = values[damped].item() / n
    return BatchRule(heaviest=heavy.max().item(), top=top, vectors=v, weights=weights)


def batch_descent(
    gram: Tensor, y: Tensor, rule: BatchRule, *, batch: int, step: float, steps: int,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return c (n,) of f = Σ_j c_j k_j after `steps` f ← f − (γ/m) P Σ_{i∈B} (f(x_i) − y_i) k_i,
    and the mean of (y − f)² before each, (steps,); B are m rows drawn with replacement.

    Arguments: `gram` K (n, n), symmetric, `y` (n,), `rule` of this matrix.
    Raises: ValueError for less than one row or step, γ that is not > 0, or another matrix's rule.
    Source: prop-batch-step.
    """
    require_positive(step, "step")
    if len(rule.vectors) != len(y):
        raise ValueError(
            f"rule must be of gram, got {len(rule.vectors)} rows; try batch_rule(gram)"
        )
    size = (require_count(steps, "steps"), require_count(batch, "batch"))
    rows = torch.randint(len(y), size, generator=generator, device=generator.device).to(y.device)
    c, rest, errors = torch.zeros_like(y), y.clone(), []
    vectors, weights = rule.vectors.to(gram), rule.weights.to(gram)
    image = gram @ vectors
    for b in rows:
        errors.append(rest.square().mean())
        pull = step / len(b) * rest[b]
        damp = weights * (vectors[b].T @ pull)
        c.index_add_(0, b, pull).sub_(vectors @ damp)
        rest -= gram[b].T @ pull - image @ damp
    return c, torch.stack(errors)
