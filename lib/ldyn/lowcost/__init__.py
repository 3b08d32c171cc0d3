"""Chapter 5: large kernel models without know-how."""

from ldyn.lowcost.discrepancy import box_discrepancy, effective_dimension, leverage_scores
from ldyn.lowcost.feature_ridge import FeatureRidge, FeatureRidgeClassifier
from ldyn.lowcost.monoid import NormalEquations
from ldyn.lowcost.plan import Rates, pass_plan
from ldyn.lowcost.ridge_fit import RidgeFit, ridge_fit
from ldyn.lowcost.shards import accumulate, dask_accumulate

__all__ = [
    "FeatureRidge",
    "FeatureRidgeClassifier",
    "NormalEquations",
    "Rates",
    "RidgeFit",
    "accumulate",
    "box_discrepancy",
    "dask_accumulate",
    "effective_dimension",
    "leverage_scores",
    "pass_plan",
    "ridge_fit",
]
