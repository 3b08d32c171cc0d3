"""Chapter 4: cause from effect in two columns of numbers."""

from ldyn.causal.antisymmetric import AntisymmetricNets, fit_temperature
from ldyn.causal.cgnn import CGNN, CGNNLosses
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
from ldyn.causal.exercises import EXERCISES, check
from ldyn.causal.features import blind_features, pair_features
from ldyn.causal.generators import FAMILIES, sample_pairs
from ldyn.causal.heci import heci
from ldyn.causal.identifiability import (
    additive_defect,
    lingam,
    location_scale_defect,
    relative_hsic,
)
from ldyn.causal.location_scale import location_scale_fit, loci
from ldyn.causal.marginals import closer_to_normal, exchanged_marginals, more_values, wider_range
from ldyn.causal.meta_cgnn import MetaCGNN, load_meta_cgnn
from ldyn.causal.meta_training import MetaTraining, fit_meta_cgnn
from ldyn.causal.priors import PRIORS, sample_tasks
from ldyn.causal.quantiles import quantile_score
from ldyn.causal.regression import anm, reci, spline_basis
from ldyn.causal.slopes import igci
from ldyn.gate import enforce

# fmt: off
__all__ = [
    "CGNN", "EXERCISES", "FAMILIES", "PRIORS", "AntisymmetricNets", "CGNNLosses", "Direction",
    "Evaluation", "MetaCGNN", "MetaTraining", "accuracy_difference", "additive_defect", "anm",
    "at_most", "blind_features", "check", "closer_to_normal", "direction", "evaluate",
    "exchanged_marginals", "fit_meta_cgnn", "fit_temperature", "heci", "igci", "lingam",
    "load_meta_cgnn", "location_scale_defect", "location_scale_fit", "loci", "mcnemar",
    "mid_ranks", "more_values", "network_scores", "normal_scores", "pair_features",
    "quantile_score", "reci", "relative_hsic", "require_columns", "sample_pairs", "sample_tasks",
    "spline_basis", "standardised", "to_unit", "wider_range",
]
# fmt: on

enforce(globals())
