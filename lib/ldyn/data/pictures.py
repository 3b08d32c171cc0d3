"""Fashion-MNIST and CIFAR-10: 70,000 articles of clothing, 60,000 small photographs."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.data.files import fetch


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Small pictures and what they show.

    Fields: `images` uint8, 0 … 255, (n, h, w) where grey and (n, 3, h, w) red, green, blue where
    coloured; `labels` (n,) int64; `names` what label 0, 1, … means.
    """

    images: Tensor
    labels: Tensor
    names: tuple[str, ...]


_CLOTHES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
_THINGS = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)


def fashion_mnist(*, train: bool = True) -> Pictures:
    """Return Fashion-MNIST's 60,000 training pictures, or its 10,000 test pictures.

    images (n, 28, 28), grey, 0 for the background: the shape and range of `mnist`.
    Raises: DataError without network and without a local copy, or for a damaged one.
    Source: xiao2017.
    """
    part = "train" if train else "t10k"
    images = torch.from_numpy(fetch(f"fashion-mnist/{part}-images-idx3-ubyte.gz"))
    labels = torch.from_numpy(fetch(f"fashion-mnist/{part}-labels-idx1-ubyte.gz"))
    return Pictures(images=images, labels=labels.long(), names=_CLOTHES)


def cifar10(*, train: bool = True) -> Pictures:
    """Return CIFAR-10's 50,000 training photographs, or its 10,000 test photographs.

    images (n, 3, 32, 32), red, green, blue, in the order of the published batches.
    Raises: DataError without network and without a local copy, or for a damaged one.
    Source: krizhevsky2009.
    """
    parts = [f"data_batch_{k}" for k in range(1, 6)] if train else ["test_batch"]
    rows = torch.cat([torch.from_numpy(fetch(f"cifar-10/{part}.bin")) for part in parts])
    images = rows[:, 1:].reshape(-1, 3, 32, 32)
    return Pictures(images=images, labels=rows[:, 0].long(), names=_THINGS)
