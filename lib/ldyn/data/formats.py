"""Formats of data files: what compression and archives hold, and the arrays in it."""

import gzip
import io
import lzma
import tarfile

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
