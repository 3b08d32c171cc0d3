"""MNIST's format and loader, on five made digits in the place of its files."""

import gzip
import hashlib
from dataclasses import replace

import numpy as np
import pytest

from ldyn import data
from ldyn.data import files as module

IMAGES = np.random.default_rng(1).integers(0, 256, (5, 28, 28), dtype=np.uint8)
LABELS = np.array([5, 0, 4, 1, 9], dtype=np.uint8)


def packed(content):
    """Gzip without the time of day, which would differ between two collections of the tests."""
    return gzip.compress(content, mtime=0)


def encoded(array, kind=8):
    head = bytes([0, 0, kind, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    return packed(head + array.tobytes())


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A folder with five digits in the place of MNIST's training files."""
    monkeypatch.setenv("LDYN_DATA", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    for name, array in (("train-images-idx3", IMAGES), ("train-labels-idx1", LABELS)):
        key = f"mnist/{name}-ubyte.gz"
        (tmp_path / key).write_bytes(encoded(array))
        digest = hashlib.sha256(array.tobytes()).hexdigest()
        made = replace(module.SOURCES[key], digest=digest, shape=array.shape)
        monkeypatch.setitem(module.SOURCES, key, made)
    return tmp_path


def test_images_and_labels_come_in_order(folder):
    digits = data.mnist()
    assert np.array_equal(digits.images.numpy(), IMAGES)
    assert digits.labels.tolist() == LABELS.tolist()
    assert digits.labels.dtype.is_signed
    with pytest.raises(data.DataError, match=r"t10k-images.*cannot be read"):
        data.mnist(train=False)


@pytest.mark.parametrize(
    "damaged",
    [
        encoded(IMAGES)[:-20],
        encoded(IMAGES, kind=9),
        encoded(IMAGES.reshape(-1)[:-1]),
        encoded(IMAGES.reshape(5, 784)),
        encoded(IMAGES + 1),
        packed(b"\0\0\x08"),
        b"<html>log in</html>",
    ],
    ids=[
        "truncated",
        "floats",
        "one pixel short",
        "rows for pictures",
        "other pixels",
        "no header",
        "no gzip",
    ],
)
def test_a_damaged_file_is_refused(folder, damaged):
    (folder / "mnist/train-images-idx3-ubyte.gz").write_bytes(damaged)
    with pytest.raises(data.DataError, match="train-images"):
        data.mnist()


def test_the_four_files_are_known():
    known = [name for name in module.SOURCES if name.startswith("mnist/")]
    assert len(known) == 4
    assert len({module.SOURCES[name].digest for name in known}) == 4
