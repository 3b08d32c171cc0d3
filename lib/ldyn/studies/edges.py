"""Random half-spaces: kriging with their exact covariance, kernel ridge, and the linear floor."""

from dataclasses import dataclass

from ldyn.core import stream
from ldyn.kernels import fit_ridge
from ldyn.piecewise import sample
from ldyn.piecewise.bayes_linear import (
    covariance_eigenvalues,
    half_space_covariance,
    linear_risk_floor,
    random_half_space,
)
from ldyn.piecewise.sampling import quadrature_points
from ldyn.piecewise.tuning import oracle_and_validated

NOISE = 0.3
SIZES = [2**k for k in range(6, 12)]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One random half-space and sample; `method` "floor" is the bound, one number a size."""

    dim: int
    method: str
    n: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return the sweep: 2 seeds and small n for smoke, 60 seeds for laptop, 400 for full."""
    seeds = {"smoke": 2, "laptop": 60, "full": 400}[scale]
    found = []
    for dim in (1, 2):
        for n in SIZES[:2] if scale == "smoke" else SIZES:
            found.append(Cell(dim=dim, method="floor", n=n, seed=0))
            for method in ("kriging", "neighbours", "cosine"):
                found += [Cell(dim=dim, method=method, n=n, seed=s) for s in range(seeds)]
    return found


def run(cell: Cell) -> dict[str, float]:
    """Return the risk on a fresh half-space (oracle-tuned but for kriging), or the floor."""
    if cell.method == "floor":
        nodes = quadrature_points(cell.dim, 2**12, stream("nodes", cell.dim))
        values = covariance_eigenvalues(cell.dim, nodes)
        return {"risk": linear_risk_floor(values, cell.n, noise=NOISE)}
    draw = stream("edges", cell.dim, cell.n, cell.seed)
    target = random_half_space(cell.dim, draw)
    data = sample(target, cell.n, noise=NOISE, generator=draw)
    z = quadrature_points(cell.dim, 2**12, draw)
    truth = target(z)
    if cell.method == "kriging":
        fit = fit_ridge(data.x, data.y, kernel=half_space_covariance, ridge=NOISE**2)
        return {"risk": (fit(z) - truth).square().mean().item()}
    oracle, _ = oracle_and_validated(cell.method, data.x, data.y, z, truth)
    return {"risk": oracle.risk}
