"""Kernel methods for large data, with nothing to choose."""

from ldyn.gate import enforce
from ldyn.solvers.classifier import KernelClassifier
from ldyn.solvers.conjugate import Solution, pcg
from ldyn.solvers.features import (
    FourierFeatures,
    NystromFeatures,
    feature_variance,
    orthogonal_frequencies,
)
from ldyn.solvers.gram import fill_gram, gram_product, symmetric_gram
from ldyn.solvers.kernel_ridge import KernelRidge
from ldyn.solvers.leave_one_out import loo_residuals, loo_slope
from ldyn.solvers.loo_path import loo_path, loo_solutions
from ldyn.solvers.pivots import Pivots, rpcholesky
from ldyn.solvers.points import uniform_points
from ldyn.solvers.record import FitRecord

# fmt: off
__all__ = [
    "FitRecord", "FourierFeatures", "KernelClassifier", "KernelRidge", "NystromFeatures",
    "Pivots", "Solution", "feature_variance", "fill_gram", "gram_product", "loo_path",
    "loo_residuals", "loo_slope", "loo_solutions", "orthogonal_frequencies", "pcg",
    "rpcholesky", "symmetric_gram", "uniform_points",
]
# fmt: on

enforce(globals())
