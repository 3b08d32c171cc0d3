"""The published files themselves, where LDYN_DATA names a folder that holds them."""

import gzip
import hashlib
import lzma
import os
from pathlib import Path

import pytest
import torch

from ldyn import data

FOLDER = Path(os.environ.get("LDYN_DATA", ""))
pytestmark = pytest.mark.skipif(not FOLDER.name, reason="LDYN_DATA names no folder of data")

# MD5 of the uncompressed files, as their publishers or others who use them give it.
MD5 = {
    "mnist/t10k-images-idx3-ubyte.gz": "2646ac647ad5339dbf082846283269ea",
    "mnist/t10k-labels-idx1-ubyte.gz": "27ae3e4e09519cfbb04c329615203637",
    "fashion-mnist/t10k-images-idx3-ubyte.gz": "8181f5470baa50b63fa0f6fddb340f0a",
    "fashion-mnist/t10k-labels-idx1-ubyte.gz": "15d484375f8d13e6eb1aabb0c3f46965",
    "cifar-10/test_batch.bin": "803d5f7f4d78ea53de84dbe85f74fb6d",
}


@pytest.mark.long
@pytest.mark.parametrize("name", MD5)
def test_what_the_loader_accepts_is_the_published_payload(name):
    opened = {".gz": gzip.open, ".xz": lzma.open}
    path = next(p for p in (FOLDER / name, FOLDER / f"{name}.xz") if p.is_file())
    with opened.get(path.suffix, open)(path, "rb") as file:
        payload = file.read()
    assert hashlib.md5(payload, usedforsecurity=False).hexdigest() == MD5[name]
    assert payload.endswith(data.fetch(name).tobytes())


@pytest.mark.parametrize(
    ("load", "shape"),
    [
        (data.mnist, (10_000, 28, 28)),
        (data.fashion_mnist, (10_000, 28, 28)),
        (data.cifar10, (10_000, 3, 32, 32)),
    ],
)
def test_test_pictures_load(load, shape):
    assert_pictures(load(train=False), shape)


@pytest.mark.long
@pytest.mark.parametrize(
    ("load", "shape"),
    [
        (data.mnist, (60_000, 28, 28)),
        (data.fashion_mnist, (60_000, 28, 28)),
        (data.cifar10, (50_000, 3, 32, 32)),
    ],
)
def test_training_pictures_load(load, shape):
    assert_pictures(load(), shape)


def assert_pictures(pictures, shape):
    assert pictures.images.shape == shape
    assert pictures.images.dtype == torch.uint8
    assert (pictures.images.min(), pictures.images.max()) == (0, 255)
    counts = pictures.labels.bincount()
    assert len(counts) == 10
    # All but MNIST have as many of each kind.
    spread = 0.15 if "names" not in vars(pictures) else 0.0
    assert (counts - shape[0] / 10).abs().max() <= spread * shape[0] / 10


@pytest.mark.long
def test_the_photographs_open_with_a_brownish_frog():
    """A frog on a brown ground, its first pixel as it is shown everywhere: the axes are right."""
    photographs = data.cifar10()
    assert photographs.names[photographs.labels[0]] == "frog"
    first = photographs.images[0]
    assert first[:, 0, 0].tolist() == [59, 62, 63]
    red, green, blue = first.double().mean((1, 2))
    assert red > green > blue
