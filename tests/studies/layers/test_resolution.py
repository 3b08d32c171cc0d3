"""Fits at many resolutions: on chapter 1's samples, and the oracle's choice among all settings."""

import pytest
import torch

from ldyn.kernels import Laplace, fit_ridge
from ldyn.studies.layers import resolution
from ldyn.studies.layers.resolution import WIDTHS, Cell, cells, run
from ldyn.studies.piecewise import trained


def test_scales_and_samples():
    assert {c.n for c in cells("smoke")} == {128, 256}
    assert {c.n for c in cells("laptop")} == {128, 256, 512, 1024}
    assert set(cells("laptop")) < set(cells("full"))
    assert len({c.seed for c in cells("full")}) == 24


@pytest.mark.parametrize("method", ["levels", "sum"])
def test_the_oracle_is_at_least_as_good_as_settings_of_its_grid(method, monkeypatch):
    cell = Cell(shape="disk", method=method, n=128, seed=1)
    data = trained.make_sample(trained.Cell(shape="disk", method="", n=128, seed=1))
    z = torch.rand(4096, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    monkeypatch.setattr(resolution, "quadrature_points", lambda *_: z)
    truth = trained.make_target("disk")(z)
    found = run(cell)["oracle"]
    assert 0 < found < truth.var()
    if method == "levels":  # one level of all rows is kernel ridge regression
        one = fit_ridge(data.x, data.y, kernel=Laplace(WIDTHS[0]), ridge=1.0)
        assert found <= (one(z) - truth).square().mean()
        monkeypatch.setattr(resolution, "WIDTHS", WIDTHS[:1])
        assert found <= run(cell)["oracle"]
