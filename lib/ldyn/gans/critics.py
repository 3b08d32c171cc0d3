"""The games of critics and generators, and how far apart their samples are."""

import torch
from torch import Tensor
from torch.nn import functional

from ldyn.core import require_count, stream

GAMES = ("wasserstein", "non-saturating", "relativistic")


def game_value(kind: str, real: Tensor, fake: Tensor) -> Tensor:
    """Return what a critic with values `real` (k, n, 1) and `fake` (k, n, 1) maximises, (k,).

    "wasserstein": mean of fake − mean of real. "non-saturating": −E log(1 + e^{−fake}) −
    E log(1 + e^{real}), the game of classification, critics high on fakes. "relativistic":
    −E log(1 + e^{real − fake}), one point of each kind a pair.
    Source: chu2020, def-stacked-game.
    """
    if kind == "wasserstein":
        return fake.mean((1, 2)) - real.mean((1, 2))
    if kind == "relativistic":
        return -functional.softplus(real - fake).mean((1, 2))
    return -(functional.softplus(-fake).mean((1, 2)) + functional.softplus(real).mean((1, 2)))


def generator_loss(kind: str, fake: Tensor, real: Tensor | None = None) -> Tensor:
    """Return what a generator with critic values `fake` (k, n, 1) minimises, (k,).

    "wasserstein": the mean. "non-saturating": E log(1 + e^{fake}). "relativistic":
    E log(1 + e^{fake − real}), with the values of data that the fakes are paired with.
    Source: chu2020, def-stacked-game.
    """
    if kind == "wasserstein":
        return fake.mean((1, 2))
    return functional.softplus(fake if real is None else fake - real).mean((1, 2))


def sliced_distance(x: Tensor, y: Tensor, *, directions: int = 32) -> Tensor:
    """Return the mean of W₂² between projections of k pairs of samples, (k,).

    In the plane the directions are spread evenly over the half circle, in other dimensions they
    are random and always the same; on a line W₂² is the mean square of the differences of the
    sorted values.

    Arguments: `x` and `y` (k, n, d); a pair that is infinite or NaN leaves the others as they are.
    Raises: ValueError for a number of directions below one.
    Source: chu2020, def-window.
    """
    require_count(directions, "directions")
    if x.shape[2] == 2:
        angle = torch.arange(directions, dtype=x.dtype, device=x.device) * (torch.pi / directions)
        onto = torch.stack([angle.cos(), angle.sin()])
    else:
        drawn = torch.randn(x.shape[2], directions, generator=stream("slices"), dtype=torch.float64)
        onto = functional.normalize(drawn, dim=0).to(x)
    ends = ((z @ onto).transpose(1, 2).sort(2).values for z in (x, y))
    return (next(ends) - next(ends)).square().mean((1, 2))
