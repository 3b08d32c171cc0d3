"""What the page denoises, and how it flows, is what the library does."""

import base64
import json

import pytest
import torch

from ldyn.core import stream
from ldyn.layers import local_posterior_mean, noise_levels, probability_flow

SIDE = 5


@pytest.fixture
def data():
    return torch.randint(17, (6, SIDE, SIDE), generator=stream("own window"), dtype=torch.uint8)


def call(data, rest):
    text = base64.b64encode(data.numpy().tobytes()).decode()
    return rest.replace("DATA", f"pictures('{text}', {SIDE * SIDE})")


@pytest.mark.parametrize("radius", [0, 1, 4])
def test_means_and_flow_in_the_page_are_those_of_the_library(js, data, radius):
    known = data.double()[:, None] / 16
    levels = noise_levels(5)
    draw = torch.randn(1, 1, SIDE, SIDE, generator=stream("own noise"), dtype=torch.float64)
    start = known[:1] + levels[1] * draw
    denoise = lambda x, s: local_posterior_mean(  # noqa: E731
        x, known, noise=s, radii=torch.full((SIDE, SIDE), radius)
    )
    x = json.dumps(start.flatten().tolist())
    found = js("own-window", call(data, f"localMean({x}, DATA, 0.3, {radius}, {SIDE})"))
    assert found == pytest.approx(denoise(start, 0.3).flatten().tolist(), rel=1e-9)
    found = js("own-window", call(data, f"flow({x}, DATA, {levels[1:]}, {radius}, {SIDE})"))
    right = probability_flow(start, denoise, levels[1:])
    assert found == pytest.approx(right.flatten().tolist(), rel=1e-6)
    assert js("own-window", call(data, f"nearest({json.dumps(found)}, DATA)")) == pytest.approx(
        [(right - known).flatten(1).norm(dim=1).argmin().item(),
         (right - known).flatten(1).norm(dim=1).min().item()], abs=1e-6
    )  # fmt: skip
