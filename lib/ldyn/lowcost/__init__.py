"""Chapter 5: kernel methods without knobs, at low cost."""

from ldyn.lowcost.conjugate import Solution, pcg
from ldyn.lowcost.discrepancy import box_discrepancy, effective_dimension, leverage_scores
from ldyn.lowcost.features import (
    FourierFeatures,
    NystromFeatures,
    as_kernel,
    feature_variance,
    orthogonal_frequencies,
)
from ldyn.lowcost.loo_path import loo_path, stochastic_diagonal
from ldyn.lowcost.pivots import Pivots, rpcholesky
from ldyn.lowcost.points import uniform_points

__all__ = [
    "FourierFeatures",
    "NystromFeatures",
    "Pivots",
    "Solution",
    "as_kernel",
    "box_discrepancy",
    "effective_dimension",
    "feature_variance",
    "leverage_scores",
    "loo_path",
    "orthogonal_frequencies",
    "pcg",
    "rpcholesky",
    "stochastic_diagonal",
    "uniform_points",
]
