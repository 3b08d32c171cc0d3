"""Random half-spaces: kriging with their exact covariance and other linear rules, and the floor."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import stream
from ldyn.piecewise.bayes_linear import (
    covariance_eigenvalues,
    half_space_covariance,
    linear_risk_floor,
    prior_risk,
)
from ldyn.piecewise.linear import cosine_basis
from ldyn.piecewise.sampling import quadrature_points

NOISE = 0.3
SIZES = [2**k for k in range(6, 12)]
NEIGHBOURS = [2, 3, 5, 8, 12, 18, 27, 40, 60, 90]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One random design; `method` "floor" is the bound, one number a size."""

    dim: int
    method: str
    n: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return the sweep: 2 designs and small n for smoke, 10 for laptop, 40 for full."""
    seeds = {"smoke": 2, "laptop": 10, "full": 40}[scale]
    found = []
    for dim in (1, 2):
        for n in SIZES[:2] if scale == "smoke" else SIZES:
            found.append(Cell(dim=dim, method="floor", n=n, seed=0))
            for method in ("kriging", "neighbours", "cosine"):
                found += [Cell(dim=dim, method=method, n=n, seed=s) for s in range(seeds)]
    return found


def run(cell: Cell) -> dict[str, float]:
    """Return the exact risk in the mean over half-spaces and noise, at the best setting."""
    if cell.method == "floor":
        nodes = quadrature_points(cell.dim, 2**12, stream("nodes", cell.dim))
        values = covariance_eigenvalues(cell.dim, nodes)
        return {"risk": linear_risk_floor(values, cell.n, noise=NOISE)}
    draw = stream("edges", cell.dim, cell.n, cell.seed)
    x = torch.rand(cell.n, cell.dim, generator=draw, dtype=torch.float64)
    z = quadrature_points(cell.dim, 2**10, draw)
    rules = {"kriging": kriging, "neighbours": neighbours, "cosine": cosine}[cell.method](x, z)
    return {"risk": min(prior_risk(w, x, z, noise=NOISE) for w in rules)}


def kriging(x: Tensor, z: Tensor) -> list[Tensor]:
    """Return the weights of the best linear rule, K(z, x) (K(x, x) + σ² I)⁻¹."""
    gram = half_space_covariance(x, x)
    gram.diagonal().add_(NOISE**2)
    return [torch.linalg.solve(gram, half_space_covariance(z, x), left=False)]


def neighbours(x: Tensor, z: Tensor) -> list[Tensor]:
    """Return the weights 1/k on the k nearest samples, for every k."""
    order = torch.cdist(z, x, compute_mode="donot_use_mm_for_euclid_dist").argsort(1)
    counts = [k for k in NEIGHBOURS if k <= len(x)]
    return [z.new_zeros(len(z), len(x)).scatter_(1, order[:, :k], 1 / k) for k in counts]


def cosine(x: Tensor, z: Tensor) -> list[Tensor]:
    """Return the weights of least squares in the first cutoff^d cosines, for every cutoff."""
    largest = int((len(x) / 3) ** (1 / x.shape[1]))
    rules = []
    for cutoff in sorted({round(largest ** (i / 11)) for i in range(12)}):
        basis = cosine_basis(x, cutoff)
        gram = basis.T @ basis
        gram.diagonal().add_(1e-8 * len(x))
        rules.append(cosine_basis(z, cutoff) @ torch.linalg.solve(gram, basis.T))
    return rules
