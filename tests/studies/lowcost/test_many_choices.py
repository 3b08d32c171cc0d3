"""The table of the study, and what a run says of it."""

import math

import pytest

from ldyn.data import DataError, cones
from ldyn.studies.lowcost import many_choices
from ldyn.studies.lowcost.many_choices import Cell, cells, run, table


@pytest.fixture(autouse=True)
def _data():
    try:
        cones()
    except DataError as problem:
        pytest.skip(str(problem))


def test_the_table_holds_places_and_colours_of_known_pixels():
    x, y = table(0)
    assert x.shape == (24_000, 5)
    assert 0 <= x.min() < x.max() <= 1
    assert y.min() > 0
    scene = cones()
    row, column = (x[7, :2] * (scene.values.new_tensor(scene.values.shape) - 1)).round().long()
    assert scene.values[row, column] == y[7]
    assert len(x.unique(dim=0)) == len(x)


def test_every_choice_is_tried_on_every_table():
    found = cells("laptop")
    assert len(found) == 2 * (1 + 3 * 5 * 3)
    assert sum(cell.shape == "nothing to choose" for cell in found) == 2


def test_a_network_is_judged_on_rows_it_has_not_seen(monkeypatch):
    monkeypatch.setattr(many_choices, "ROWS", 500)
    found = [run(cell) for cell in cells("smoke")]
    assert all(1 < r["error"] < 12 for r in found)  # the responses have a deviation of 11.6
    assert all(math.isclose(r["seen"], r["error"], rel_tol=0.4) for r in found)


def test_nothing_to_choose_is_the_kernel_solver(monkeypatch):
    monkeypatch.setattr(many_choices, "ROWS", 300)
    found = run(Cell(shape="nothing to choose", rate=0.0, steps=0, seed=0))
    assert 1 < found["error"] < 6
