"""Kernel methods for large data, with nothing to choose."""

from ldyn.solvers.classifier import KernelClassifier
from ldyn.solvers.conjugate import Solution, pcg
from ldyn.solvers.gram import fill_gram, gram_product, symmetric_gram
from ldyn.solvers.kernel_ridge import KernelRidge
from ldyn.solvers.leave_one_out import loo_residuals, loo_slope
from ldyn.solvers.pivots import Pivots, rpcholesky
from ldyn.solvers.record import FitRecord

__all__ = [
    "FitRecord",
    "KernelClassifier",
    "KernelRidge",
    "Pivots",
    "Solution",
    "fill_gram",
    "gram_product",
    "loo_residuals",
    "loo_slope",
    "pcg",
    "rpcholesky",
    "symmetric_gram",
]
