"""Chapter 5: large kernel models without know-how."""

from ldyn.lowcost.batches import BatchRule, batch_descent, batch_rule
from ldyn.lowcost.discrepancy import box_discrepancy, effective_dimension, leverage_scores

__all__ = [
    "BatchRule",
    "batch_descent",
    "batch_rule",
    "box_discrepancy",
    "effective_dimension",
    "leverage_scores",
]
