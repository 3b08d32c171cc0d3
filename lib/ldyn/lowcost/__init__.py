"""Chapter 5: large kernel models without know-how."""

from ldyn.lowcost.discrepancy import box_discrepancy, effective_dimension, leverage_scores
from ldyn.lowcost.exercises import EXERCISES, check

__all__ = ["EXERCISES", "box_discrepancy", "check", "effective_dimension", "leverage_scores"]
