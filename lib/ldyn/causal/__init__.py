"""Chapter 4: cause from effect in two columns of numbers."""

from ldyn.causal.antisymmetric import AntisymmetricNets, fit_temperature
from ldyn.causal.columns import (
    at_most,
    mid_ranks,
    normal_scores,
    require_columns,
    standardised,
    to_unit,
)
from ldyn.causal.direction import Direction, direction, network_scores
from ldyn.causal.evaluate import Evaluation, accuracy_difference, evaluate, mcnemar
from ldyn.causal.features import blind_features, pair_features
from ldyn.causal.generators import FAMILIES, PRIORS, sample_pairs, sample_tasks
from ldyn.causal.heci import heci
from ldyn.causal.location_scale import location_scale_fit, loci
from ldyn.causal.marginals import closer_to_normal, exchanged_marginals, more_values, wider_range
from ldyn.causal.quantiles import quantile_score
from ldyn.causal.regression import anm, reci, spline_basis
from ldyn.causal.slopes import igci

__all__ = [
    "FAMILIES",
    "PRIORS",
    "AntisymmetricNets",
    "Direction",
    "Evaluation",
    "accuracy_difference",
    "anm",
    "at_most",
    "blind_features",
    "closer_to_normal",
    "direction",
    "evaluate",
    "exchanged_marginals",
    "fit_temperature",
    "heci",
    "igci",
    "location_scale_fit",
    "loci",
    "mcnemar",
    "mid_ranks",
    "more_values",
    "network_scores",
    "normal_scores",
    "pair_features",
    "quantile_score",
    "reci",
    "require_columns",
    "sample_pairs",
    "sample_tasks",
    "spline_basis",
    "standardised",
    "to_unit",
    "wider_range",
]
