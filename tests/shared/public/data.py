"""Valid calls of the loaders, on small files in the published formats."""

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np

from ldyn.data import files
from public.calls import Call

DRAW = np.random.default_rng(7)


def _bytes(*shape: int) -> np.ndarray:
    return DRAW.integers(0, 256, shape, dtype=np.uint8)


def _idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes() + array.tobytes()


def _npz(**arrays: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def _png(array: np.ndarray) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return out.getvalue()


def small_files() -> dict[str, bytes]:
    """What a folder of data holds, by name: three pictures a part, two pairs, one scene."""
    found = {
        "pairs/AN.npz": _npz(X=DRAW.normal(size=(2, 5, 2)), target=np.array([1, -1], np.int8)),
        "middlebury-2003/disp2.png": _png(_bytes(4, 6)),
        "middlebury-2003/im2.png": _png(_bytes(4, 6, 3)),
    }
    for folder in ("mnist", "fashion-mnist"):
        for part in ("train", "t10k"):
            found[f"{folder}/{part}-images-idx3-ubyte.gz"] = _idx(_bytes(3, 28, 28))
            found[f"{folder}/{part}-labels-idx1-ubyte.gz"] = _idx(_bytes(3) % 10)
    for part in (*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"):
        found[f"cifar-10/{part}.bin"] = (_bytes(3, 3073) % 10).tobytes()
    return found


@contextmanager
def small_data(folder: Path) -> Iterator[None]:
    """Let `small_files`, written to `folder`, stand in the place of the published ones."""
    made = {}
    for name, content in small_files().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
        array = files.SOURCES[name].decode(content)
        digest = hashlib.sha256(array.tobytes()).hexdigest()
        made[name] = replace(files.SOURCES[name], digest=digest, shape=array.shape)
    with (
        mock.patch.dict(files.SOURCES, made),
        mock.patch.dict(os.environ, {"LDYN_DATA": str(folder)}),
    ):
        yield


CALLS = {
    "cache_folder": Call(given=dict),
    "cause_effect_pairs": Call(given=lambda: {"name": "AN", "binary": False}),
    "cifar10": Call(given=lambda: {"train": False}),
    "cones": Call(given=dict),
    "fashion_mnist": Call(given=lambda: {"train": True}),
    "fetch": Call(given=lambda: {"name": "pairs/AN.npz"}),
    "mnist": Call(given=lambda: {"train": True}),
}
