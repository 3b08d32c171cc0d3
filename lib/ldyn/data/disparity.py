"""The 'Cones' scene: a photograph and, for each pixel, how near the scene is."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.data.files import fetch


@dataclass(frozen=True, kw_only=True)
class Disparity:
    """A disparity map of h × w pixels.

    Fields: `values` (h, w) float64, disparity in pixels (larger is nearer), 0 where unknown;
    `known` (h, w) bool; `image` (h, w, 3) uint8, the photograph.
    """

    values: Tensor
    known: Tensor
    image: Tensor


def cones() -> Disparity:
    """Return the left view of 'Cones' at quarter size, 375 × 450 pixels.

    The file stores 4 × disparity in 8 bits, 0 for unknown: values = file / 4.

    Raises: DataError without network and without a local copy, or for a damaged one.
    Source: scharstein2003, page-depth-map.
    """
    stored = torch.from_numpy(fetch("middlebury-2003/disp2.png"))
    image = torch.from_numpy(fetch("middlebury-2003/im2.png"))
    return Disparity(values=stored.double() / 4, known=stored > 0, image=image)
