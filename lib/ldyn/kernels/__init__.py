"""Stationary kernels with their spectral samplers, random features, and exact ridge regression."""

from ldyn.kernels.features import random_features
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
    "random_features",
    "ridge_path",
]
