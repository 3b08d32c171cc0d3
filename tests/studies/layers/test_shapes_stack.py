"""The samples of the study are chapter 1's, and its contestants do what they are called."""

import pytest
import torch

from ldyn.core import stream
from ldyn.data import DataError, cones
from ldyn.layers import StackedKernelRidge
from ldyn.piecewise import sample
from ldyn.studies.layers.shapes_stack import (
    Cell,
    boosted,
    boosting,
    cells,
    ordinary,
    run,
    target,
)
from ldyn.studies.piecewise import trained

F64 = torch.float64


def jump(n, seed=0):
    draw = stream("stack study", n, seed)
    x = torch.rand(n, 2, generator=draw, dtype=F64)
    y = (x[:, 0] > 0.5).to(F64) + 0.3 * torch.randn(n, generator=draw, dtype=F64)
    z = torch.rand(500, 2, generator=draw, dtype=F64)
    return x, y, z, (z[:, 0] > 0.5).to(F64)


def test_every_shape_of_chapter_1_is_there_at_every_size():
    found = cells("laptop")
    assert len(set(found)) == len(found)
    for n in (256, 512, 1024):
        assert {c.shape for c in found if c.n == n} >= {*trained.SHAPES, "smooth", "wave"}
    assert len(cells("full")) == 5 * 6 * 11
    assert {c.n for c in cells("smoke")} == {256, 512}


def test_the_samples_are_those_of_chapter_1(monkeypatch):
    seen = {}

    class Stop(Exception):
        pass

    class Spy:
        def __init__(self, seed):
            seen["seed"] = seed

        def fit(self, x, y):
            seen["x"], seen["y"] = x, y
            raise Stop

    monkeypatch.setattr("ldyn.studies.layers.shapes_stack.StackedKernelRidge", Spy)
    with pytest.raises(Stop):
        run(Cell(shape="blob 2", n=64, seed=3))
    right = trained.make_sample(trained.Cell(shape="blob 2", method="network", n=64, seed=3))
    assert torch.equal(seen["x"], right.x)
    assert torch.equal(seen["y"], right.y)


def test_a_cell_tells_the_chosen_risk():
    found = run(Cell(shape="wave", n=128, seed=0))
    assert found["stack"] == found[("one", "two", "three")[found["layers"] - 1]]
    errors = [found[f"loo {k}"] + (k > 1) / (2 * 128**0.5) for k in (1, 2, 3)]
    assert found["layers"] == 1 + errors.index(min(errors))
    assert 0 < found["kernel"] < 0.25
    assert 0 < found["ordinary"] < 0.25
    assert run(Cell(shape="disk", n=64, seed=0))["kernel"] is None


def test_the_depth_map_has_its_own_noise():
    try:
        cones()
    except DataError as problem:
        pytest.skip(str(problem))
    assert run(Cell(shape="depth map", n=128, seed=0))["stack"] < 0.02


def test_unseen_shapes_are_of_two_or_three_pieces():
    x = torch.rand(2000, 2, generator=stream("unseen"), dtype=F64)
    assert {len(target(s).pieces) for s in ("wave", "four stripes", "fragment")} == {2, 3, 4}
    assert target("four stripes")(x).unique().tolist() == [0.0, 1.0]
    assert sample(target("disk"), 10, generator=stream("d")).x.shape == (10, 2)


def test_ordinary_stacking_moves_with_a_row_that_honest_tops_do_not_see():
    x, y, z, truth = jump(128)
    model = StackedKernelRidge(layers=2).fit(x, y)
    found = ordinary(model, x, y, z)
    assert (found - truth).square().mean() < (y.mean() - truth).square().mean() / 3


def test_boosting_without_a_step_is_ridge_on_random_features():
    x, y, z, truth = jump(200)
    steps = list(boosting(x, y, z, 3.0, 3.0, 0))
    assert len(steps) == 6
    errors = [(s - truth).square().mean().item() for s in steps]
    assert min(errors) < errors[0]  # on the way a step helps
    training = [(s - y).square().mean().item() for s in boosting(x, y, x, 3.0, 3.0, 0)]
    assert training == sorted(training, reverse=True)  # and each fits the rows better
    assert (boosted(x, y, z, 0) - truth).square().mean() < 0.1
