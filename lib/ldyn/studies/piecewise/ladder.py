"""The deterministic ladder: one edge, three bases, squared error against their size."""

from dataclasses import dataclass

import torch

from ldyn.piecewise import grid_values, haar_transform, wave, wave_height
from ldyn.piecewise.constructions import indicator_net
from ldyn.piecewise.linear import cosine_basis

SIDE = 2048


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A basis and a size: m terms, or K knots of the network."""

    basis: str
    size: int


def cells(scale: str) -> list[Cell]:
    """Return the sizes: few for smoke, all otherwise (the computation is the same at any scale)."""
    sizes = {
        "cosine": [16, 64, 256, 1024, 4096],
        "haar": [2**k for k in range(4, 12)],
        "network": [4, 8, 16, 32, 64, 128],
    }
    keep = 2 if scale == "smoke" else None
    return [Cell(basis=b, size=m) for b, ms in sizes.items() for m in ms[:keep]]


def run(cell: Cell) -> dict[str, float]:
    """Return the squared L² error on a SIDE × SIDE grid and the number of parameters."""
    truth = grid_values(wave(), SIDE)
    if cell.basis == "network":
        knots = torch.arange(cell.size + 1, dtype=torch.float64) / cell.size
        net = indicator_net(wave_height(knots), slope=4.0 * cell.size**2)
        error = (grid_values(net, SIDE) - truth).square().mean().item()
        return {"parameters": net.nonzero, "error": error}
    if cell.basis == "haar":
        c = torch.cat([t.flatten() for t in haar_transform(truth)]).square()
        kept = c.sort(descending=True).values[: cell.size].sum()
    else:
        cutoff = int(cell.size**0.5)
        axis = (torch.arange(SIDE, dtype=torch.float64) + 0.5) / SIDE
        basis = cosine_basis(axis[:, None], cutoff)
        kept = (basis.T @ truth @ basis / SIDE**2).square().sum() * SIDE**2
    return {"parameters": cell.size, "error": (truth.square().sum() - kept).item() / SIDE**2}
