"""Jumps of a depth map: where they are, how large, and which pixels are near one."""

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from ldyn.core import require_count, require_positive
from ldyn.data import Disparity


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
