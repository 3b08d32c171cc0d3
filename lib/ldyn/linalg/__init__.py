"""Curvature without its matrix: operators, Lanczos, spectral densities; and small ones in full."""

from ldyn.linalg.dense import Inertia, dense_hessian, inertia
from ldyn.linalg.lanczos import Eigenpairs, Krylov, extreme_eigenpairs, lanczos
from ldyn.linalg.operators import (
    LinearOperator,
    flat_parameters,
    gauss_newton_operator,
    hessian_operator,
)
from ldyn.linalg.singular import operator_norm

__all__ = [
    "Eigenpairs",
    "Inertia",
    "Krylov",
    "LinearOperator",
    "dense_hessian",
    "extreme_eigenpairs",
    "flat_parameters",
    "gauss_newton_operator",
    "hessian_operator",
    "inertia",
    "lanczos",
    "operator_norm",
]
