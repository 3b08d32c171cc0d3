"""The first steps of the research exercises show what their solutions say of them."""

import pytest
from solutions import run


@pytest.mark.long
def test_held_out_data_choose_nearly_the_best_boundary(monkeypatch):
    names, _ = run("piecewise", "ex-adaptive-alpha", monkeypatch)
    assert sum(names["ratios"]) / len(names["ratios"]) < 1.5


@pytest.mark.long
def test_clipping_restores_the_rate_under_cauchy_noise(monkeypatch):
    places = run("piecewise", "ex-heavy-tails", monkeypatch)[0]["places"]
    assert 250 * places(250, clip=True) < 4
    assert 4000 * places(4000, clip=True) < 4
    assert places(4000, clip=False) > 0.05


@pytest.mark.long
def test_planes_in_cells_reach_the_rate_of_smooth_surfaces(monkeypatch):
    found = run("piecewise", "ex-three-dimensions", monkeypatch)[0]["found"]
    assert found.value == pytest.approx(-1 / 2, abs=0.12)


@pytest.mark.long
def test_the_solution_on_optimisation_error_stands_alone(monkeypatch):
    names, _ = run("piecewise", "ex-delta", monkeypatch)
    assert names["delta"] < 0
