import json

import pytest
import torch

from ldyn.core import stream
from ldyn.landscape import SpectralDensity


def test_the_smoothed_density_is_that_of_the_library(js):
    draw = stream("spectrum figure")
    nodes, weights = torch.rand(2, 3, 5, generator=draw, dtype=torch.float64)
    grid = torch.linspace(-1, 2, 7).double()
    mean, _ = SpectralDensity(nodes=nodes, weights=weights, size=9).density(grid, 0.2)
    arguments = ", ".join(json.dumps(t.tolist()) for t in (nodes, weights, grid))
    assert js("spectrum", f"smoothed({arguments}, 0.2)") == pytest.approx(mean.tolist(), rel=1e-12)
