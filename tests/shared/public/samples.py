"""Numbers that calls are made of: the same for the same shape and name, in every process."""

import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian

KERNEL = Gaussian(0.7)


def values(*shape, name="values"):
    """Uniform numbers of [0, 1], float64."""
    return torch.rand(*shape, generator=stream("public", name, *shape), dtype=torch.float64)


def normals(*shape, name="normals"):
    """Standard normal numbers, float64."""
    return torch.randn(*shape, generator=stream("public", name, *shape), dtype=torch.float64)


def gram(n=6):
    """The kernel matrix of n points of the square."""
    return KERNEL(values(n, 2), values(n, 2))
