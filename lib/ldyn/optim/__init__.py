"""Descents of many small problems at once: least squares, Newton, gradient descent."""

from ldyn.optim.minima import (
    Minima,
    gradient_descent,
    gram_work,
    levenberg_marquardt,
    newton,
)

__all__ = [
    "Minima",
    "gradient_descent",
    "gram_work",
    "levenberg_marquardt",
    "newton",
]
