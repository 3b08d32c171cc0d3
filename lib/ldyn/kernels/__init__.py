"""Stationary kernels: spectral samplers, random features, exact ridge, distances of samples."""

from ldyn.gate import enforce
from ldyn.kernels.energy import sliced_energy_gradient
from ldyn.kernels.features import (
    conditional_embedding,
    feature_squared_mmd,
    mean_features,
    random_features,
)
from ldyn.kernels.hsic import hsic, median_bandwidth
from ldyn.kernels.mmd import (
    half_squared_mmd,
    linear_squared_mmd,
    mmd_gradient,
    mmd_variance,
    squared_mmd,
)
from ldyn.kernels.ridge import RidgeSelection, fit_ridge, fit_ridge_loo, ridge_path
from ldyn.kernels.stationary import Gaussian, Laplace, Matern32, Matern52, MultiGaussian, Stationary

# fmt: off
__all__ = [
    "Gaussian", "Laplace", "Matern32", "Matern52", "MultiGaussian", "RidgeSelection", "Stationary",
    "conditional_embedding", "feature_squared_mmd", "fit_ridge", "fit_ridge_loo",
    "half_squared_mmd", "hsic", "linear_squared_mmd", "mean_features", "median_bandwidth",
    "mmd_gradient", "mmd_variance", "random_features", "ridge_path", "sliced_energy_gradient",
    "squared_mmd",
]
# fmt: on

enforce(globals())
