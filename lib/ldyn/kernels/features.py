"""Random Fourier features: a finite basis whose inner products approximate a kernel."""

import torch
from torch import Tensor

from ldyn.core import require_points
from ldyn.kernels.stationary import Stationary


def random_features(x: Tensor, *, kernel: Stationary, points: Tensor) -> Tensor:
    """Return features φ(x) (n, 2q) with ⟨φ(x), φ(z)⟩ ≈ k(x, z).

    φ(x) = q^(−1/2) (cos⟨ω_1, x⟩, …, cos⟨ω_q, x⟩, sin⟨ω_1, x⟩, …, sin⟨ω_q, x⟩).

    Arguments: `x` (n, d); `points` (q, d + 1) in the unit cube, pseudo- or quasi-random: random
    and quasi-Monte Carlo features differ in this argument alone.
    Raises: ValueError for bad points or the wrong number of columns.
    Source: rahimi2007, def-kernel.
    """
    require_points(x)
    require_points(points, name="points", dim=x.shape[1] + 1)
    angles = x @ kernel.frequencies(points).T
    return torch.cat([angles.cos(), angles.sin()], 1) / len(points) ** 0.5
