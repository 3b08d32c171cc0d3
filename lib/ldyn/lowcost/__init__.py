"""Chapter 5: large kernel models without know-how."""

from ldyn.lowcost.discrepancy import box_discrepancy, effective_dimension, leverage_scores
from ldyn.lowcost.frequencies import (
    orthogonal_variance,
    pairs_for_uniform_error,
    second_order_ceiling,
)

__all__ = [
    "box_discrepancy",
    "effective_dimension",
    "leverage_scores",
    "orthogonal_variance",
    "pairs_for_uniform_error",
    "second_order_ceiling",
]
