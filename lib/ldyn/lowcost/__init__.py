"""Chapter 5: kernel methods without knobs."""

from ldyn.lowcost.discrepancy import box_discrepancy, effective_dimension, leverage_scores
from ldyn.lowcost.features import (
    FourierFeatures,
    NystromFeatures,
    as_kernel,
    feature_variance,
    orthogonal_frequencies,
)
from ldyn.lowcost.points import uniform_points

__all__ = [
    "FourierFeatures",
    "NystromFeatures",
    "as_kernel",
    "box_discrepancy",
    "effective_dimension",
    "feature_variance",
    "leverage_scores",
    "orthogonal_frequencies",
    "uniform_points",
]
