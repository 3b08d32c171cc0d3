"""MNIST: 70,000 handwritten digits."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.data.files import fetch


@dataclass(frozen=True, kw_only=True)
class Digits:
    """Pictures of digits: `images` (n, 28, 28) uint8, 0 for paper, and `labels` (n,) int64."""

    images: Tensor
    labels: Tensor


def mnist(*, train: bool = True) -> Digits:
    """Return MNIST's 60,000 training digits, or its 10,000 test digits.

    Raises: DataError without network and without a local copy, or for a damaged one.
    Source: lecun1998, page-classifier-spectrum.
    """
    part = "train" if train else "t10k"
    images = torch.from_numpy(fetch(f"mnist/{part}-images-idx3-ubyte.gz"))
    labels = torch.from_numpy(fetch(f"mnist/{part}-labels-idx1-ubyte.gz"))
    return Digits(images=images, labels=labels.long())
