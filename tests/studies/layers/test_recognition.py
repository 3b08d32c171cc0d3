"""The studies of recognition: same pictures for all methods, choices on training pictures."""

import pytest
import torch

from ldyn.core import stream
from ldyn.data import DataError
from ldyn.studies.layers import picture_choices, recognition
from ldyn.studies.layers.recognition import Cell, pictures, right_answers, run


@pytest.fixture
def small(monkeypatch):
    """Pictures of two classes that anybody can tell, in place of the sets."""
    draw = stream("two classes")
    found = {}
    for train in (True, False):
        y = torch.arange(300) % 2
        x = torch.randint(0, 120, (300, 3, 24, 24), generator=draw)
        x[y == 1, :, 5:12, 5:12] += 120
        found[train] = (x.to(torch.uint8), y)
    fake = lambda data, *, train: found[train]  # noqa: E731
    monkeypatch.setattr(recognition, "pictures", fake)
    monkeypatch.setattr(picture_choices, "pictures", fake)
    monkeypatch.setattr(recognition, "STEPS", {1000: 60})


@pytest.mark.parametrize("method", ["features", "network", "pixels"])
def test_every_method_learns_and_says_which_were_right(small, method):
    row = run(Cell(data="MNIST", method=method, n=100, seed=0))
    assert row["tested"] == 300
    assert row["right"] > 270
    assert right_answers(row).sum() == row["right"]
    assert row["products"] > 0
    assert row["memory"] > 0
    whole = run(Cell(data="MNIST", method="features", n=0, seed=0))
    assert "mask" not in whole


def test_the_network_is_chosen_on_held_out_pictures(small):
    x, y = recognition.pictures("MNIST", train=True)
    net, facts = recognition._network(x[:100], y[:100], 0)
    assert (facts["rate"], facts["shift"]) in recognition.CHOICES
    assert facts["held"] <= 20
    again, _ = recognition._network(x[:100], y[:100], 0)
    z = recognition._scaled(x[:5])
    assert torch.allclose(net(z), again(z), atol=1e-4)


def test_masks_keep_leading_zeros():
    row = {"tested": 6, "mask": f"{0b001011:x}"}
    assert right_answers(row).tolist() == [0, 0, 1, 0, 1, 1]


def test_a_choice_moves_one_constant(small):
    assert all(c.n == 1000 for c in picture_choices.cells("laptop"))
    base = picture_choices.run(picture_choices.Cell(data="MNIST", choice="none", value="", n=100))
    moved = picture_choices.run(
        picture_choices.Cell(data="MNIST", choice="threshold", value="0.5", n=100)
    )
    assert base["right"] > 80
    assert moved["loo"] != base["loo"]


def test_sets_have_the_shapes_they_must(monkeypatch):
    try:
        x, y = pictures("MNIST", train=False)
    except DataError as problem:
        pytest.skip(str(problem))
    assert x.shape == (10_000, 28, 28)
    assert len(y) == 10_000
