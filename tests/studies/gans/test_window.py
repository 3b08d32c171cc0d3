"""The sweep of steps: its cells, and a short run of two stacks."""

from dataclasses import replace

import pytest

from ldyn.studies.gans import window
from ldyn.sweep.runner import run_group


def test_the_laptop_sweep_has_eight_seeds_for_each_of_four_hundred_trainings_and_more():
    cells = window.cells("laptop")
    assert len(cells) >= 400
    seeds: dict = {}
    for c in cells:
        seeds.setdefault((c.loss, c.arm, c.data, c.exponent), set()).add(c.seed)
    assert all(found == set(range(8)) for found in seeds.values())
    games = {(c.loss, c.arm, c.data) for c in cells}
    assert {("wasserstein", arm, data) for arm in window.ARMS for data in window.DATA} <= games


@pytest.mark.parametrize("arm", ["norm", "smooth"])
def test_a_stack_has_a_row_for_each_cell_that_its_neighbours_do_not_change(arm):
    first = next(c for c in window.cells("smoke") if c.arm == arm and c.data == "grid")
    group = [replace(first, exponent=e, seed=s) for e, s in ((-2.0, 0), (30.0, 1), (-1.5, 1))]
    records = run_group(window, group)
    rows = [r["result"] for r in records]
    assert [r["diverged"] for r in rows] == [False, True, False]
    assert rows[1]["worst"] is None
    assert all(0 < r["mean"] <= r["worst"] < 10 for r in (rows[0], rows[2]))
    (alone,) = run_group(window, [group[2]])
    assert alone["result"] == {
        k: pytest.approx(v, rel=1e-3, abs=1e-4) if isinstance(v, float) else v
        for k, v in rows[2].items()
    }
