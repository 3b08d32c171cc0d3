"""Chapter 5: large kernel models without know-how."""

from ldyn.lowcost.batches import BatchRule, batch_descent, batch_rule
from ldyn.lowcost.discrepancy import box_discrepancy, effective_dimension, leverage_scores
from ldyn.lowcost.feature_ridge import FeatureRidge, FeatureRidgeClassifier
from ldyn.lowcost.monoid import NormalEquations
from ldyn.lowcost.ridge_fit import RidgeFit, ridge_fit
from ldyn.lowcost.shards import accumulate, dask_accumulate

__all__ = [
    "BatchRule",
    "FeatureRidge",
    "FeatureRidgeClassifier",
    "NormalEquations",
    "RidgeFit",
    "accumulate",
    "batch_descent",
    "batch_rule",
    "box_discrepancy",
    "dask_accumulate",
    "effective_dimension",
    "leverage_scores",
    "ridge_fit",
]
