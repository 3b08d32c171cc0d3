"""Tables that are split once, and the studies of what is chosen on them."""

import pytest
import torch

from ldyn.core import stream
from ldyn.data import DataError
from ldyn.solvers import KernelRidge
from ldyn.studies.lowcost import density, selected, tables
from ldyn.studies.lowcost.tables import SOURCES, table


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A package of the name "toystore" that holds one table of text and numbers with a gap."""
    folder = tmp_path / "toystore"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise ImportError('only its files are wanted')")
    lines = ["size,cut,colour,price", "1,Good,E,10", "2,Fair,D,NA", "3,Ideal,D,20", "4,Fair,,1"]
    (folder / "t.csv").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(tables.PINS, "toystore", "1.0")


def test_text_is_numbered_in_its_order_and_rows_with_gaps_are_left_out(shipped):
    order = {"cut": ("Fair", "Good", "Ideal")}
    x, y = tables._shipped("toystore", "t.csv", "size cut colour price", **order)
    assert x.tolist() == [[1, 1, 1], [3, 2, 0]]
    assert y.tolist() == [[10], [20]]
    assert torch.equal(tables._shipped("toystore", "t.csv", "size price", True)[1][:2], y.log1p())


def test_a_package_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(tables, "find_spec", lambda name: None)
    with pytest.raises(DataError, match=r"pip install statsmodels==0\.15\.0"):
        table("fair", rows=10)
    with pytest.raises(ValueError, match="friedman1"):
        table("iris", rows=10)


def test_test_rows_stay_when_training_rows_become_more(monkeypatch):
    rows = torch.arange(100.0, dtype=torch.float64)[:, None]
    monkeypatch.setitem(SOURCES, "count", lambda: (rows, rows))
    small, large, other = (table("count", rows=n, seed=s) for n, s in ((20, 0), (75, 0), (75, 1)))
    assert torch.equal(small.x_test, large.x_test)
    assert torch.equal(small.x, large.x[:20])
    assert not torch.equal(other.x_test, large.x_test)
    assert len(large.x_test) == 25
    assert sorted(torch.cat([large.x, large.x_test])[:, 0].tolist()) == list(range(100))
    assert torch.equal(large.x, large.y)


def test_the_selected_model_is_that_of_kernel_ridge():
    (cell,) = selected.cells("smoke")
    row, data = selected.run(cell), table(cell.table, rows=cell.rows)
    model = KernelRidge().fit(data.x, data.y)
    error = (model.predict(data.x_test) - data.y_test).square().mean()
    assert row["selected"] == pytest.approx(error.item())
    assert row["gaussian_best"] <= row["gaussian_picked"]
    assert row["best"] <= row["picked"]
    assert row["best"] <= row["gaussian_best"]
    assert len({c.table for c in selected.cells("laptop")}) == 15


def test_errors_of_a_grid_are_those_of_single_fits():
    g = stream("grid errors")
    x, y, at, truth = (torch.randn(n, c, generator=g).double() for n in (30, 9) for c in (2, 1))
    found = selected._errors((x, y, at, truth), selected.Gaussian(1.3), [0.1, 1.0])
    for j, ridge in enumerate((0.1, 1.0)):
        a = torch.linalg.inv(selected.Gaussian(1.3)(x, x) + ridge * torch.eye(30).double())
        guess = selected.Gaussian(1.3)(at, x) @ a @ y
        assert found[1, j].item() == pytest.approx((guess - truth).square().mean().item())
        left_out = (a @ y)[:, 0] / a.diagonal()
        assert found[0, j].item() == pytest.approx(left_out.square().mean().item())


def test_both_samples_of_rows_see_the_same_table():
    rows = [density.run(cell) for cell in density.cells("smoke")]
    assert {c.target for c in density.cells("smoke")} == {"edge", "smooth"}
    x, y = density.sample("edge", 5000, 0)
    inside = (x - 0.5).norm(dim=1) < 0.3
    noise = y[:, 0] - (6 * x[:, 0]).sin() - 2 * inside
    assert noise.std().item() == pytest.approx(0.1, rel=0.05)
    assert all(0 < r["test"] < 0.1 and 0 < r["loo"] < 0.1 for r in rows)
