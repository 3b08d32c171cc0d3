"""Kernel, bandwidths and ridge by exact leave-one-out, with no grid and no validation set."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ldyn.core import few_threads
from ldyn.kernels import Stationary
from ldyn.solvers.cells import around, solve_rows
from ldyn.solvers.descent import SINGLE, Parts, descend
from ldyn.solvers.gram import KERNELS

COLUMNS = 32  # up to so many a nearest neighbour is near, and each has a bandwidth of its own
ROWS = 1024  # rows of a sample that is solved as one
PATCHES, PATCH = 48, 96  # samples at the density of the whole table, and their rows
BEHIND = 1.15  # a kernel with an error of so many times the least has one bandwidth only
LAST, WORK = 8, 3e10  # evaluations on all rows at the end, and their n³ together, at most
BLOCKS, BLOCK, HALO = 32, 128, 512  # what judges the candidates: own rows, and rows around them


@dataclass(frozen=True, eq=False)
class Candidate:
    """A kernel with `bandwidths` (1,) or (d,), in units of the standardised columns, and a ridge.

    `errors`: squared residuals of judging rows, left out, means over outputs; `theta`: logarithms.
    """

    name: str
    bandwidths: Tensor
    ridge: float
    errors: Tensor = field(repr=False)

    @property
    def kernel(self) -> type[Stationary]:
        return KERNELS[self.name]

    @property
    def loo(self) -> float:
        return float(self.errors.mean())

    @property
    def theta(self) -> Tensor:
        return torch.cat([self.bandwidths, self.bandwidths.new_tensor([self.ridge])]).log()


@few_threads()
def choose(
    x: Tensor,
    y: Tensor,
    weights: Tensor,
    *,
    kernels: Sequence[str],
    bandwidths: Tensor | None,
    ridge: float | None,
    generator: torch.Generator,
    report: Callable[[int, int], None] = lambda done, of: None,
    most_columns: int = COLUMNS,
) -> tuple[Candidate, list[Candidate]]:
    """Return the candidate of least judged leave-one-out error, and all of them.

    Per kernel, quasi-Newton steps on the logarithm of the leave-one-out error of samples of rows,
    in log bandwidth and log ridge; then, up to 32 columns and for kernels not behind, with one
    bandwidth a column, which must lead by a standard error of the paired difference, on rows it
    was not chosen on. Last, up to 2,466 rows, come a few evaluations on all of them.

    Arguments: standardised `x` (n, d), centred `y` (n, c), `weights` (n,); `bandwidths` (d,) and
    `ridge` where they are given; `most_columns` that have bandwidths of their own.
    Source: liu1989, prop-loo-slope, prop-choice-optimism.
    """
    near = x.shape[1] <= COLUMNS and len(x) > ROWS
    samples = nearest(x, PATCHES, PATCH, generator) if near else some(x, generator)
    judged = nearest(x, BLOCKS, BLOCK, generator) if near else samples
    median = typical_distance(x, generator)

    def led(name: str, theta: Tensor, most: int, rows: Tensor = samples) -> Candidate:
        ends = _bounds(theta, median, bandwidths, ridge)
        theta = descend(_seen(x, y, weights, rows), theta, KERNELS[name], *ends, most=most)
        taken = KERNELS[name], theta[:-1].exp(), float(theta[-1].exp())
        return Candidate(name, *taken[1:], judge(x, y, weights, *taken, judged, HALO * near))

    found: list[Candidate] = []
    for name in kernels:
        start = median * (0.3 if name == "gaussian" else 0.8) * (1 if near else 1.5)
        columns = 1 if bandwidths is None else x.shape[1]
        found.append(led(name, torch.tensor([*[start] * columns, 0.03]).double().log(), 12))
        report(len(found), len(kernels))
    one = many = min(found, key=lambda c: c.loo)
    if bandwidths is None and 1 < x.shape[1] <= most_columns:
        found += (manys := many_each(led, found, x.shape[1]))
        many = min(manys, key=lambda c: c.loo)
    gain = one.errors - many.errors
    if not near and many.loo < one.loo:
        ends = _bounds(many.theta, median, None, ridge)
        gain = one.errors - cross_fitted(_seen(x, y, weights, samples), many, one, ends)
    chosen = many if gain.mean() > gain.std() / len(gain) ** 0.5 and many.loo < one.loo else one
    if near and (last := min(LAST, int(WORK / len(x) ** 3))) > 1:
        found.remove(chosen)
        found.append(chosen := led(chosen.name, chosen.theta, last, torch.arange(len(x))[None]))
    return chosen, sorted(found, key=lambda c: (kernels.index(c.name), len(c.bandwidths)))


def _seen(x: Tensor, y: Tensor, weights: Tensor, rows: Tensor) -> Parts:
    return x[rows], y[rows] - y[rows].mean(1, keepdim=True), weights[rows]


def many_each(led: Callable[..., Candidate], ones: list[Candidate], d: int) -> list[Candidate]:
    """Return candidates with a bandwidth a column, begun with the proportions of the one before."""
    found: list[Candidate] = []
    shape = torch.zeros(d, dtype=torch.float64)
    for c in (ones := sorted(ones, key=lambda c: c.loo)):
        if c.loo <= BEHIND * ones[0].loo:
            theta = torch.cat([c.theta[:1] + shape, c.theta[1:]])
            found.append(led(c.name, theta, 10 if found else 20))
            shape = found[-1].theta[:-1] - c.theta[0]
    return found


def cross_fitted(
    parts: Parts, many: Candidate, one: Candidate, ends: tuple[Tensor, Tensor]
) -> Tensor:
    """Return squared leave-one-out residuals of each half of the rows at bandwidths that were
    chosen for the residuals of the other half, all rows being in the system.

    On the rows they were chosen on, bandwidths of many columns fit the noise of few rows.
    """
    x, y, weights = parts
    errors = torch.empty_like(weights[0])
    for half in (0, 1):
        other = (torch.arange(x.shape[1], device=x.device) % 2 != half)[None]
        theta = torch.cat([one.theta[:1].expand(x.shape[2]), one.theta[1:]])
        theta = descend(parts, theta, many.kernel, *ends, judges=other)
        candidate = many.kernel, theta[:-1].exp(), float(theta[-1].exp())
        rows = torch.arange(x.shape[1], device=x.device)[None]
        found = judge(x[0], y[0], weights[0], *candidate, rows, 0)
        errors[~other[0]] = found[~other[0]]
    return errors


def judge(
    x: Tensor,
    y: Tensor,
    weights: Tensor,
    kernel: type[Stationary],
    bandwidths: Tensor,
    ridge: float,
    blocks: Tensor,
    halo: int,
) -> Tensor:
    """Return weighted squared leave-one-out residuals of the rows of blocks, each among its
    `halo` nearest rows.

    The blocks are the same for all candidates, so that differences are paired; the rows around
    them are the nearest in the candidate's own metric. Single precision does where it factorises.
    """
    z = x / bandwidths.to(x)
    z, y = (z.float(), y.float()) if halo else (z, y)
    noise, errors = (ridge / weights).to(z), []
    for own in blocks:
        rows = around(z, z[own].amin(0), z[own].amax(0), own, halo)
        _, left_out, _ = solve_rows(z, y, noise, kernel=kernel(1.0), rows=rows, own=len(own))
        errors.append(left_out.double().square().mean(1) * weights[own])
    return torch.cat(errors) / weights[blocks].mean()


@few_threads()
def surroundings_gain(
    x: Tensor, y: Tensor, weights: Tensor, chosen: Candidate, generator: torch.Generator
) -> float:
    """Return the share of the leave-one-out error that surroundings twice as large take away."""
    blocks = nearest(x, BLOCKS // 2, BLOCK, generator)
    args = x, y, weights, chosen.kernel, chosen.bandwidths, chosen.ridge, blocks
    small, large = (float(judge(*args, halo).mean()) for halo in (HALO, 2 * HALO))
    return 1 - large / small if small > 0 else 0.0


def _bounds(
    theta: Tensor, median: float, bandwidths: Tensor | None, ridge: float | None
) -> tuple[Tensor, Tensor]:
    """Bounds; without them a Laplace kernel runs to b → ∞ and λ → 0 along λb fixed, where the error
    is flat and the system singular. What is given has equal ends."""
    low, high = torch.full_like(theta, median / 300), torch.full_like(theta, median * 10)
    low[-1], high[-1] = (SINGLE, 30.0) if ridge is None else (ridge, ridge)
    if bandwidths is not None:
        low[:-1] = high[:-1] = bandwidths.cpu()
    return low.log(), high.log()


def nearest(x: Tensor, count: int, size: int, generator: torch.Generator) -> Tensor:
    """Return `count` random rows, each with its nearest rows, (count, size)."""
    draws = torch.randint(len(x), (count,), generator=generator).tolist()
    return torch.stack(
        [(x - x[i]).square().sum(1).topk(size, largest=False).indices for i in draws]
    )


def some(x: Tensor, generator: torch.Generator) -> Tensor:
    """Return up to 1,024 random rows, (1, m)."""
    return torch.randperm(len(x), generator=generator)[:ROWS].to(x.device)[None]


def typical_distance(x: Tensor, generator: torch.Generator) -> float:
    """Return the median distance of up to 512 random rows."""
    rows = torch.randperm(len(x), generator=generator)[:512].to(x.device)
    distances = torch.pdist(x[rows])
    distances = distances[distances > 0]
    return float(distances.median()) if len(distances) else 1.0
