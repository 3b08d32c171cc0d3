"""The effects that the page makes under the pointer are those of the library's generator."""

import json

import pytest
import torch

from ldyn.causal.meta_cgnn import generate, initial_parts, task_summary
from ldyn.nets import forward


def test_effects_in_the_page_are_those_of_the_library(js):
    parts = {
        name: [p.double() for p in ps] for name, ps in initial_parts("deepsets", True, 0).items()
    }
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)
    summary = task_summary(parts, x[None], x.square()[None])
    film = forward(parts["film"], summary[None])[0, 0]
    body = {
        name: [parts[name][0][0].tolist(), parts[name][1][0, 0].tolist()]
        for name in ("layer1", "layer2", "out")
    }
    for cause, noise in ((-1.0, 0.2), (0.3, -1.5)):
        one = lambda v: torch.tensor([[v]], dtype=torch.float64)  # noqa: E731
        right = generate(parts, summary, one(cause), one(noise)).item()
        call = f"generateAt({json.dumps(body)}, {json.dumps(film.tolist())}, {cause}, {noise})"
        assert js("generator", call) == pytest.approx(right, abs=1e-12)
    levels = torch.special.ndtri((torch.arange(8, dtype=torch.float64) + 0.5) / 8)
    assert js("generator", "LEVELS") == pytest.approx(levels.tolist(), abs=1e-3)
