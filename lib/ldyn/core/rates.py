"""Rates: the slope of log risk against log n, with its interval."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core.checks import require_count
from ldyn.core.streams import stream


@dataclass(frozen=True, kw_only=True)
class Slope:
    """An estimated exponent with its bootstrap interval at `level`."""

    value: float
    low: float
    high: float
    level: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def slope(
    sizes: Tensor,
    risks: Tensor,
    *,
    upper_half: bool = False,
    level: float = 0.95,
    resamples: int = 2000,
) -> Slope:
    """Return the least-squares slope of log mean risk against log size.

    value = Σ_j (u_j − ū)(v_j − v̄) / Σ_j (u_j − ū)²  with u = log n, v = log r̄,
    r̄ the mean over replications. The percentile interval resamples replications,
    independently at each size.

    Arguments: `sizes` (m,), increasing; `risks` (r, m), positive, r replications at each size;
    `upper_half` keeps the largest ⌈m/2⌉ sizes, at least three.
    Raises: ValueError for fewer than two sizes, mismatched shapes or risks that are not positive.
    """
    require_count(resamples, "resamples")
    if sizes.ndim != 1 or risks.ndim != 2 or risks.shape[1] != len(sizes) or len(sizes) < 2:
        raise ValueError(
            f"expected sizes (m,) with m >= 2 and risks (r, m), got {tuple(sizes.shape)} and "
            f"{tuple(risks.shape)}; put replications in rows"
        )
    if not (torch.isfinite(risks).all() and (risks > 0).all() and (sizes > 0).all()):
        raise ValueError("sizes and risks must be finite and > 0; drop failed replications first")
    if upper_half:
        keep = min(len(sizes), max(3, (len(sizes) + 1) // 2))
        sizes, risks = sizes[-keep:], risks[:, -keep:]
    u = sizes.double().log()
    weights = (u - u.mean()) / (u - u.mean()).square().sum()
    r, m = risks.shape
    draws = torch.randint(r, (resamples, r, m), generator=stream("slope", r, m))
    means = risks.double().cpu().gather(0, draws.reshape(-1, m)).reshape(resamples, r, m).mean(1)
    values = means.log() @ weights.cpu()
    tail = (1 - level) / 2
    low, high = torch.quantile(values, torch.tensor([tail, 1 - tail], dtype=torch.float64))
    value = (risks.double().mean(0).log() @ weights).item()
    return Slope(value=value, low=low.item(), high=high.item(), level=level)
