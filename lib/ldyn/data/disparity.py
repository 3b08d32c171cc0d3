"""The 'Cones' scene: a photograph and, for each pixel, how near the scene is."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from ldyn.core import require_count, require_positive
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


def jump_sizes(scene: Disparity, *, threshold: float = 3.0) -> tuple[Tensor, Tensor]:
    """Return where the disparity jumps: a mask (h, w), and the sizes of the jumps in pixels.

    A jump lies between two known pixels, next to one another in a row or a column or with unknown
    ones alone between them, that differ by more than `threshold`; both are marked.

    Raises: ValueError unless threshold > 0.
    Source: page-depth-map.
    """
    require_positive(threshold, "threshold")
    marked, sizes = torch.zeros_like(scene.known), []
    views = (scene.values, scene.known, marked), (scene.values.T, scene.known.T, marked.T)
    for values, known, mask in views:
        for line in range(len(values)):
            at = known[line].nonzero()[:, 0]
            steps = values[line, at].diff().abs()
            jump = steps > threshold
            mask[line, at[1:][jump]] = True
            mask[line, at[:-1][jump]] = True
            sizes.append(steps[jump])
    return marked, torch.cat(sizes)


def near_jumps(scene: Disparity, *, threshold: float = 3.0, within: int = 3) -> Tensor:
    """Return the mask (h, w) of known pixels at most `within` pixels, in each axis, from a jump.

    Raises: ValueError unless threshold > 0 and within ≥ 0.
    Source: page-depth-map.
    """
    require_count(within, "within", at_least=0)
    marked, _ = jump_sizes(scene, threshold=threshold)
    wide = max_pool2d(marked.double()[None], 2 * within + 1, 1, within)[0] > 0
    return wide & scene.known
