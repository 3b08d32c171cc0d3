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
from ldyn.causal.meta_cgnn import MetaCGNN, load_meta_cgnn
from ldyn.causal.meta_training import MetaTraining, fit_meta_cgnn
from ldyn.causal.slopes import igci

__all__ = [
    "FAMILIES",
    "PRIORS",
    "Evaluation",
    "MetaCGNN",
    "MetaTraining",
    "accuracy_difference",
    "evaluate",
    "fit_meta_cgnn",
    "igci",
    "load_meta_cgnn",
    "mcnemar",
    "mid_ranks",
    "normal_scores",
    "require_columns",
    "sample_pairs",
    "sample_tasks",
    "standardised",
    "to_unit",
]
