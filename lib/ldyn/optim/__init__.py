"""Descents of many small problems at once: least squares, Newton, gradient descent and its flow."""

from ldyn.optim.flow import Flow, gradient_flow
from ldyn.optim.minima import Minima, gradient_descent, levenberg_marquardt, newton

__all__ = [
    "Flow",
    "Minima",
    "gradient_descent",
    "gradient_flow",
    "levenberg_marquardt",
    "newton",
]
