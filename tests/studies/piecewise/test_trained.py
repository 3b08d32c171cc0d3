"""The study of trained networks: its kernel grid for large samples."""

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import ridge_path
from ldyn.studies.piecewise import trained
from ldyn.studies.piecewise.trained import KERNELS, RIDGES, Cell, kernel_grid, run_group

Z = torch.rand(300, 2, generator=stream("trained test"), dtype=torch.float64)


@pytest.mark.parametrize("method", KERNELS)
def test_the_grid_in_single_precision_is_that_of_exact_eigenproblems(method):
    data = trained.make_sample(Cell(shape="disk", method=method, n=400, seed=0))
    values, errors = kernel_grid(KERNELS[method], data.x, data.y, Z)
    assert len(values) == len(KERNELS[method]) * len(RIDGES)
    assert values.keys() == errors.keys()
    labels = iter(values)
    for kernel in KERNELS[method]:
        path = ridge_path(data.x, data.y, kernel=kernel, ridges=RIDGES)
        for exact, left_out in zip(path(Z).T, path.residuals.square().mean(0), strict=True):
            label = next(labels)
            assert errors[label] == pytest.approx(left_out.item(), rel=1e-3), label
            assert (values[label] - exact).square().mean().sqrt() < 1e-3, label


@pytest.mark.parametrize("method", KERNELS)
def test_both_choices_are_those_of_the_grid(method, monkeypatch):
    cell = Cell(shape="disk", method=method, n=256, seed=1)
    (small,) = run_group([cell])
    monkeypatch.setattr(trained, "LARGE", 256)
    (found,) = run_group([cell])
    bandwidth, ridge = map(float, found["label"].split("/"))
    assert bandwidth in [kernel.bandwidth for kernel in KERNELS[method]]
    assert min(RIDGES) < ridge < max(RIDGES)
    assert 0 < found["oracle"] <= found["validated"]
    # The grid of small samples holds every point of this one, and its oracle is no worse.
    assert small["oracle"] <= 1.0001 * found["oracle"]
    assert found["validated"] == pytest.approx(small["validated"], rel=0.2)
