"""Random laws, one for each of many tasks: what generators of pairs draw."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor

Process = Callable[..., Tensor]  # (inputs, lengths, *, draw) → a draw at the inputs

_ENTRIES = 2e7  # of the covariance matrices held at once


def uniform(draw: Generator, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
    """Return independent draws of U(low, high), float64."""
    return low + (high - low) * torch.rand(*shape, generator=draw, dtype=torch.float64)


def normal(draw: Generator, *shape: int) -> Tensor:
    """Return independent draws of N(0, 1), float64."""
    return torch.randn(*shape, generator=draw, dtype=torch.float64)


def gamma(draw: Generator, shape: int, scale: float, *size: int) -> Tensor:
    """Return independent draws of Γ(shape, scale) for a whole shape: sums of exponentials."""
    return scale * -torch.log1p(-uniform(draw, *size, shape)).sum(-1)


def log_uniform(draw: Generator, count: int, low: float, high: float) -> Tensor:
    """Return exp U(log low, log high), one a task, (count, 1)."""
    return uniform(draw, count, 1, low=math.log(low), high=math.log(high)).exp()


def rows_standardised(x: Tensor, floor: float = 0.0) -> Tensor:
    """Return each row with mean 0, divided by its standard deviation plus `floor`."""
    x = x - x.mean(-1, keepdim=True)
    return x / (x.square().mean(-1, keepdim=True).sqrt() + floor)


def gaussian_processes(
    inputs: Tensor, lengths: Tensor, *, draw: Generator, noise: float = 1e-4
) -> Tensor:
    """Return a draw of a Gaussian process for each task at its own points, (count, n).

    Covariance exp(−½ Σ_d (u_d − v_d)²/ℓ_d²) + noise² 1[same row], by Cholesky factors.

    Arguments: `inputs` (count, n, d); `lengths` (count, d).
    Source: mooij2016, def-pair-families.
    """
    count, n, _ = inputs.shape
    white = normal(draw, count, n)
    points = inputs / lengths[:, None]
    block, out = max(1, int(_ENTRIES // n**2)), []
    for start in range(0, count, block):
        z = points[start : start + block]
        # cdist by differences: expanding the square costs the digits that Cholesky needs
        distance = torch.cdist(z, z, compute_mode="donot_use_mm_for_euclid_dist")
        covariance = distance.square_().mul_(-0.5).exp_()
        covariance.diagonal(dim1=1, dim2=2).add_(noise**2)
        factor = torch.linalg.cholesky(covariance)
        out.append((factor @ white[start : start + block, :, None])[..., 0])
    return torch.cat(out)


def random_fields(inputs: Tensor, lengths: Tensor, *, draw: Generator) -> Tensor:
    """Return almost what `gaussian_processes` does, at a cost linear in n: 100 random waves.

    Source: rahimi2007, def-wide-prior.
    """
    count, _, d = inputs.shape
    waves = normal(draw, count, 100, d) / lengths[:, None]
    angles = inputs @ waves.mT + 2 * math.pi * uniform(draw, count, 1, 100)
    return (angles.cos_() @ normal(draw, count, 100, 1))[..., 0] * (2 / 100) ** 0.5


def distributions(
    count: int, n: int, *, draw: Generator, process: Process = gaussian_processes
) -> Tensor:
    """Return samples of `count` random laws, (count, n): warped normals, Mooij's RD(θ, τ).

    z_1 ≤ … ≤ z_n normal, F a process there with length θ drawn from Γ(5, 0.1) and noise τ = 10⁻⁴;
    the sample is the trapezoidal ∫_{z_1}^{z_i} e^F, in random order.

    Source: mooij2016, def-pair-families.
    """
    z = normal(draw, count, n).sort(1).values
    slope = process(z[..., None], gamma(draw, 5, 0.1, count, 1), draw=draw).exp()
    steps = z.diff(dim=1) * (slope[:, 1:] + slope[:, :-1]) / 2
    grown = torch.cat([steps.new_zeros(count, 1), steps.cumsum(1)], 1)
    return grown.gather(1, uniform(draw, count, n).argsort(1))


def choose(
    options: Sequence[Callable[..., Tensor]], weights: Sequence[float], draw: Generator, x: Tensor
) -> Tensor:
    """Return options[j](x[rows], draw) in rows that chose j with probability ∝ weights[j]."""
    chance = torch.tensor(weights, dtype=torch.float64)
    which = torch.multinomial(chance, len(x), replacement=True, generator=draw)
    out = torch.empty_like(x)
    for j, option in enumerate(options):
        rows = (which == j).nonzero()[:, 0]
        if len(rows):
            out[rows] = option(x[rows], draw)
    return out


def _student(x: Tensor, draw: Generator) -> Tensor:
    return normal(draw, *x.shape) / (gamma(draw, 3, 1 / 3, *x.shape)).sqrt()


def _mixture(x: Tensor, draw: Generator) -> Tensor:
    """Two to five normals of random weight, place and width."""
    k, rows = 5, len(x)
    weights = uniform(draw, rows, k) * (torch.arange(k) < 1 + 4 * uniform(draw, rows, 1))
    part = torch.multinomial(weights, x.shape[1], replacement=True, generator=draw)
    places, widths = 2 * normal(draw, rows, k), uniform(draw, rows, k, low=0.1, high=1.0)
    return places.gather(1, part) + widths.gather(1, part) * normal(draw, *x.shape)


def _warped(x: Tensor, draw: Generator) -> Tensor:
    """sinh(δ arsinh z + ε): skewed and with light or heavy tails."""
    skew, tail = normal(draw, len(x), 1) / 2, log_uniform(draw, len(x), 0.5, 1.5)
    return torch.sinh(tail * torch.asinh(normal(draw, *x.shape)) + skew)


LAWS: tuple[Callable[[Tensor, Generator], Tensor], ...] = (
    lambda x, draw: normal(draw, *x.shape),
    lambda x, draw: uniform(draw, *x.shape),
    lambda x, draw: gamma(draw, 1, 1.0, *x.shape) - gamma(draw, 1, 1.0, *x.shape),  # Laplace
    lambda x, draw: gamma(draw, 1, 1.0, *x.shape),
    lambda x, draw: gamma(draw, 3, 1.0, *x.shape),
    lambda x, draw: (normal(draw, *x.shape) * uniform(draw, len(x), 1, low=0.2)).exp(),
    lambda x, draw: (2 * math.pi * uniform(draw, *x.shape)).cos(),
    lambda x, draw: uniform(draw, *x.shape).logit(eps=1e-12),
    _student,
    _mixture,
    _warped,
    lambda x, draw: distributions(*x.shape, draw=draw, process=random_fields),
)


def random_laws(count: int, n: int, *, draw: Generator) -> Tensor:
    """Return standardised samples of laws from LAWS, each with a random sign, (count, n).

    Source: montagna2026, def-wide-prior.
    """
    sample = choose(LAWS, [1.0] * len(LAWS), draw, torch.empty(count, n, dtype=torch.float64))
    sign = uniform(draw, count, 1).sub(0.5).sign()
    return sign * rows_standardised(sample)
