"""Formats of data files: what compression and archives hold, and the arrays in it."""

import gzip
import io
import lzma
import tarfile
import zipfile
from typing import Any

import numpy as np

LARGEST = 2**28  # bytes, packed or not; no file of the book comes near it


def unpacked(data: bytes) -> bytes:
    """Return what gzip or xz compressed, and any other bytes as they are."""
    if data.startswith(b"\x1f\x8b"):
        with gzip.open(io.BytesIO(data)) as file:
            return file.read(LARGEST)
    if data.startswith(b"\xfd7zXZ\0"):
        with lzma.open(io.BytesIO(data)) as file:
            return file.read(LARGEST)
    return data


def member(data: bytes, path: str) -> bytes:
    """Return the file `path` of a tar archive, compressed or not; nothing is written to disk."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for entry in archive:
            if entry.name == path and entry.isfile() and (file := archive.extractfile(entry)):
                return file.read(LARGEST)
    raise ValueError(f"the archive has no file {path}")


def png(data: bytes) -> np.ndarray:
    """Return the pixels (h, w) or (h, w, 3), uint8."""
    try:
        from PIL import Image
    except ImportError:
        raise ImportError("reading PNG files needs Pillow; try pip install pillow") from None
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        return np.array(image)


def idx(data: bytes) -> np.ndarray:
    """MNIST's format: 0, 0, 8 (uint8), the number of axes, their lengths, the entries."""
    if data[:3] != b"\0\0\x08":
        raise ValueError("no idx file of bytes")
    axes = data[3]
    shape = np.frombuffer(data, ">i4", count=axes, offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape).copy()


def records(data: bytes) -> np.ndarray:
    """CIFAR-10's format: a byte of label and 3 · 32 · 32 of red, green and blue, (n, 3073)."""
    return np.frombuffer(data, np.uint8).reshape(-1, 3073).copy()


# Folders of the pairs in the repository that publishes all of them.
PAIR_SETS = {
    "AN": "ANLSMN_pairs/AN",
    "LS": "ANLSMN_pairs/LS",
    "SIM": "SIM_pairs/SIM",
    "SIM-c": "SIM_pairs/SIM-c",
    "tuebingen": "tuebingen_benchmark",
}


def pairs(data: bytes, folder: str) -> np.ndarray:
    """Cause–effect pairs, (N, 5) float64: number, weight, target, first and second column.

    From an archive of text files, or the same arrays as npz; pairs of more columns are left out.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {i.filename: i for i in archive.infolist()}
        if sum(i.file_size for i in files.values()) > LARGEST:
            raise ValueError(f"the archive holds more than {LARGEST} bytes")
        if any(name.endswith(".npy") for name in files):
            return _stacked(*_from_npz(np.load(io.BytesIO(data), allow_pickle=False)))
        inside = {name.rpartition("/")[2]: name for name in files if f"{folder}/" in f"/{name}"}
        inside = inside or {name.rpartition("/")[2]: name for name in files}
        return _stacked(*_from_text({k: archive.read(v) for k, v in inside.items()}))


def _from_npz(file: Any) -> tuple[list[np.ndarray], np.ndarray]:
    """The pairs, and of each number, column of the cause, of the effect, and weight."""
    if "meta" in file:
        meta = np.column_stack([file["meta"][:, [0, 1, 3]], file["weight"]])
        meta = meta[file["univariate"]]
        return [file[f"pair{int(k):04d}"][:, :2] for k in meta[:, 0]], meta
    target = file["target"]
    columns = np.where(target[:, None] > 0, [1, 2], [2, 1])
    numbers, ones = 1 + np.arange(len(target)), np.ones(len(target))
    return list(file["X"]), np.column_stack([numbers, columns, ones])


def _from_text(files: dict[str, bytes]) -> tuple[list[np.ndarray], np.ndarray]:
    if "pairmeta.txt" in files:
        meta = np.loadtxt(io.BytesIO(files["pairmeta.txt"]), ndmin=2)
        meta = meta[(meta[:, 1] == meta[:, 2]) & (meta[:, 3] == meta[:, 4])]  # one column each
        texts = [files[f"pair{int(k):04d}.txt"] for k in meta[:, 0]]
        return [np.loadtxt(io.BytesIO(t), usecols=(0, 1)) for t in texts], meta[:, [0, 1, 3, 5]]
    first = np.loadtxt(io.BytesIO(files["pairs_gt.txt"])) == 1
    columns = np.where(first[:, None], [1, 2], [2, 1])
    numbers, ones = 1 + np.arange(len(first)), np.ones(len(first))
    texts = [files[f"pair_{k}.txt"] for k in numbers]
    # A first column of row names; the header names the cause, and is not read.
    found = [np.genfromtxt(io.BytesIO(t), delimiter=",", skip_header=1)[:, 1:3] for t in texts]
    return found, np.column_stack([numbers, columns, ones])


def _stacked(found: list[np.ndarray], meta: np.ndarray) -> np.ndarray:
    about = np.column_stack([meta[:, 0], meta[:, 3], np.where(meta[:, 1] < meta[:, 2], 1, -1)])
    counts = [len(pair) for pair in found]
    return np.column_stack([np.repeat(about, counts, 0), np.concatenate(found)])
