"""Chapter 4: cause from effect in two columns of numbers."""

from ldyn.causal.cgnn import CGNN, CGNNLosses
from ldyn.causal.columns import mid_ranks, normal_scores, require_columns, standardised, to_unit
from ldyn.causal.evaluate import Evaluation, accuracy_difference, evaluate, mcnemar
from ldyn.causal.generators import FAMILIES, PRIORS, sample_pairs, sample_tasks
from ldyn.causal.identifiability import (
    additive_defect,
    lingam,
    location_scale_defect,
    relative_hsic,
)
from ldyn.causal.slopes import igci

__all__ = [
    "CGNN",
    "FAMILIES",
    "PRIORS",
    "CGNNLosses",
    "Evaluation",
    "accuracy_difference",
    "additive_defect",
    "evaluate",
    "igci",
    "lingam",
    "location_scale_defect",
    "mcnemar",
    "mid_ranks",
    "normal_scores",
    "relative_hsic",
    "require_columns",
    "sample_pairs",
    "sample_tasks",
    "standardised",
    "to_unit",
]
