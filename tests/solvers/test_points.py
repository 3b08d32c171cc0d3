"""Points of the cube: never on its faces, uniform, balanced, and of powers of two."""

import pytest
import torch
from scipy.special import ndtri

from ldyn.core import stream
from ldyn.kernels import Gaussian
from ldyn.solvers import uniform_points


@pytest.mark.parametrize("sampler", ["sobol", "iid"])
def test_points_are_in_the_open_cube_and_repeat(sampler):
    points = uniform_points(2**16, 3, sampler=sampler, generator=stream("open"))
    assert points.shape == (2**16, 3)
    assert points.dtype == torch.float64
    assert points.min() > 0
    assert points.max() < 1
    again = uniform_points(2**16, 3, sampler=sampler, generator=stream("open"))
    assert torch.equal(points, again)
    other = uniform_points(2**16, 3, sampler=sampler, generator=stream("other"))
    assert not torch.equal(points, other)


def test_the_ends_of_the_numbers_of_sobol_are_cut_off():
    """A net in float32 has ones, and one that is not scrambled begins at the origin."""
    single = torch.tensor([1 - 2.0**-30], dtype=torch.float64).float()
    assert single == 1
    origin = torch.quasirandom.SobolEngine(4).draw(1, dtype=torch.float64)
    assert torch.equal(origin, torch.zeros(1, 4, dtype=torch.float64))
    points = uniform_points(64, 3, generator=stream("ends"))
    assert ((points * 2.0**30) % 1 == 0.5).all()
    ends = torch.tensor([[2.0**-31, 1 - 2.0**-31, 0.5]], dtype=torch.float64)
    found = Gaussian(1.0).frequencies(ends)[0]
    exact = torch.from_numpy(ndtri(ends[0, :2].numpy()))
    torch.testing.assert_close(found, exact, rtol=1e-6, atol=0)


@pytest.mark.parametrize("count", [64, 256])
def test_every_projection_of_a_net_has_one_point_in_each_cell(count):
    points = uniform_points(count, 7, generator=stream("cells", count))
    cells = (points * count).long().sort(0).values
    assert torch.equal(cells, torch.arange(count)[:, None].expand(count, 7))


def test_each_point_is_uniform_over_the_scrambles():
    draws = torch.stack([uniform_points(4, 2, generator=stream("u", s)) for s in range(400)])
    for power in (1, 2, 3):
        values = draws**power
        error = values.std(0) / len(draws) ** 0.5
        assert ((values.mean(0) - 1 / (power + 1)).abs() < 6 * error).all()


def test_another_default_dtype_does_not_move_the_first_point():
    plain = uniform_points(4, 2, generator=stream("default"))
    torch.set_default_dtype(torch.float64)
    try:
        again = uniform_points(4, 2, generator=stream("default"))
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(plain, again)


def test_what_is_refused():
    draw = stream("bad")
    with pytest.raises(ValueError, match="count must be an integer >= 1"):
        uniform_points(0, 2, generator=draw)
    with pytest.raises(ValueError, match="sampler must be one of iid, sobol"):
        uniform_points(4, 2, sampler="halton", generator=draw)
    with pytest.raises(ValueError, match="dim <= 21,201, got 21,202; try sampler='iid'"):
        uniform_points(4, 21_202, generator=draw)
