"""Stationary kernels: spectral samplers, random features, exact ridge, distances of samples."""

from ldyn.kernels.energy import sliced_energy_gradient
from ldyn.kernels.features import random_features
from ldyn.kernels.hsic import hsic, median_bandwidth
from ldyn.kernels.mmd import half_squared_mmd, mmd_gradient
from ldyn.kernels.ridge import RidgeSelection, fit_ridge, fit_ridge_loo, ridge_path
from ldyn.kernels.stationary import Gaussian, Laplace, Matern32, Matern52, Stationary

__all__ = [
    "Gaussian",
    "Laplace",
    "Matern32",
    "Matern52",
    "RidgeSelection",
    "Stationary",
    "fit_ridge",
    "fit_ridge_loo",
    "half_squared_mmd",
    "hsic",
    "median_bandwidth",
    "mmd_gradient",
    "random_features",
    "ridge_path",
    "sliced_energy_gradient",
]
