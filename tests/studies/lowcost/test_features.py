"""The study of Fourier features: what a row says, and its second order by definition."""

import itertools
import math

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian, median_bandwidth
from ldyn.solvers import FourierFeatures
from ldyn.studies.lowcost.features import (
    BANDWIDTHS,
    Cell,
    cells,
    normal,
    ridge_error,
    run,
    second_order,
    target,
)


def test_the_gaussian_kernel_is_seen_at_all_sizes_and_the_others_at_one():
    found = cells("laptop")
    assert len(set(found)) == len(found)
    for kernel, sizes in (("gaussian", 5), ("laplace", 1), ("matern32", 1), ("matern52", 1)):
        rows = [c for c in found if c.kernel == kernel]
        bandwidths = 2 if kernel == "gaussian" else 1
        assert len(rows) == 5 * 3 * 10 * sizes * bandwidths
        assert 1024 in {c.pairs for c in rows}


def test_the_second_order_is_that_of_the_definition():
    x, kernel = normal("toy", 3)[:4], Gaussian(1.7)
    w = FourierFeatures(kernel, 12, sampler="iid").fit(x).frequencies_
    gram = kernel(x, x)
    found = second_order(w, x, gram, bandwidth=1.7)
    for i, j in itertools.product(range(4), range(4)):
        delta = x[i] - x[j]
        mean = sum((v @ delta).square() for v in w) / len(w)
        exact = -gram[i, j] / 2 * (mean - delta.square().sum() / 1.7**2)
        assert found[i, j].item() == pytest.approx(exact.item(), abs=1e-12)


def test_for_near_points_nearly_all_of_the_error_is_of_second_order():
    x, kernel = 0.05 * normal("near", 2)[:30], Gaussian(1.0)
    f = FourierFeatures(kernel, 64, sampler="iid").fit(x)
    phi, gram = f.transform(x), kernel(x, x)
    error = phi @ phi.T - gram
    second = second_order(f.frequencies_, x, gram, bandwidth=1.0)
    assert (error - second).norm() < 0.02 * error.norm()


def test_a_row_says_how_far_the_kernel_is_and_what_it_costs():
    cell = Cell(kernel="gaussian", bandwidth="median", dim=2, sampler="sobol", pairs=64, seed=3)
    x = normal("kernel error", 2)
    kernel = Gaussian(BANDWIDTHS["median"] * median_bandwidth(x))
    phi = FourierFeatures(kernel, 128, seed=3).fit_transform(x)
    exact = (phi @ phi.T - kernel(x, x)).norm() / kernel(x, x).norm()
    found = run(cell)
    assert found["error"] == pytest.approx(exact.item(), rel=1e-4)
    assert found["second"] + found["rest"] >= found["error"] >= abs(found["second"] - found["rest"])
    assert run(Cell(**{**vars(cell), "pairs": 2048}))["harm"] == pytest.approx(1, abs=0.03)
    other = run(Cell(**{**vars(cell), "kernel": "laplace"}))
    assert (other["second"], other["rest"]) == (None, None)
    assert other["error"] > found["error"]


def test_bandwidths_are_the_median_distance_and_that_over_the_root_of_two():
    x = normal("kernel error", 8)
    median = torch.pdist(x).median().item()
    assert BANDWIDTHS["median"] * median_bandwidth(x) == pytest.approx(median)
    assert BANDWIDTHS["median/√2"] * median_bandwidth(x) == pytest.approx(median / math.sqrt(2))


def test_the_ridge_error_is_that_of_the_formula():
    x, new, kernel = normal("a", 2)[:40], normal("b", 2)[:30], Gaussian(1.0)
    y, truth = target(x, kernel), target(new, kernel)
    noise = 0.3 * torch.randn(40, generator=stream("noise"), dtype=torch.float64)
    lifted = kernel(x, x) + 0.1 * torch.eye(40, dtype=torch.float64)
    fit = kernel(new, x) @ torch.linalg.inv(lifted) @ (y + noise)
    exact = (fit - truth).square().mean().sqrt().item()
    assert ridge_error(kernel(x, x), kernel(new, x), y, truth) == pytest.approx(exact)
    assert 0.3 < y.std() < 3
