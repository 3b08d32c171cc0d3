"""Chapter 4: cause from effect in two columns of numbers."""

from ldyn.causal.columns import (
    mid_ranks,
    normal_scores,
    require_columns,
    standardised,
    to_unit,
)
from ldyn.causal.evaluate import Evaluation, accuracy_difference, evaluate, mcnemar
from ldyn.causal.generators import FAMILIES, PRIORS, sample_pairs, sample_tasks
from ldyn.causal.slopes import igci

__all__ = [
    "FAMILIES",
    "PRIORS",
    "Evaluation",
    "accuracy_difference",
    "evaluate",
    "igci",
    "mcnemar",
    "mid_ranks",
    "normal_scores",
    "require_columns",
    "sample_pairs",
    "sample_tasks",
    "standardised",
    "to_unit",
]
