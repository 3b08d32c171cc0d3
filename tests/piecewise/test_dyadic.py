"""Dyadic cells by hand."""

import torch

from ldyn.core import stream
from ldyn.piecewise.dyadic import cell_index, cell_sums, coarsen, refine


def test_points_fall_in_their_cells():
    x = torch.tensor([[0.1, 0.9], [0.6, 0.3], [0.5, 0.5], [1.0, 1.0]], dtype=torch.float64)
    assert cell_index(x, 0).tolist() == [0, 0, 0, 0]
    assert cell_index(x, 1).tolist() == [1, 2, 3, 3]
    assert cell_index(x, 2).tolist() == [3, 9, 10, 15]


def test_sums_over_cells_are_the_direct_ones_at_every_level():
    draw = stream("dyadic")
    x = torch.rand(50, 2, generator=draw, dtype=torch.float64)
    y = torch.randn(2, 50, generator=draw, dtype=torch.float64)
    for level in range(4):
        side = 2**level
        sums = cell_sums(x, y, level)
        assert sums.shape == (2, side, side)
        for i in range(side):
            for j in range(side):
                low = torch.tensor([i, j]) / side
                here = ((x >= low) & (x < low + 1 / side)).all(1)
                torch.testing.assert_close(sums[:, i, j], y[:, here].sum(1))
        if level:
            for v in range(2):
                torch.testing.assert_close(coarsen(sums[v]), cell_sums(x, y, level - 1)[v])


def test_coarsening_undoes_refining_up_to_the_number_of_cells():
    for dim in (1, 2, 3):
        grid = torch.rand([4] * dim, generator=stream("grid", dim), dtype=torch.float64)
        fine = refine(grid)
        assert fine.shape == (8,) * dim
        torch.testing.assert_close(coarsen(fine), grid * 2**dim)
    assert refine(torch.tensor([[1.0, 2.0]])).tolist() == [[1, 1, 2, 2], [1, 1, 2, 2]]
