"""Distributions in the plane whose modes can be counted."""

import math

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive


def ring(
    count: int,
    *,
    modes: int = 8,
    radius: float = 2.0,
    spread: float = 0.1,
    generator: torch.Generator,
) -> Tensor:
    """Draw `count` points of a mixture of normals whose centres stand evenly on a circle.

    x = radius · (cos 2πk/modes, sin 2πk/modes) + spread · N(0, I),  k uniform; (count, 2) float64
    on the generator's device.

    Raises: ValueError for a count below one, or a radius or spread that is not > 0.
    """
    require_count(count, "count")
    require_count(modes, "modes")
    require_positive(radius, "radius")
    require_positive(spread, "spread")
    device = generator.device
    which = torch.randint(modes, (count,), generator=generator, device=device)
    angle = which.float() * (2 * math.pi / modes)
    centre = radius * torch.stack([angle.cos(), angle.sin()], 1).double()
    noise = torch.randn(count, 2, generator=generator, device=device, dtype=torch.float64)
    return centre + spread * noise


def grid(count: int, *, side: int = 5, spread: float = 0.05, generator: torch.Generator) -> Tensor:
    """Draw `count` points of a mixture of normals centred on a square grid of side² points.

    x = (i, j) − (side − 1)/2 + spread · N(0, I),  i, j uniform on 0 … side − 1; (count, 2) float64
    on the generator's device.

    Raises: ValueError for a count or side below one, or a spread that is not > 0.
    """
    require_count(count, "count")
    require_count(side, "side")
    require_positive(spread, "spread")
    device = generator.device
    which = torch.randint(side, (count, 2), generator=generator, device=device)
    noise = torch.randn(count, 2, generator=generator, device=device, dtype=torch.float64)
    return which.double() - (side - 1) / 2 + spread * noise
