"""A basis of k columns, chosen in five ways: the trace that it leaves, and the error of the fit."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import stream
from ldyn.kernels import Gaussian, Matern32, Stationary
from ldyn.lowcost import expected_traces, greedy_pivots, leverage_scores
from ldyn.solvers import FourierFeatures, rpcholesky

F64, JITTER = torch.float64, 1e-10
KERNELS: dict[str, Stationary] = {"square": Gaussian(0.2), "clusters": Gaussian(0.5)}
KERNELS |= {"strays": Gaussian(0.2), "eight": Gaussian(3.0), "twenty": Gaussian(5.0)}
KERNELS |= {"rate": Matern32(0.5)}  # whose target is one function of the kernel's space
RULES, SIZES = ("uniform", "leverage", "rpcholesky", "greedy", "fourier"), (16, 32, 64, 128, 256)
MULTIPLES = (0.25, 0.5, 1.0, 2.0, 0.0)  # of √n; 0 for log n


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Ridge regression on `centres` features chosen by `rule`, from `n` rows of one law."""

    table: str
    n: int
    rule: str
    centres: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return all tables and rules: one seed and few rows for smoke; 10 seeds, 40 for full."""
    small, seeds = scale == "smoke", {"smoke": 1, "laptop": 10, "full": 40}[scale]
    found = [
        (t, 120 if small else 1000, k) for t in list(KERNELS)[:-1] for k in SIZES[: small or 5]
    ]
    for n in (64, 128) if small else (256, 512, 1024, 2048):
        found += [("rate", n, math.ceil(n**0.5 * (c or math.log(n)))) for c in MULTIPLES]
    each = [(*cell, rule, seed) for cell in found for rule in RULES for seed in range(seeds)]
    return [Cell(table=t, n=n, rule=rule, centres=k, seed=seed) for t, n, k, rule, seed in each]


def group(cell: Cell) -> tuple[str, int, int]:
    """Return what cells share that are fitted to the same rows."""
    return (cell.table, cell.n, cell.seed)


def run_group(group: list[Cell]) -> list[dict[str, float | None]]:
    """Return "left", "best", the tail of the eigenvalues, and "bound", tr Φ^k(K), in shares of
    the trace; mean squared errors at 1,000 fresh rows: "error", and "full", with all columns."""
    first, most = group[0], max(c.centres for c in group)
    kernel, draw = KERNELS[first.table], stream("basis", first.table, first.n, first.seed)
    x, z = (law(first.table, count, draw) for count in (first.n, 1000))
    f, noise, ridge = target(first, torch.cat([x, z]), draw)
    y, truth = f[: len(x)] + noise * torch.randn(len(x), generator=draw, dtype=F64), f[len(x) :]
    gram = kernel(x, x)
    values = torch.linalg.eigvalsh(gram).flip(0).clamp(min=0)
    bound = expected_traces(values, count=most)
    chosen = {
        "uniform": torch.randperm(len(x), generator=draw)[:most],
        "leverage": torch.multinomial(leverage_scores(gram, ridge=ridge), most, generator=draw),
        "rpcholesky": rpcholesky(x, kernel=kernel, rank=most, generator=draw).chosen,
        "greedy": greedy_pivots(gram, count=most),
    }
    bases = {rule: whitened(kernel, x[s], torch.cat([x, z])) for rule, s in chosen.items()}

    def mistake(here: Tensor, there: Tensor, right: Tensor) -> float:
        fit = torch.linalg.solve(here + ridge * torch.eye(len(here), dtype=F64), right)
        return (there @ fit - truth).square().mean().item()

    found, full = [], mistake(gram, kernel(z, x), y)
    for c in group:
        k, sampler = c.centres, "iid" if c.table == "rate" else "orthogonal"
        waves = FourierFeatures(kernel, k + k % 2, sampler=sampler, seed=c.seed).fit(x)
        both = bases[c.rule][:, :k] if c.rule in bases else waves.transform(torch.cat([x, z]))
        here, there = both[: len(x)], both[len(x) :]
        left = 1 - (here.square().sum() / len(x)).item() if c.rule in bases else None
        error = mistake(here.T @ here, there, here.T @ y)
        shares = {"best": values[k:].sum().item() / len(x), "bound": bound[k].item() / len(x)}
        found.append({"left": left, "error": error, "full": full} | shares)
    return found


def law(table: str, count: int, draw: torch.Generator) -> Tensor:
    """Return rows: normal in 8 or 20 columns; uniform in the unit square; a fifth of them strayed
    over one of 100²; or half of them in one cluster and the rest in a hundred small ones."""
    if table in ("eight", "twenty"):
        return torch.randn(count, 8 if table == "eight" else 20, generator=draw, dtype=F64)
    x, u = torch.rand(2, count, 2, generator=draw, dtype=F64)
    if table == "strays":
        return x * torch.where(u[:, :1] < 0.2, 100.0, 1.0)
    if table == "clusters":
        centres = 20 * torch.rand(101, 2, generator=stream("basis clusters"), dtype=F64)
        which = torch.where(u[:, 0] < 0.5, 0, 1 + (100 * u[:, 1]).long())
        x = centres[which] + 0.05 * torch.randn(count, 2, generator=draw, dtype=F64)
    return x


def target(cell: Cell, x: Tensor, draw: torch.Generator) -> tuple[Tensor, float, float]:
    """Return f(x), the noise and λ. A draw of the Gaussian process by 4,096 frequencies, with its
    own best λ; for "rate" one f = Σ a_j k(z_j, ·) of 20 terms and λ = √n."""
    kernel = KERNELS[cell.table]
    if cell.table == "rate":
        kept = stream("basis target")
        at = torch.rand(20, 2, generator=kept, dtype=F64)
        return kernel(x, at) @ torch.randn(20, generator=kept, dtype=F64), 0.5, cell.n**0.5
    waves = FourierFeatures(kernel, 8192, sampler="iid", seed=10**6 + cell.seed).fit(x)
    return waves.transform(x) @ torch.randn(8192, generator=draw, dtype=F64), 0.1, 0.01


def whitened(kernel: Stationary, centres: Tensor, x: Tensor) -> Tensor:
    """Return φ(x) = L⁻¹ k_S(x), (n, m); its first k columns are the features of k centres."""
    one = torch.eye(len(centres), dtype=F64)
    low = torch.linalg.cholesky(kernel(centres, centres) + JITTER * one)
    return torch.linalg.solve_triangular(low, kernel(centres, x), upper=False).T
