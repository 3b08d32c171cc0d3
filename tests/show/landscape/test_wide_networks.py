"""The counts and the pair of units of the figures are those of the library."""

import json

import pytest
import torch

from ldyn.landscape import UnitNet, channel_pair, expansion_count, gated_unit, surjections

F64 = torch.float64


@pytest.mark.parametrize(("units", "width"), [(1, 1), (2, 2), (4, 6), (8, 20), (30, 90)])
def test_the_counts_are_exact_to_rounding(js, units, width):
    assert js("symmetry-counts", f"minima({units}, {width})") == pytest.approx(
        expansion_count(units, width), rel=1e-12
    )
    narrower = sum(surjections(n, width) for n in range(1, units))
    assert js("symmetry-counts", f"narrower({units}, {width})") == pytest.approx(
        narrower, rel=1e-12
    )


def test_the_crossing_is_the_first_surplus_with_more_minima(js):
    for units in (2, 8, 20):
        narrow = lambda h: sum(surjections(n, units + h) for n in range(1, units))  # noqa: B023, E731
        first = next(h for h in range(99) if expansion_count(units, units + h) > narrow(h))
        assert js("symmetry-counts", f"crossing({units})") == first


@pytest.mark.parametrize("height", [1.0, 30.0])
def test_the_pair_and_its_limit_are_those_of_the_library(js, height):
    x = torch.linspace(-3, 3, 13, dtype=F64)[:, None]
    w, u = torch.tensor([1.1], dtype=F64), torch.tensor([-2.0], dtype=F64)
    net = UnitNet(inputs=1)
    theta = net.join(*channel_pair(0.7, w, u, height=height))
    drawn = js("channel", f"{x[:, 0].tolist()}.map((x) => pair(x, 0.7, 1.1, -2, {height})[2])")
    assert drawn == pytest.approx(net.values(theta, x)[:, 0].tolist(), rel=1e-9, abs=1e-9)
    limit = js("channel", f"{x[:, 0].tolist()}.map((x) => gated(x, 0.7, 1.1, -2))")
    assert limit == pytest.approx(gated_unit(x, 0.7, w, u).tolist(), abs=1e-12)


@pytest.mark.parametrize("share", [0.0, 0.21, 0.5, 1.0])
def test_the_way_through_the_blank_has_the_losses_of_the_library(js, share):
    draw, net = torch.Generator().manual_seed(3), UnitNet(inputs=2)
    corners = torch.randn(3, 3, 3, generator=draw, dtype=F64)  # three corners of three units (v, w)
    x = torch.randn(7, 2, generator=draw, dtype=F64)
    at = min(1, int(2 * share))
    units = corners[at] + (2 * share - at) * (corners[at + 1] - corners[at])
    theta = [net.join(u[:, :1], u[:, 1:]) for u in (units, corners[0])]
    way = json.dumps([{"v": c[:, 0].tolist(), "w": c[:, 1:].tolist()} for c in corners])
    drawn = js("blank-path", f"loss(along({way}, {share}), {way}[0], {x.tolist()})")
    assert drawn == pytest.approx(net.loss(theta[0], x, net.values(theta[1], x)).item(), abs=1e-12)
