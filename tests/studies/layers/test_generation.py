"""The study of pictures made, on small digits enlarged to the size of the real ones."""

import base64
from types import SimpleNamespace

import pytest
import torch
from sklearn.datasets import load_digits

from ldyn.studies.layers import generation
from ldyn.studies.layers.generation import Cell, cells, judge, parts, run


@pytest.fixture(scope="module")
def small():
    """Digits 0 and 1 of scikit-learn, 28 × 28; of each class 100 may be seen."""
    images, labels = (torch.from_numpy(a) for a in load_digits(n_class=2, return_X_y=True))
    large = torch.nn.functional.interpolate(images.reshape(-1, 1, 8, 8), 28, mode="bilinear")
    large = (large[:, 0] * 255 / 16).round().byte()

    def load(train=True):
        part = slice(0, 300) if train else slice(300, None)
        return SimpleNamespace(images=large[part], labels=labels[part].long())

    for cached in (parts, judge):
        cached.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generation, "mnist", load)
        patch.setattr(generation, "LARGEST", 100)
        yield
    for cached in (parts, judge):
        cached.cache_clear()


def cell(method, share=0.0, made=30):
    return Cell(data="mnist", train=60, method=method, share=share, made=made)


def test_training_held_out_and_test_pictures_are_others(small):
    classes, test = parts("mnist")
    assert sum(map(len, classes)) == 300
    for images in classes:
        held = images[generation.LARGEST :].flatten(1).float()
        known = images[: generation.LARGEST].flatten(1).float()
        assert len(held) > 30
        assert torch.cdist(held, known).min() > 0
    assert judge("mnist")[1].shape == (len(test), 40) == (60, 40)


def test_copies_have_no_distance_and_held_out_pictures_theirs(small):
    found = {m: run(cell(m, s)) for m, s in (("held out", 0.0), ("copies", 1.0), ("normal", 0.0))}
    assert found["copies"]["ratio"] < 0.01
    assert found["copies"]["tail"] == 1
    assert found["held out"]["ratio"] == pytest.approx(1, abs=0.1)
    assert found["held out"]["tail"] < 0.1
    assert found["held out"]["classes"] > 0.95
    assert found["copies"]["frechet"] < 2 * found["held out"]["frechet"]
    assert found["normal"]["recall"] < found["held out"]["recall"]


def test_windows_and_ridge_make_new_pictures(small, monkeypatch):
    row = run(cell("local", 0.9))
    assert 0.2 < row["ratio"] < 2
    assert row["used"] == 0.9
    assert row["sheet"] == ""
    monkeypatch.setattr(generation, "noise_levels", lambda count: [8.0, 1.0, 0.1])
    images = parts("mnist")[0][0]
    sample, share = generation.maker(cell("ridge"), images, 0)
    made = sample(20)
    assert share == 0
    assert made.dtype == torch.uint8
    assert made.float().mean().item() == pytest.approx(images.float().mean().item(), rel=0.25)


def test_a_sheet_holds_four_bits_of_each_pixel(small, monkeypatch):
    monkeypatch.setattr(generation, "maker", lambda c, images, k: (lambda n: images[:n], 0.5))
    row = run(cell("local", 0.0))
    held = torch.frombuffer(bytearray(base64.b64decode(row["sheet"])), dtype=torch.uint8)
    grey = torch.stack([held // 16, held % 16], 1).reshape(2, 2, 3, 28, 28)
    for k, images in enumerate(parts("mnist")[0]):
        assert torch.equal(grey[k, 0], images[:3] // 16)
        assert torch.equal(grey[k, 1], grey[k, 0])  # each is its own neighbour


def test_cells_of_all_scales():
    assert {c.method for c in cells("laptop")} == {"held out", "copies", "local", "normal", "ridge"}
    assert all(c.made == 10_000 for c in cells("full"))
    assert len(cells("smoke")) == 3
