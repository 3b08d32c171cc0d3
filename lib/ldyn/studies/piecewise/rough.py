"""Linear methods on boundaries of chosen roughness: does a smoother boundary help them?"""

from dataclasses import dataclass

from ldyn.core import stream
from ldyn.piecewise import fragment, rough_boundary, sample
from ldyn.piecewise.sampling import quadrature_points
from ldyn.piecewise.tuning import candidates, choose

NOISE = 0.3
ALPHAS = [0.3, 0.5, 1.0, 2.0]
METHODS = ["cosine", "neighbours"]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A random boundary of roughness `alpha` (the seed), a linear method with its whole grid."""

    alpha: float
    method: str
    n: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return the sweep: 2 seeds and two sizes for smoke, 16 seeds for laptop, 64 for full."""
    seeds = {"smoke": 2, "laptop": 16, "full": 64}[scale]
    sizes = [2**k for k in (range(8, 10) if scale == "smoke" else range(8, 14))]
    return [
        Cell(alpha=a, method=m, n=n, seed=s)
        for a in ALPHAS
        for m in METHODS
        for n in sizes
        for s in range(seeds)
    ]


def run(cell: Cell) -> dict[str, float | str]:
    """Return the risk at the oracle's choice."""
    boundary = rough_boundary(cell.alpha, generator=stream("rough", cell.alpha, cell.seed))
    target = fragment(boundary, 2, alpha=cell.alpha)
    draw = stream("rough linear", cell.alpha, cell.n, cell.seed)
    data = sample(target, cell.n, noise=NOISE, generator=draw)
    z = quadrature_points(2, 2**13, draw)
    values, _ = candidates(cell.method, data.x, data.y, z, noise=NOISE)
    best = choose(values, target(z))
    return {"oracle": best.risk, "label": best.label}
