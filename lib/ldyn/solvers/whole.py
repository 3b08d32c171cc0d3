"""The full kernel ridge system: one Cholesky, or conjugate gradients on a stored Gram matrix."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from ldyn.kernels import Stationary
from ldyn.solvers.conjugate import pcg
from ldyn.solvers.gram import fill_gram, symmetric_gram
from ldyn.solvers.pivots import rpcholesky
from ldyn.solvers.record import Checkpoint

RANK = 1000  # of the preconditioner
MOST = 400  # steps of conjugate gradients


def solve_whole(
    z: Tensor,
    y: Tensor,
    weights: Tensor,
    *,
    kernel: Stationary,
    ridge: float,
    tolerance: float,
    generator: torch.Generator,
    checkpoint: Checkpoint,
    report: Callable[[int, int], None],
) -> tuple[Tensor, dict[str, float]]:
    """Return c (n, c) with (K + λ/w)c = y to `tolerance`, and iterations, residual and condition.

    With V = √w: (V K V + λ) c̃ = V y, c = V c̃. The Gram matrix is stored in the precision of z,
    vectors are float64.

    Raises: ValueError where the tolerance is not reached, with the reason and what to try.
    Source: prop-pcg.
    """
    rank = min(RANK, len(z) // 4)
    factor = rpcholesky(
        z, kernel=partial(fill_gram, kernel), rank=rank, generator=generator, stop=0.1 * ridge
    ).factor
    gram = symmetric_gram(kernel, z)
    ridge, root = ridge / float(weights.max()), (weights / weights.max()).sqrt()
    if (root < 1).any():
        gram.mul_(root.to(z)[:, None]).mul_(root.to(z))
        factor.mul_(root.to(z))

    def keep(state: dict[str, Tensor], steps: int) -> None:
        checkpoint.put(steps=state)
        report(steps, MOST)

    solution = pcg(
        gram,
        y * root[:, None],
        ridge=ridge,
        factor=factor,
        tolerance=tolerance,
        most=MOST,
        start=checkpoint.state.get("steps"),
        keep=keep,
    )
    if not solution.converged:
        raise ValueError(f"conjugate gradients: {solution.reason}, or try solver='cells'")
    facts = {"iterations": len(solution.residuals), "condition": solution.condition}
    facts["residual"] = solution.residuals[-1] if solution.residuals else 0.0
    return solution.coefficients * root[:, None], facts
