"""Uniform points of the cube, independent or of low discrepancy, away from its faces."""

import torch
from torch import Tensor

from ldyn.core import require_choice, require_count

_CELL = 2.0**-30  # torch's Sobol' numbers have 30 binary digits


def uniform_points(
    count: int, dim: int, *, sampler: str = "sobol", generator: torch.Generator
) -> Tensor:
    """Return `count` points of (0, 1)^dim, (count, dim), float64, each uniform over the generator.

    "iid" draws them independently. "sobol" scrambles a Sobol' net, which is balanced at powers of
    two: 129 points are worse than 128. Every number is the centre of its cell of side 2^−30, so
    that none is 0 or 1, where normal quantiles are infinite.

    Arguments: `generator` gives the seed and the device.
    Raises: ValueError for counts < 1, another sampler, or more axes than Sobol' numbers have.
    Source: avron2016, prop-half-space.
    """
    require_count(count, "count")
    require_count(dim, "dim")
    device = generator.device
    if require_choice(sampler, ("sobol", "iid"), "sampler") == "iid":
        u = torch.rand(count, dim, generator=generator, dtype=torch.float64, device=device)
        return u.clamp_(_CELL / 2, 1 - _CELL / 2)
    most = torch.quasirandom.SobolEngine.MAXDIM
    if dim > most:
        raise ValueError(f"Sobol' points need dim <= {most:,}, got {dim:,}; try sampler='iid'")
    seed = int(torch.randint(2**31, (1,), generator=generator, device=device))
    net = torch.quasirandom.SobolEngine(dim, scramble=True, seed=seed)
    u = net.draw(count, dtype=torch.float64)
    u[:1] = u[:1].float()  # as torch has it unless the default dtype is another; maybe 1
    return u.add_(_CELL / 2).clamp_(max=1 - _CELL / 2).to(device)
