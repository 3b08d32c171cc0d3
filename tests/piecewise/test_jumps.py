import pytest
import torch

from ldyn.data import Disparity
from ldyn.piecewise import jump_sizes, near_jumps


def scene(values):
    values = torch.tensor(values, dtype=torch.float64)
    image = torch.zeros(*values.shape, 3, dtype=torch.uint8)
    return Disparity(values=values, known=values > 0, image=image)


def test_jumps_are_found_along_both_axes_and_across_unknown_pixels():
    marked, sizes = jump_sizes(scene([[5, 5, 0, 0, 9, 9], [5, 5, 0, 0, 9, 15]]))
    assert marked.int().tolist() == [[0, 1, 0, 0, 1, 1], [0, 1, 0, 0, 1, 1]]
    assert sorted(sizes.tolist()) == [4, 4, 6, 6]


def test_a_slope_is_no_jump_and_the_threshold_is_exclusive():
    ramp = scene([[1 + 3 * k for k in range(8)]])
    assert not jump_sizes(ramp)[0].any()
    assert jump_sizes(ramp, threshold=2.9)[0].all()


def test_the_band_near_a_jump_is_as_wide_as_said_and_has_known_pixels_only():
    step = [[4.0] * 8 + [20.0] * 8]
    assert near_jumps(scene(step)).nonzero()[:, 1].tolist() == list(range(4, 12))
    assert near_jumps(scene(step), within=0).nonzero()[:, 1].tolist() == [7, 8]
    step[0][5] = 0.0
    assert near_jumps(scene(step)).nonzero()[:, 1].tolist() == [4, 6, 7, 8, 9, 10, 11]


@pytest.mark.parametrize(("threshold", "within"), [(0, 3), (-1.0, 3), (3, -1), (3, 1.5)])
def test_bad_choices_are_refused(threshold, within):
    with pytest.raises(ValueError, match="must be"):
        near_jumps(scene([[4.0, 20.0]]), threshold=threshold, within=within)
