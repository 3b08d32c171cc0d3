"""Steps of conjugate gradients against the rank of the preconditioner: kernels, sizes, ridges."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ldyn.core import default_device, stream
from ldyn.kernels import Gaussian, Matern32, Stationary
from ldyn.linalg import LinearOperator, lanczos
from ldyn.solvers import Pivots, pcg, rpcholesky, symmetric_gram

KERNELS: dict[str, Stationary] = {"gaussian": Gaussian(0.5), "matern32": Matern32(0.5)}
GOAL, MOST, LOOKS = 1e-6, 150, 30


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One system of size `n`; rank −1 takes pivots until the trace left is ≤ λ, at most n/4."""

    kernel: str
    n: int
    ridge: float
    rank: int


def cells(scale: str) -> list[Cell]:
    """Return n to 500 for smoke, to 8,000 for laptop, to 32,000 for full; three ridges."""
    sizes = {"smoke": (500,), "laptop": (1000, 2000, 4000, 8000), "full": (8000, 16000, 32000)}
    return [
        Cell(kernel=kernel, n=n, ridge=ridge, rank=rank)
        for n in sizes[scale]
        for kernel in KERNELS
        for ridge in (1.0, 1e-2, 1e-4)
        for rank in (0, 30, 120, 480, -1)
        if rank <= n / 4
    ]


def group(cell: Cell) -> tuple[str, int]:
    """Return what shares a Gram matrix and its pivots."""
    return cell.kernel, cell.n


def run_group(group: list[Cell]) -> list[dict[str, Any]]:
    """Return the rank taken, tr(K − K̂), ‖K − K̂‖ (30 Lanczos steps), the steps to an error of 10⁻⁶
    in the norm of K + λI (None above 150), and the condition number seen by the steps."""
    kernel, n = KERNELS[group[0].kernel], group[0].n
    x, y = table(n)
    gram = symmetric_gram(kernel, x)
    right = y / y.norm()
    norms: dict[int, float] = {}
    exact: dict[float, Tensor] = {}
    rows = []
    for cell in group:
        p, ridge = _pivots(kernel, x, cell), cell.ridge
        rank = len(p.factor)
        if rank not in norms:
            norms[rank] = _norm(gram, p.factor)
        if ridge not in exact:
            lower = torch.linalg.cholesky(gram + ridge * torch.eye(n).to(gram))
            exact[ridge] = torch.cholesky_solve(right[:, None], lower)[:, 0]
            del lower
        errors: list[float] = []

        def keep(
            state: dict[str, Tensor], _: int, c: Tensor = exact[ridge], e: list[float] = errors
        ) -> None:
            e.append(((c - state["x"][0]) @ state["r"][0]).item())  # eᵀAe, since r = Ae

        found = pcg(gram, right, ridge=ridge, factor=p.factor, tolerance=1e-8, most=MOST, keep=keep)
        goal = GOAL**2 * (exact[ridge] @ right).item()
        steps = next((t for t, e in enumerate(errors, 1) if e <= goal), None)
        rows.append({"taken": rank, "left": p.left, "norm": norms[rank], "steps": steps,
                     "condition": found.condition})  # fmt: skip
    return rows


def table(n: int) -> tuple[Tensor, Tensor]:
    """Return n points of the unit cube and a smooth function of them with noise."""
    draw = stream("iterations", n)
    x = torch.rand(n, 3, generator=draw, dtype=torch.float64)
    noise = torch.randn(n, generator=draw, dtype=torch.float64)
    y = (6 * x[:, 0]).sin() * x[:, 1] + 0.1 * noise
    return x.to(default_device()), y.to(default_device())


def _pivots(kernel: Stationary, x: Tensor, cell: Cell) -> Pivots:
    rule = cell.rank < 0
    p = rpcholesky(
        x,
        kernel=kernel,
        rank=len(x) // 4 if rule else max(1, cell.rank),
        generator=stream("iterations", "pivots", cell.n),
        block=16,
        stop=cell.ridge if rule else 0.0,
    )
    return p if cell.rank else Pivots(factor=p.factor[:0], chosen=p.chosen[:0], left=float(len(x)))


def _norm(gram: Tensor, factor: Tensor) -> float:
    rest = LinearOperator(size=len(gram), apply=lambda v: gram @ v - factor.T @ (factor @ v),
                          dtype=gram.dtype, device=gram.device)  # fmt: skip
    found = lanczos(rest, torch.ones_like(gram[0]) / math.sqrt(len(gram)), LOOKS)
    return found.ritz()[0][-1].item()
