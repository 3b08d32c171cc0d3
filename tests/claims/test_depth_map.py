"""The real depth map, on frozen numbers."""

import pytest
import torch

from ldyn.core import frozen, mean_interval, slope

LINEAR = ["cosine", "neighbours", "haar cut", "ridge Laplace"]


def table(method, kind):
    _, n, errors = frozen("depth_map").where(method=method).table(kind, columns="n", rows="seed")
    assert len(errors) >= 3
    return torch.tensor(n), errors


def ratios(kind, rivals, least):
    """Error of the network over that of the best rival at its oracle's setting: (seeds, sizes)."""
    n, network = table("network", f"validated{kind}")
    best = torch.full_like(network, torch.inf)
    for method in rivals:
        sizes, errors = table(method, f"oracle{kind}")
        assert torch.equal(sizes, n)
        best = torch.minimum(best, errors)
    return (network / best)[:, n >= least]


def told(claim, name, found):
    mean = mean_interval(found.flatten())
    claim(name, measured=mean.value, low=mean.low, high=mean.high)


@pytest.mark.xfail(strict=True, reason="at 2^12 the oracle-tuned Laplace kernel is ahead")
def test_networks_near_edges(claim):
    found = ratios("_edge", LINEAR, 2**12)
    told(claim, "depth-map-edges", found[:, 0])
    assert (found < 1).all()


def test_networks_near_edges_at_large_n(claim):
    found = ratios("_edge", LINEAR, 2**15)
    told(claim, "depth-map-edges-large", found)
    assert (found < 1).all()


def test_networks_are_steeper_near_edges(claim):
    n, errors = table("network", "validated_edge")
    network = slope(n.double(), errors, upper_half=True)
    claim("depth-map-slope", measured=network.value, low=network.low, high=network.high)
    for method in LINEAR:
        n, errors = table(method, "oracle_edge")
        assert network.high < slope(n.double(), errors, upper_half=True).low, method


def test_linear_methods_have_their_slope(claim):
    n, errors = table("cosine", "validated")
    s = slope(n.double(), errors, upper_half=True)
    claim("depth-map-linear", measured=s.value, low=s.low, high=s.high)
    assert abs(s.value + 1 / 3) <= 0.05
