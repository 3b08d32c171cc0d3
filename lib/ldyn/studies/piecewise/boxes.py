"""Cosine series over rough boundaries, bias and variance computed: squares against long boxes."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import stream
from ldyn.piecewise import rough_boundary

NOISE = 0.3
ALPHAS = [0.3, 0.5, 1.0, 2.0]
ACROSS, ALONG, POINTS = 512, 4096, 2**13


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A random boundary of roughness `alpha` (the seed) and a sample size."""

    alpha: float
    n: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return the sweep: 1 seed and two sizes for smoke, 6 seeds for laptop, 32 for full."""
    seeds = {"smoke": 1, "laptop": 6, "full": 32}[scale]
    sizes = [2**k for k in (range(10, 12) if scale == "smoke" else range(10, 20))]
    return [Cell(alpha=a, n=n, seed=s) for a in ALPHAS for s in range(seeds) for n in sizes]


def group(cell: Cell) -> tuple[float, int]:
    """All sizes of one boundary share its coefficients."""
    return cell.alpha, cell.seed


def run_group(group: list[Cell]) -> list[dict[str, float]]:
    """Return the least risk, squared bias + σ² m₁ m₂ / n, over all boxes and over all squares."""
    bias = squared_bias(group[0].alpha, group[0].seed)
    area = torch.outer(*(torch.arange(1.0, m + 1, dtype=torch.float64) for m in bias.shape))
    risks = [bias + NOISE**2 * area / cell.n for cell in group]
    return [{"box": r.min().item(), "square": r.diagonal().min().item()} for r in risks]


def squared_bias(alpha: float, seed: int) -> Tensor:
    """Return what the cosines outside of m₂ × m₁ leave of 1{x₂ ≥ h(x₁)}, (ACROSS, ALONG)."""
    x = (torch.arange(POINTS, dtype=torch.float64) + 0.5) / POINTS
    h = rough_boundary(alpha, generator=stream("rough", alpha, seed))(x[:, None])
    k = torch.arange(1, ACROSS, dtype=torch.float64)[:, None]
    waves = -(2**0.5) * (torch.pi * k * h).sin() / (torch.pi * k)
    rows = torch.cat([1 - h[None], waves])
    even = torch.cat([rows, rows.flip(1)], 1)
    c = torch.fft.rfft(even)[:, :ALONG].abs() / (2 * POINTS)
    c[:, 1:] *= 2**0.5  # now |c| are the coefficients on the products of cosines
    return (1 - h).mean() - c.square().cumsum(0).cumsum(1)
