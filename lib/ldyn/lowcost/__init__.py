"""Chapter 5: kernel methods whose choices are computed."""

from ldyn.lowcost.feature_ridge import FeatureRidge, FeatureRidgeClassifier
from ldyn.lowcost.monoid import NormalEquations
from ldyn.lowcost.ridge_fit import RidgeFit, ridge_fit
from ldyn.lowcost.shards import accumulate, dask_accumulate

__all__ = [
    "FeatureRidge",
    "FeatureRidgeClassifier",
    "NormalEquations",
    "RidgeFit",
    "accumulate",
    "dask_accumulate",
    "ridge_fit",
]
