"""Chapter 5: large kernel models without know-how."""

from ldyn.lowcost.bases import columns_enough, expected_traces, greedy_pivots
from ldyn.lowcost.discrepancy import box_discrepancy, effective_dimension, leverage_scores

__all__ = [
    "box_discrepancy",
    "columns_enough",
    "effective_dimension",
    "expected_traces",
    "greedy_pivots",
    "leverage_scores",
]
