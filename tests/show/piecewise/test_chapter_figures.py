"""What the figures of chapter 1 compute in the page, against the library."""

import json
import math

import pytest
import torch

from ldyn.core import stream
from ldyn.piecewise import (
    disk,
    fit_boundary,
    grid_values,
    haar_transform,
    indicator_net,
    interpolant_net,
    network_exponent,
    rough_boundary,
    sample,
    smooth_part,
    wave,
    wave_height,
)

EDGE = "[0.5, 0.2, 0.05]"


def doubles(values):
    return torch.tensor(values, dtype=torch.float64)


def test_the_window_has_the_risk_that_the_readout_says(js):
    w, n, noise = 0.125, 512, 0.3
    u = (torch.arange(200000).double() + 0.5) / 200000
    mean = doubles(js("blur", f"{u[::20].tolist()}.map((u) => ramp(u, {w}))"))
    bias = (mean - (u[::20] >= 0.5).double()).square().mean().item()
    parts = js("blur", f"riskParts({w}, {n}, {noise})")
    assert parts["bias"] == pytest.approx(bias, rel=1e-3)
    assert parts["variance"] == pytest.approx(noise**2 / (n * w))
    best = js("blur", f"bestWidth({n}, {noise})")
    risks = [sum(js("blur", f"riskParts({v}, {n}, {noise})").values()) for v in (best, 1.1 * best)]
    assert risks[0] == pytest.approx(noise / math.sqrt(3 * n))
    assert risks[0] < risks[1]


def test_the_haar_terms_are_those_of_the_library(js):
    grid = grid_values(disk(), 64)
    assert js("haar-terms", "diskGrid()") == grid.flatten().tolist()
    mine = doubles(js("haar-terms", "haar(diskGrid()).a")).abs().sort().values
    theirs = torch.cat([t.flatten() for t in haar_transform(grid)]).abs().sort().values
    assert torch.allclose(mine, theirs, atol=1e-12)
    back = doubles(js("haar-terms", "inverse(haar(diskGrid()).a)"))
    assert torch.allclose(back, grid.flatten(), atol=1e-12)


@pytest.mark.parametrize(("knots", "slope"), [(3, 20.0), (8, 100.0)])
def test_the_polygon_and_its_error_are_those_of_the_network(js, knots, slope):
    heights = wave_height(torch.arange(knots + 1).double() / knots)
    u = torch.linspace(0, 1, 33).double()
    drawn = doubles(js("edge-net", f"{u.tolist()}.map((u) => polygon(u, {knots}, {EDGE}))"))
    assert torch.allclose(drawn, interpolant_net(heights)(u[:, None]), atol=1e-12)
    exact = grid_values(indicator_net(heights, slope=slope), 1024) - grid_values(wave(), 1024)
    found = js("edge-net", f"errors({knots}, {slope}, {EDGE})")
    assert found["squared"] == pytest.approx(exact.square().mean().item(), rel=0.02)
    assert found["ramp"] == pytest.approx(1 / (12 * slope))
    weights = indicator_net(heights, slope=slope).largest
    assert js("edge-net", f"largest({knots}, {slope}, {EDGE})") == pytest.approx(weights)


@pytest.mark.parametrize("pieces", [1, 4])
def test_the_boundary_in_the_page_is_the_exact_least_squares_fit(js, pieces):
    data = sample(wave(), 60, noise=0.5, generator=stream("page fit"))
    fit = fit_boundary(data.x, data.y, pieces=pieces, levels=17)
    x, y = json.dumps(data.x.tolist()), json.dumps(data.y.tolist())
    found = js("boundary-fit", f"fitBoundary({x}, {y}, {pieces}, 17)")
    assert found["loss"] == pytest.approx(fit.loss)
    assert found["values"] == pytest.approx(fit.values.tolist())
    u = (torch.arange(4096).double() + 0.5) / 4096
    area = (fit.height(u) - wave_height(u)).abs().mean().item()
    assert js("boundary-fit", f"area({fit.values.tolist()}, {EDGE})") == pytest.approx(
        area, rel=1e-3
    )


def series(h):
    return {"phases": h.phases.tolist(), "directions": h.directions.tolist()}


def test_the_member_in_the_page_is_that_of_the_library(js):
    draw = stream("page member")
    graph = rough_boundary(0.7, generator=draw)
    parts = [smooth_part(1.3, dim=2, generator=draw, level=level) for level in (0.25, 0.75)]
    state = {
        "alpha": 0.7,
        "beta": 1.3,
        "boundary": series(graph),
        "parts": [series(p) for p in parts],
    }
    x = torch.rand(40, 2, generator=draw, dtype=torch.float64)
    above = x[:, 1] >= graph(x[:, :1])
    assert 0 < above.sum() < 40
    theirs = torch.where(above, parts[1](x), parts[0](x))
    mine = js("fragment", f"{x.tolist()}.map((x) => member(x, {json.dumps(state)}))")
    assert mine == pytest.approx(theirs.tolist(), abs=1e-11)


def test_the_exponent_under_the_fragment_is_the_networks(js):
    for alpha, beta in ((0.5, 3.0), (3.0, 0.5), (1.0, 1.0)):
        found = js("fragment", f"Math.min(...exponents({alpha}, {beta}))")
        assert found == pytest.approx(network_exponent(alpha, beta, 2))


def test_pictures_are_unpacked_as_they_were_packed(js):
    assert js("pictures", "values('AP+A').map((b) => unpack(b, -0.25, 1.25))") == pytest.approx(
        [-0.25, 1.25, -0.25 + 1.5 * 128 / 255]
    )
