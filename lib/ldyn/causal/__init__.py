"""Chapter 4: cause from effect in two columns of numbers."""

from ldyn.causal.cgnn import CGNN, CGNNLosses
from ldyn.causal.columns import (
    mid_ranks,
    normal_scores,
    require_columns,
    standardised,
    to_unit,
)
from ldyn.causal.evaluate import Evaluation, accuracy_difference, evaluate, mcnemar
from ldyn.causal.slopes import igci

__all__ = [
    "CGNN",
    "CGNNLosses",
    "Evaluation",
    "accuracy_difference",
    "evaluate",
    "igci",
    "mcnemar",
    "mid_ranks",
    "normal_scores",
    "require_columns",
    "standardised",
    "to_unit",
]
