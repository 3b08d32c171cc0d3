"""The study of steps against rank, at its smallest size."""

import torch

from ldyn.solvers import symmetric_gram
from ldyn.studies.lowcost import iterations
from ldyn.sweep.runner import run_group


def test_a_group_measures_ranks_and_ends_as_its_fields_say():
    group = [c for c in iterations.cells("smoke") if c.kernel == "gaussian" and c.ridge == 1e-2]
    rows = {c.rank: r["result"] for c, r in zip(group, run_group(iterations, group), strict=True)}
    assert set(rows) == {0, 30, 120, -1}
    x, _ = iterations.table(500)
    top = torch.linalg.eigvalsh(symmetric_gram(iterations.KERNELS["gaussian"], x))[-1].item()
    assert abs(rows[0]["norm"] / top - 1) < 1e-5
    assert rows[0]["left"] == 500
    assert [rows[k]["taken"] for k in (0, 30, 120)] == [0, 30, 120]
    assert rows[-1]["left"] <= 1e-2
    assert rows[0]["steps"] > rows[30]["steps"] > rows[120]["steps"] >= 1
    for row in rows.values():
        assert row["norm"] <= row["left"] * 1.00001
        assert row["condition"] <= 1 + row["norm"] / 1e-2 * 1.00001 + 1e-5


def test_laptop_cells_reach_eight_thousand_points():
    cells = iterations.cells("laptop")
    assert {c.n for c in cells} == {1000, 2000, 4000, 8000}
    assert len(set(cells)) == len(cells) == 114
