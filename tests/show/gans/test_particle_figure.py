"""The physics of the particles in the page is that of the library."""

import json

import pytest
import torch

from ldyn.core import stream
from ldyn.gans import gaussian_mmd_smoothness, particle_descent, ring
from ldyn.kernels import Gaussian, half_squared_mmd, mmd_gradient


def test_a_descent_in_the_page_is_that_of_the_library(js):
    data = ring(10, generator=stream("figure", "data"))
    start = torch.randn(6, 2, generator=stream("figure", "start"), dtype=torch.float64)
    right = particle_descent(
        lambda x: mmd_gradient(x, data, bandwidth=1.0), start, step=0.7, steps=5, looks=5
    )
    losses = [half_squared_mmd(x, data, kernel=Gaussian(1.0)).item() for x in right.points]
    arguments = f"{json.dumps(start.tolist())}, {json.dumps(data.tolist())}, 0.7, 5"
    found = js("particles", f"descend({arguments})")
    assert torch.allclose(torch.tensor(found["path"]).double(), right.points, atol=1e-6)
    assert found["losses"] == pytest.approx(losses, abs=1e-14)
    assert js("particles", "SAFE") == pytest.approx(gaussian_mmd_smoothness(1.0).particle_step())
