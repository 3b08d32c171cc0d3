"""Samples follow the model, and risks are the integrals they say."""

import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from ldyn.core import stream
from ldyn.piecewise import disk, grid_values, risk, sample, smooth_control, step
from ldyn.piecewise.sampling import quadrature_points


def test_errors_are_normal_with_the_stated_variance():
    n, noise = 40_000, 0.3
    data = sample(disk(), n, noise=noise, generator=stream("noise"))
    errors = (data.y - disk()(data.x)) / noise
    # moments 1, 2, 3, 4 of a standard normal, each with its standard error
    for power, mean, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((errors**power).mean().item() - mean) < 4 * math.sqrt(variance / n)
    # errors do not depend on the value of f*
    inside = disk()(data.x) == 1
    gap = errors[inside].mean() - errors[~inside].mean()
    assert abs(gap) < 4 * (1 / inside.sum() + 1 / (~inside).sum()).sqrt()


def test_points_are_uniform_and_independent():
    x = sample(smooth_control(3), 20_000, generator=stream("uniform")).x
    assert x.min() >= 0
    assert x.max() < 1
    assert (x.mean(0) - 0.5).abs().max() < 4 * math.sqrt(1 / 12 / 20_000)
    covariance = torch.cov(x.T) * 12
    assert (covariance - torch.eye(3)).abs().max() < 4 / math.sqrt(20_000)


def test_without_noise_the_sample_is_the_target_and_dtype_follows():
    data = sample(disk(), 50, noise=0.0, generator=stream("clean"))
    assert torch.equal(data.y, disk()(data.x))
    assert (data.x != data.x.float()).all(), "the draws should have all digits of float64"
    single = sample(disk(), 50, noise=0.0, generator=stream("clean"), dtype=torch.float32)
    assert single.x.dtype == single.y.dtype == torch.float32
    assert torch.equal(single.x, data.x.float())
    again = sample(disk(), 50, noise=0.0, generator=stream("clean"))
    assert torch.equal(again.x, data.x)


@pytest.mark.parametrize("gap", [0.003, 0.1])
def test_the_error_of_a_shifted_step_is_its_shift(gap):
    nodes = 2**16
    found = [risk(step(0.4 + gap), step(0.4), generator=stream("shift", s)) for s in range(100)]
    assert max(abs(r - gap) for r in found) <= 1 / nodes + 1e-12
    # and the random shift makes it unbiased: each value is one of two neighbours on the grid
    error = 0.5 / nodes / math.sqrt(100)
    assert abs(sum(found) / 100 - gap) < 4 * error


def test_risks_of_known_predictors():
    x1 = lambda x: smooth_control(2)(x) + x[:, 0]  # noqa: E731
    assert risk(x1, smooth_control(2), generator=stream("a")) == pytest.approx(1 / 3, abs=1e-6)
    nothing = lambda x: x[:, 0] * 0  # noqa: E731
    area = math.pi * 0.09
    assert risk(nothing, disk(), generator=stream("b")) == pytest.approx(area, abs=2e-3)
    ring = math.pi * (0.33**2 - 0.3**2)
    assert risk(disk(radius=0.33), disk(), generator=stream("c")) == pytest.approx(ring, abs=2e-3)
    assert risk(disk(), disk(), generator=stream("d")) == 0.0
    few = risk(nothing, disk(), generator=stream("b"), points=4)
    assert few in {0.0, 0.25, 0.5, 0.75, 1.0}


def test_the_quadrature_of_a_disk_is_unbiased():
    nothing = lambda x: x[:, 0] * 0  # noqa: E731
    found = torch.tensor(
        [risk(nothing, disk(), generator=stream("net", s), points=64) for s in range(200)]
    ).double()
    assert abs(found.mean() - math.pi * 0.09) < 4 * found.std() / math.sqrt(200)


def test_the_predictor_takes_the_dtype_it_asks_for():
    seen = []

    def predictor(x):
        seen.append(x.dtype)
        return disk()(x)

    risk(predictor, disk(), generator=stream("dtype"), points=64, dtype=torch.float32)
    risk(predictor, disk(), generator=stream("dtype"), points=64)
    assert seen == [torch.float32, torch.float64]


def test_nodes_are_nets():
    line = quadrature_points(1, 32, stream("line"))[:, 0]
    torch.testing.assert_close(line.diff(), torch.full((31,), 1 / 32).double())
    assert 0 <= line[0] < 1 / 32
    # a scrambled Sobol' net in the square meets each of the 2^10 boxes of a shape just once
    net = quadrature_points(2, 2**10, stream("square"))
    for a in range(11):
        boxes = (net * torch.tensor([2**a, 2 ** (10 - a)])).long()
        assert len((boxes[:, 0] * 2 ** (10 - a) + boxes[:, 1]).unique()) == 2**10


def test_grid_values_stand_at_the_centres_of_cells():
    values = grid_values(smooth_control(2), 4)
    x = torch.tensor([[0.125, 0.875]], dtype=torch.float64)
    assert values.shape == (4, 4)
    assert values[0, 3] == smooth_control(2)(x)[0]
    assert grid_values(step(0.3), 4, dim=1).tolist() == [0.0, 1.0, 1.0, 1.0]
    # the dimension is that of a target, of other functions 2
    assert grid_values(step(0.3), 4).shape == (4,)
    assert grid_values(lambda z: z[:, 0], 4).shape == (4, 4)
    # large grids are filled in parts, in the same order
    large = grid_values(lambda z: z[:, 0] + 1000 * z[:, 1], 256)
    axis = (torch.arange(256, dtype=torch.float64) + 0.5) / 256
    assert torch.equal(large, axis[:, None] + 1000 * axis)
    for side, dim in ((0, 2), (4, 0)):
        with pytest.raises(ValueError, match="must be an integer >= 1, got 0; try"):
            grid_values(step(), side, dim=dim)


@given(
    n=st.sampled_from([0, -5, 1.5, True, "ten"]),
    noise=st.sampled_from([-0.1, float("nan"), float("inf")]),
)
@settings(max_examples=20)
def test_bad_choices_are_refused(n, noise):
    with pytest.raises(ValueError, match=r"n must be an integer( >= 1)?, got .*; try"):
        sample(disk(), n, generator=stream("bad"))
    with pytest.raises(
        ValueError, match=r"noise must be a finite (standard deviation|number).*try"
    ):
        sample(disk(), 5, noise=noise, generator=stream("bad"))
    with pytest.raises(
        ValueError, match=r"points must be an integer( >= 1| or None)?, got .*; try"
    ):
        risk(disk(), disk(), generator=stream("bad"), points=n)
