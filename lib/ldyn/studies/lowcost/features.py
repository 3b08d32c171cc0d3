"""Fourier features: kernel error against dimension, number of pairs, sampler and kernel."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace, Matern32, Matern52, Stationary, median_bandwidth
from ldyn.solvers import FourierFeatures

KERNELS = {"gaussian": Gaussian, "laplace": Laplace, "matern32": Matern32, "matern52": Matern52}
BANDWIDTHS = {"median": 2**0.5, "median/√2": 1.0}  # in units of the median distance over √2
SAMPLERS = ("iid", "orthogonal", "sobol")
ROWS, CENTRES, NOISE, RIDGE = 500, 50, 0.3, 0.1


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One draw of `pairs` frequencies for a kernel on 500 normal points of `dim` columns."""

    kernel: str
    bandwidth: str
    dim: int
    sampler: str
    pairs: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return d = 2 alone for smoke; 10 seeds for laptop, 16 for full: 128 to 2,048 pairs for the
    Gaussian kernel at both bandwidths, 1,024 for the other kernels at the first."""
    small = scale == "smoke"
    sizes = (64, 128) if small else (128, 256, 512, 1024, 2048)
    return [
        Cell(kernel=kernel, bandwidth=bandwidth, dim=dim, sampler=sampler, pairs=pairs, seed=seed)
        for kernel in KERNELS
        for bandwidth in (BANDWIDTHS if kernel == "gaussian" else ("median",))
        for dim in ((2,) if small else (2, 4, 8, 20, 50))
        for sampler in SAMPLERS
        for pairs in (sizes if kernel == "gaussian" else sizes[-2:-1])
        for seed in range({"smoke": 2, "laptop": 10, "full": 16}[scale])
    ]


def run(cell: Cell) -> dict[str, float | None]:
    """Return the Frobenius norms, over that of K, of "error" K̂ − K and, for Gaussian kernels, of
    its "second" order (prop-second-order) and the "rest"; and "harm", the error of ridge
    regression with K̂ in place of K, in units of its own with K, at 500 other points."""
    x, new = (normal(name, cell.dim) for name in ("kernel error", "new points"))
    kernel = KERNELS[cell.kernel](BANDWIDTHS[cell.bandwidth] * median_bandwidth(x))
    features = FourierFeatures(kernel, 2 * cell.pairs, sampler=cell.sampler, seed=cell.seed).fit(x)
    phi, gram = features.transform(x), kernel(x, x)
    approximate, size = phi @ phi.T, gram.norm()
    error, second = approximate - gram, None
    if isinstance(kernel, Gaussian):
        second = second_order(features.frequencies_, x, gram, bandwidth=kernel.bandwidth)
    values = target(x, kernel), target(new, kernel)
    fits = [(gram, kernel(new, x)), (approximate, features.transform(new) @ phi.T)]
    exact, found = (ridge_error(*pair, *values) for pair in fits)
    return {
        "error": digits(error.norm() / size),
        "second": None if second is None else digits(second.norm() / size),
        "rest": None if second is None else digits((error - second).norm() / size),
        "harm": digits(found / exact),
    }


def second_order(frequencies: Tensor, x: Tensor, gram: Tensor, *, bandwidth: float) -> Tensor:
    """Return −½ k(δ) δᵀ(Σ̂ − I/h²)δ, (n, n), Σ̂ the mean of ωωᵀ, for the Gaussian kernel."""
    one = torch.eye(x.shape[1], dtype=x.dtype)
    excess = frequencies.T @ frequencies / len(frequencies) - one / bandwidth**2
    inner = x @ excess @ x.T
    return -gram * (inner.diagonal()[:, None] + inner.diagonal() - 2 * inner) / 2


def target(x: Tensor, kernel: Stationary) -> Tensor:
    """Return a random function of the kernel's space, 50 bumps on normal points, at x, (n,)."""
    centres = normal("centres", x.shape[1])[:CENTRES]
    weights = torch.randn(CENTRES, generator=stream("weights", x.shape[1]), dtype=x.dtype)
    return kernel(x, centres) @ (weights / (kernel(centres, centres) @ weights).std())


def digits(value: Tensor | float) -> float:
    """Return the value with five digits, so that the table stays small."""
    return float(f"{float(value):.5g}")


def ridge_error(gram: Tensor, across: Tensor, y: Tensor, truth: Tensor) -> float:
    """Return the root mean square of across (K + λI)⁻¹ (y + noise) − truth."""
    noise = NOISE * torch.randn(len(y), generator=stream("noise"), dtype=y.dtype)
    lifted = gram + RIDGE * torch.eye(len(y), dtype=y.dtype)
    fit = across @ torch.linalg.solve(lifted, y + noise)
    return (fit - truth).square().mean().sqrt().item()


def normal(name: str, dim: int) -> Tensor:
    """Return the 500 normal points (500, d) of a name."""
    return torch.randn(ROWS, dim, generator=stream(name, dim), dtype=torch.float64)
