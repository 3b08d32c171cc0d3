"""How flat a point is: inactive cones, the distance to the next kink, the order of growth."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive
from ldyn.landscape.units import UnitNet


def inactive(w: Tensor, x: Tensor) -> Tensor:
    """Return whether w_jᵀx_ν < 0 at every sample, (…, H), for `w` (…, H, D) and `x` (n, D).

    Source: fukumizu2019, def-inactive.
    """
    return (x @ w.mT < 0).all(-2)


def sample_inactive(
    x: Tensor, count: int, *, scale: float, generator: torch.Generator, tries: int = 10**6
) -> Tensor:
    """Return w (count, D) from N(0, scale² I) given that wᵀx_ν < 0 at every row of `x` (n, D).

    Raises: ValueError when the cone is empty, or so thin that `tries` draws do not hit it enough.
    Source: fukumizu2019, thm-relu-inactive.
    """
    require_count(count, "count")
    require_positive(scale, "scale")
    require_count(tries, "tries")
    found, drawn = x.new_zeros(0, x.shape[1]), 0
    while len(found) < count and drawn < tries:
        batch = min(tries - drawn, max(256, 4 * count))
        w = torch.randn(batch, x.shape[1], generator=generator, dtype=x.dtype, device=x.device)
        found, drawn = torch.cat([found, w[inactive(w, x)]]), drawn + batch
    if len(found) < count:
        raise ValueError(
            f"{len(found)} of {drawn} draws were inactive at all {len(x)} samples; "
            "is there a column of ones in x? Else the cone may be empty"
        )
    return scale * found[:count]


def kink_margin(net: UnitNet, theta: Tensor, x: Tensor) -> Tensor:
    """Return min_{j,ν} |w_jᵀx_ν| / (‖w_j‖ ‖x_ν‖), (…): how near a datum is to a unit's kink.

    Arguments: `theta` θ (…, p); `x` (…, n, D).
    Source: fukumizu2019, prop-relu-replication.
    """
    net._hold(x)
    _, w, _ = net.split(theta)
    u = torch.nn.functional.normalize(x, dim=-1) @ torch.nn.functional.normalize(w, dim=-1).mT
    return u.abs().amin((-2, -1))


def kink_distance(net: UnitNet, theta: Tensor, direction: Tensor, x: Tensor) -> Tensor:
    """Return the largest t, (…), or one without bound, to which no w_jᵀx_ν changes sign on θ + td.

    Arguments: `theta` θ (…, p), `direction` d (…, p); `x` (…, n, D).
    Source: thm-growth-orders.
    """
    net._hold(x)
    (_, w, _), (_, d, _) = net.split(theta), net.split(direction)
    u, du = x @ w.mT, x @ d.mT
    ahead = u * du < 0
    return torch.where(ahead, -u / torch.where(ahead, du, 1.0), math.inf).amin((-2, -1))


def growth_order(
    loss: Callable[[Tensor], Tensor],
    theta: Tensor,
    direction: Tensor,
    sizes: Tensor,
    *,
    rounding: float | None = None,
) -> float:
    """Return k of L(θ + t d) − L(θ) ≈ c t^k, the slope of their logarithms; ∞ if L does not change.

    Arguments: `loss` (m, p) ↦ (m,); `theta` (p,), `direction` (p,); `sizes` t (m,), positive and
    small, for ReLU below `kink_distance`; changes up to `rounding` count as none, unless given
    10⁻²⁶ or the machine epsilon of the loss, whichever is larger.
    Raises: ValueError where the loss falls, or sizes are not at least two positive numbers.
    Source: thm-growth-orders.
    """
    if len(sizes) < 2 or not (sizes > 0).all():
        raise ValueError(f"sizes must be two or more positive numbers, got {sizes.tolist()}")
    start = loss(theta[None])
    growth = loss(theta + sizes[:, None] * direction) - start
    if rounding is None:
        rounding = max(1e-26, torch.finfo(growth.dtype).eps * start.abs().item())
    if not 0 <= rounding < math.inf:
        raise ValueError(f"rounding must be a finite number >= 0, got {rounding}; try None")
    if (growth.abs() <= rounding).all():
        return math.inf
    if not (growth > rounding).all():
        raise ValueError(
            f"the loss must grow along the direction, got {growth.tolist()}; "
            "try larger sizes, or a point that is a minimum"
        )
    t = sizes.log() - sizes.log().mean()
    return ((t * growth.log()).sum() / t.square().sum()).item()
