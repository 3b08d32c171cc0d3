"""The distances in the page are those of the library."""

import json

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian, squared_mmd


def test_the_distances_in_the_page_are_those_of_the_library(js):
    x, y = torch.randn(2, 9, generator=stream("witness"), dtype=torch.float64)
    y = (y + 0.5)[:7]
    found = js("witness", f"distances({json.dumps(x.tolist())}, {json.dumps(y.tolist())}, 0.6)")
    for name, unbiased in (("biased", False), ("unbiased", True)):
        right = squared_mmd(x[:, None], y[:, None], kernel=Gaussian(0.6), unbiased=unbiased)
        assert found[name] == pytest.approx(right.item(), abs=1e-14)


def test_the_witness_in_the_page_is_the_difference_of_mean_kernels(js):
    x = torch.randn(9, 1, generator=stream("witness"), dtype=torch.float64)
    at = torch.tensor([[0.3]], dtype=torch.float64)
    found = js("witness", f"embedding(0.3, {json.dumps(x[:, 0].tolist())}, 0.6)")
    assert found == pytest.approx(Gaussian(0.6)(at, x).mean().item(), abs=1e-14)
