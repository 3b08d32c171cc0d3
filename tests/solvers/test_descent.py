"""Steps downhill within bounds, and the leave-one-out error they walk on."""

import math

import pytest
import torch
from lowcost_tables import table

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace, Matern32
from ldyn.solvers import KernelRidge, choice, loo_slope
from ldyn.solvers.descent import ENOUGH, descend, downhill

F64 = torch.float64


def quadratic(curvature, lowest):
    def value(at):
        off = at - lowest
        return (off @ curvature @ off / 2).item(), curvature @ off

    return value


def test_a_quadratic_is_found_within_the_bounds():
    q = torch.linalg.qr(torch.randn(6, 6, generator=stream("quadratic"), dtype=F64))[0]
    curvature = q @ torch.logspace(0, 2, 6, dtype=F64).diag() @ q.T
    lowest = torch.linspace(-1, 1, 6, dtype=F64)
    far = torch.full((6,), 5.0, dtype=F64)
    found = downhill(quadratic(curvature, lowest), 0 * far, -far, far, most=40)
    assert quadratic(curvature, lowest)(found)[0] < 10 * ENOUGH
    # Independent coordinates: each ends at its lowest point, or at the bound before it.
    diagonal = torch.tensor([1.0, 4.0, 9.0, 1.0, 2.0, 3.0], dtype=F64).diag()
    low, high = -0.5 * far / 5, torch.tensor([2.0, 2.0, 2.0, 0.1, 0.1, 2.0], dtype=F64)
    found = downhill(quadratic(diagonal, lowest), low, low, high, most=40)
    assert torch.allclose(found, lowest.clamp(low, high), rtol=0, atol=0.02)


def test_what_is_given_stays_and_a_bound_once_touched_is_left():
    lowest = torch.tensor([1.0, 3.0], dtype=F64)
    low, high = torch.tensor([0.0, 2.0], dtype=F64), torch.tensor([4.0, 2.0], dtype=F64)
    curvature = torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=F64)
    found = downhill(quadratic(curvature, lowest), low, low, high, most=20)
    assert found[1] == 2
    assert found[0].item() == pytest.approx(1.25, abs=0.02)  # 2 (x − 1) = 0.5


def test_it_leaves_a_hill_and_comes_back_from_where_there_is_no_value():
    def hill(at):
        inside = bool(at[0].abs() < 2.5)
        return (at.cos().item() if inside else math.inf), -at.sin()

    ends = torch.tensor([-9.0], dtype=F64), torch.tensor([9.0], dtype=F64)
    start, looks = torch.tensor([0.05], dtype=F64), []
    found = downhill(lambda at: looks.append(at) or hill(at), start, *ends, most=12)
    assert hill(found)[0] < -0.6  # from 1, in twelve looks
    assert len(looks) <= 12
    assert any(at.abs() >= 2.5 for at in looks)


@pytest.mark.parametrize("kernel", [Gaussian, Laplace, Matern32])
@pytest.mark.parametrize("columns", [1, 3])
def test_single_precision_leads_to_the_same_error(kernel, columns, monkeypatch):
    x, y = table(300)
    parts = x[None], y[None, :, None] - y.mean(), torch.ones(1, 300, dtype=F64)
    theta = torch.tensor([*[1.0] * columns, 0.03], dtype=F64).log()
    ends = torch.full_like(theta, 0.05).log(), torch.full_like(theta, 30.0).log()
    ends[0][-1] = math.log(1e-3)

    def error(theta):
        h, ridge = theta[:-1].exp(), theta[-1].exp()
        return loo_slope(*parts, kernel=kernel, bandwidths=h, ridge=ridge)[0].item()

    single = error(descend(parts, theta, kernel, *ends, most=20))
    monkeypatch.setattr("ldyn.solvers.descent.SINGLE", 1e9)
    double = error(descend(parts, theta, kernel, *ends, most=20))
    assert single == pytest.approx(double, rel=2e-3)
    assert double < 0.7 * error(theta)


def test_the_slope_in_one_bandwidth_does_not_cancel():
    """Many rows on a line nearly coincide, where a Laplace kernel's slope in r² is infinite."""
    x, y = table(1024, 1)
    parts = x[None], y[None, :, None], torch.ones(1, 1024, dtype=F64)
    slopes = []
    for dtype in (torch.float32, F64):
        given = {"bandwidths": torch.tensor([0.5], dtype=dtype), "ridge": torch.tensor(0.01)}
        given["ridge"] = given["ridge"].to(dtype)
        slopes.append(loo_slope(*(p.to(dtype) for p in parts), kernel=Laplace, **given)[1].item())
    assert slopes[0] == pytest.approx(slopes[1], rel=1e-2)


def test_the_last_steps_of_a_small_table_see_all_rows(monkeypatch):
    x, y = table(1100)
    seen = KernelRidge("gaussian").fit(x, y).record_
    monkeypatch.setattr(choice, "WORK", 0)
    unseen = KernelRidge("gaussian").fit(x, y).record_
    assert seen.loo < unseen.loo
    assert seen.bandwidths != unseen.bandwidths
    given = KernelRidge("gaussian", 0.01, 0.7).fit(x, y).record_
    assert given.ridge == pytest.approx(0.01)
    assert given.bandwidths == pytest.approx([0.7] * 3)
