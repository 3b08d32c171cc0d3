"""Curvature without its matrix: operators, Lanczos, spectral densities."""

from ldyn.gate import enforce
from ldyn.linalg.lanczos import Eigenpairs, Krylov, extreme_eigenpairs, lanczos
from ldyn.linalg.operators import (
    LinearOperator,
    flat_parameters,
    gauss_newton_operator,
    hessian_operator,
)
from ldyn.linalg.singular import operator_norm

# fmt: off
__all__ = [
    "Eigenpairs", "Krylov", "LinearOperator", "extreme_eigenpairs", "flat_parameters",
    "gauss_newton_operator", "hessian_operator", "lanczos", "operator_norm",
]
# fmt: on

enforce(globals())
