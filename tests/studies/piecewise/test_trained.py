"""The study of trained networks: its kernel grid for large samples."""

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian, ridge_path
from ldyn.studies.piecewise import trained
from ldyn.studies.piecewise.trained import BANDWIDTHS, RIDGES, Cell, gaussian_grid, run_group

Z = torch.rand(300, 2, generator=stream("trained test"), dtype=torch.float64)


def test_the_grid_in_single_precision_is_that_of_exact_eigenproblems():
    data = trained.make_sample(Cell(shape="disk", method="ridge Gaussian", n=400, seed=0))
    values, errors = gaussian_grid(BANDWIDTHS, data.x, data.y, Z)
    assert len(values) == len(BANDWIDTHS) * len(RIDGES)
    assert values.keys() == errors.keys()
    labels = iter(values)
    for kernel in map(Gaussian, BANDWIDTHS):
        path = ridge_path(data.x, data.y, kernel=kernel, ridges=RIDGES)
        for exact, left_out in zip(path(Z).T, path.residuals.square().mean(0), strict=True):
            label = next(labels)
            assert errors[label] == pytest.approx(left_out.item(), rel=1e-3), label
            assert (values[label] - exact).square().mean().sqrt() < 1e-3, label


def test_both_choices_are_those_of_the_grid(monkeypatch):
    cell = Cell(shape="disk", method="ridge Gaussian", n=256, seed=0)
    (small,) = run_group([cell])
    monkeypatch.setattr(trained, "EIGEN", 128)
    (found,) = run_group([cell])
    bandwidth, ridge = map(float, found["label"].split("/"))
    assert bandwidth in BANDWIDTHS
    assert min(RIDGES) < ridge < max(RIDGES)
    assert 0 < found["oracle"] <= found["validated"]
    # The grid of small samples holds every point of this one, and its oracle is no worse.
    assert small["oracle"] <= 1.0001 * found["oracle"]
    assert found["validated"] == pytest.approx(small["validated"], rel=0.2)
