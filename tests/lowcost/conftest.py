"""A small stand-in for a feature map, and rows to learn from."""

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian, random_features


class Features:
    """Random features of a fixed draw: an object with `transform`, as all feature maps have."""

    def __init__(self, count, dim, bandwidth=1.0, seed=0):
        draw = stream("stand-in", count, dim, seed)
        self.kernel = Gaussian(bandwidth)
        self.points = torch.rand(count // 2, dim + 1, generator=draw, dtype=torch.float64)

    def transform(self, x):
        return random_features(x, kernel=self.kernel, points=self.points.to(x))


def make_rows(n, dim=3, outputs=1, seed=0, mean=0.0):
    draw = stream("rows", n, dim, outputs, seed)
    x = torch.rand(n, dim, generator=draw, dtype=torch.float64)
    clean = torch.stack([torch.sin((5 + k) * x[:, 0] * x[:, 1]) for k in range(outputs)], 1)
    noise = torch.randn(n, outputs, generator=draw, dtype=torch.float64)
    return x, mean + clean + 0.3 * noise


@pytest.fixture(scope="session")
def features():
    """The function (count, dim) → feature map."""
    return Features


@pytest.fixture(scope="session")
def rows():
    """The function (n, dim, outputs) → x (n, dim), y (n, outputs)."""
    return make_rows
