"""Chapter 5: large kernel models without know-how."""

from ldyn.lowcost.discrepancy import box_discrepancy, effective_dimension, leverage_scores

__all__ = ["box_discrepancy", "effective_dimension", "leverage_scores"]
