"""Chapter 5: kernel methods whose choices are computed."""

from ldyn.lowcost.feature_ridge import FeatureRidge
from ldyn.lowcost.monoid import NormalEquations
from ldyn.lowcost.ridge_fit import RidgeFit, ridge_fit
from ldyn.lowcost.shards import accumulate, dask_accumulate

__all__ = [
    "FeatureRidge",
    "NormalEquations",
    "RidgeFit",
    "accumulate",
    "dask_accumulate",
    "ridge_fit",
]
