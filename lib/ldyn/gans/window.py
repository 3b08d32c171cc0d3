"""The window of stable steps: where it begins, where it ends, and how wide it is."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_positive


@dataclass(frozen=True, kw_only=True)
class StableWindows:
    """One window for each of r seeds.

    Fields: `low` and `high` (r,) the first and the last log₁₀ step of the longest run of steps
    whose error stays within the threshold, nan if there is none; `width` (r,) its decades: the
    spacing of the steps times the number of steps in the run, 0 if there is none.
    """

    low: Tensor
    high: Tensor
    width: Tensor


def stable_windows(errors: Tensor, exponents: Tensor, *, threshold: float) -> StableWindows:
    """Return, for each seed, the longest run of neighbouring steps with error ≤ `threshold`.

    Of two runs of one length the later is taken, the one of larger steps.

    Arguments: `errors` (r, m), one row a seed, infinite where training diverged;
    `exponents` (m,) the steps' log₁₀, evenly spaced and increasing, m ≥ 2.
    Raises: ValueError for NaN, or steps that are not evenly spaced.
    Source: chu2020, def-window.
    """
    require_positive(threshold, "threshold")
    if errors.isnan().any():
        raise ValueError("errors must be without NaN, got some; write inf where training diverged")
    gaps = exponents.diff()
    even = len(gaps) and bool((gaps > 0).all()) and torch.allclose(gaps, gaps[:1].expand_as(gaps))
    if not even or not exponents.isfinite().all():
        raise ValueError(
            f"exponents must be m >= 2 numbers, evenly spaced and increasing, got "
            f"{exponents.tolist()}; try torch.linspace(-3, 0, m)"
        )
    length = torch.zeros(errors.shape, dtype=torch.long, device=errors.device)
    for j in range(errors.shape[1]):
        before = length[:, j - 1] if j else 0
        length[:, j] = torch.where(errors[:, j] <= threshold, before + 1, 0)
    most = length.amax(1)
    last = len(exponents) - 1 - length.flip(1).argmax(1)
    nothing = torch.where(most > 0, 0.0, torch.nan)
    return StableWindows(
        low=exponents[last - most.clamp(min=1) + 1] + nothing,
        high=exponents[last] + nothing,
        width=gaps[0] * most,
    )
