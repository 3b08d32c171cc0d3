"""What the moving figure says of the two directions is what the library says."""

import json
import math

import pytest
import torch

from ldyn.causal import relative_hsic
from ldyn.core import stream

F64 = torch.float64
NAME = "both-directions"


def test_the_dependence_in_the_page_is_that_of_the_library(js):
    x, z = torch.randn(2, 60, generator=stream("figure", "both"), dtype=F64)
    y = x.square() + z
    found = js(NAME, f"dependence({json.dumps(x.tolist())}, {json.dumps(y.tolist())})")
    assert found == pytest.approx(relative_hsic(x, y), rel=1e-10)


def test_densities_have_mean_0_and_variance_1(js):
    sums = "[0, 1, 2].map((p) => { let s = 0; const [a, b] = law.support, h = (b - a) / 4e4;"
    sums += "for (let t = a + h / 2; t < b; t += h) s += h * t ** p * law.density(t); return s; })"
    for moments in js(NAME, f"Object.values(LAWS).map((law) => {sums})"):
        assert moments == pytest.approx([1, 0, 1], abs=2e-4)


def test_the_backward_fit_is_exact_where_a_formula_is_known(js):
    """Normal and normal, a line; uniform and uniform, where the mean is the middle of a segment."""
    slope = js(NAME, "[-1, 2].map((y) => expectedCause(y, nodes('normal', 0), 'normal', 0.5))")
    assert slope == pytest.approx([-1 / 1.25, 2 / 1.25], abs=1e-10)
    reach = math.sqrt(3)
    low, high = max(-reach, 1.5 - 0.5 * reach), min(reach, 1.5 + 0.5 * reach)
    found = js(NAME, "expectedCause(1.5, nodes('uniform', 0), 'uniform', 0.5)")
    assert found == pytest.approx((low + high) / 2, abs=2e-3)


def test_the_backward_fit_is_that_of_an_integral_with_a_bend(js):
    x = torch.linspace(-14, 15, 400_001, dtype=F64)
    bent = x + 1.5 * ((1 + x.square()).sqrt() - 1)
    for y in (-1.0, 0.3, 4.0):
        e = (y - bent) / 0.7
        weight = (-math.sqrt(2) * e.abs()).exp() * torch.where(x > -1, (-x).exp(), 0.0)
        right = ((weight * x).sum() / weight.sum()).item()
        found = js(NAME, f"expectedCause({y}, nodes('exponential', 1.5), 'Laplace', 0.7)")
        assert found == pytest.approx(right, abs=2e-4)


def test_a_normal_line_fits_both_ways_and_a_bent_one_does_not(js):
    x, e = torch.randn(2, 120, generator=stream("figure", "line"), dtype=F64).tolist()
    columns = json.dumps({"normal": {"cause": x, "noise": e}})
    said = js(
        NAME,
        f"[0, 1.5].map((bend) => bothWays({columns}, "
        "{ cause: 'normal', noise: 'normal', bend, size: 0.5 }))",
    )
    x, e = (torch.tensor(v, dtype=F64) for v in (x, e))
    right = relative_hsic(x + 0.5 * e, x - (x + 0.5 * e) / 1.25)
    assert said[0]["back"] == pytest.approx(right, rel=1e-6)
    assert said[0]["back"] < 2 < said[1]["back"]
