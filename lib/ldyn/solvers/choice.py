"""Kernel, bandwidths and ridge by exact leave-one-out, with no grid and no validation set."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ldyn.core import few_threads
from ldyn.kernels import Stationary
from ldyn.solvers.cells import around, solve_rows
from ldyn.solvers.gram import KERNELS
from ldyn.solvers.leave_one_out import loo_slope

COLUMNS = 32  # up to so many a nearest neighbour is near, and each has a bandwidth of its own
ROWS = 1024  # rows of a sample that is solved as one
PATCHES, PATCH = 48, 96  # samples at the density of the whole table, and their rows
LEAST = 1e-3  # ridge
BLOCKS, BLOCK, HALO = 32, 128, 512  # what judges the candidates: own rows, and rows around them


@dataclass(frozen=True)
class Candidate:
    """A kernel with `bandwidths` (1,) or (d,), in units of the standardised columns, and a ridge.

    `errors`: squared leave-one-out residuals of the judging rows, means over outputs.
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
) -> tuple[Candidate, list[Candidate]]:
    """Return the candidate of least judged leave-one-out error, and all of them.

    Per kernel, quasi-Newton steps on the logarithm of the leave-one-out error of samples of rows,
    in log bandwidth and log ridge; then, up to 32 columns, with one bandwidth a column, which must
    lead by a standard error of the paired difference, on rows it was not chosen on.

    Arguments: standardised `x` (n, d), centred `y` (n, c), `weights` (n,); `bandwidths` (d,) and
    `ridge` where they are given.
    Source: liu1989, prop-loo-slope, prop-choice-optimism.
    """
    near = x.shape[1] <= COLUMNS and len(x) > ROWS
    samples = nearest(x, PATCHES, PATCH, generator) if near else some(x, generator)
    judged = nearest(x, BLOCKS, BLOCK, generator) if near else samples
    median = typical_distance(x, generator)
    parts = x[samples], y[samples] - y[samples].mean(1, keepdim=True), weights[samples]
    found = []
    for name in kernels:
        theta = torch.tensor([median * (0.3 if name == "gaussian" else 0.8), 0.03]).double().log()
        theta[0] += 0 if near else 0.4
        for columns in (1, x.shape[1]) if bandwidths is None else (x.shape[1],):
            if columns == 1 or 1 < columns <= COLUMNS or bandwidths is not None:
                theta = torch.cat([theta[:1].expand(columns), theta[-1:]])
                ends = _bounds(theta, median, bandwidths, ridge)
                theta = descend(parts, theta, KERNELS[name], *ends)
                candidate = KERNELS[name], theta[:-1].exp(), float(theta[-1].exp())
                errors = judge(x, y, weights, *candidate, judged, HALO if near else 0)
                found.append(Candidate(name, *candidate[1:], errors))
        report(len({c.name for c in found}), len(kernels))
    one, many = (_least(c for c in found if (len(c.bandwidths) > 1) == rich) for rich in (0, 1))
    if one is None or many is None or many.loo >= one.loo:
        return one or many or found[0], found
    errors = many.errors if near else cross_fitted(parts, many, one, ends)
    gain = one.errors - errors
    return many if gain.mean() > gain.std() / len(gain) ** 0.5 else one, found


def cross_fitted(
    parts: tuple[Tensor, Tensor, Tensor],
    many: Candidate,
    one: Candidate,
    ends: tuple[Tensor, Tensor],
) -> Tensor:
    """Return squared leave-one-out residuals of each half of the rows at bandwidths that were
    chosen for the residuals of the other half, all rows being in the system.

    On the rows they were chosen on, bandwidths of many columns fit the noise of few rows.
    """
    x, y, weights = parts
    errors = torch.empty_like(weights[0])
    for half in (0, 1):
        other = (torch.arange(x.shape[1], device=x.device) % 2 != half)[None]
        theta = torch.cat([one.bandwidths.expand(x.shape[2]), torch.tensor([one.ridge])]).log()
        theta = descend(parts, theta, many.kernel, *ends, judges=other)
        candidate = many.kernel, theta[:-1].exp(), float(theta[-1].exp())
        rows = torch.arange(x.shape[1], device=x.device)[None]
        found = judge(x[0], y[0], weights[0], *candidate, rows, 0)
        errors[~other[0]] = found[~other[0]]
    return errors


def _least(candidates: Iterable[Candidate]) -> Candidate | None:
    return min(candidates, key=lambda c: c.loo, default=None)


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


def surroundings_gain(
    x: Tensor, y: Tensor, weights: Tensor, chosen: Candidate, generator: torch.Generator
) -> float:
    """Return the share of the leave-one-out error that surroundings twice as large take away."""
    blocks = nearest(x, BLOCKS // 2, BLOCK, generator)
    args = x, y, weights, chosen.kernel, chosen.bandwidths, chosen.ridge, blocks
    small, large = (float(judge(*args, halo).mean()) for halo in (HALO, 2 * HALO))
    return 1 - large / small if small > 0 else 0.0


def descend(
    parts: tuple[Tensor, Tensor, Tensor],
    theta: Tensor,
    kernel: type[Stationary],
    low: Tensor,
    high: Tensor,
    judges: Tensor | None = None,
) -> Tensor:
    """Return (log bandwidths, log ridge) after at most 12, or 20, evaluations within bounds."""
    width = high - low
    free = torch.logit(((theta - low) / width.clamp(min=1e-9)).clamp(0.02, 0.98)).requires_grad_()
    most = 12 if len(theta) == 2 else 20
    optimiser = torch.optim.LBFGS(
        [free], max_iter=most, max_eval=most, line_search_fn="strong_wolfe", history_size=most
    )

    def closure() -> Tensor:
        share = free.detach().sigmoid()
        h, ridge = (low + width * share).exp().to(parts[0]).tensor_split([len(low) - 1])
        value, by_bandwidth, by_ridge = loo_slope(
            *parts, kernel=kernel, bandwidths=h, ridge=ridge, judges=judges
        )
        value = value.clamp(min=torch.finfo(value.dtype).tiny)  # constant answers leave none
        slope = torch.cat([by_bandwidth.sum(0), by_ridge.sum()[None]]) / value.sum()
        free.grad = slope.cpu() * width * share * (1 - share)
        return value.mean().log().cpu()

    with few_threads(parts[0].shape[0] * parts[0].shape[1] ** 3):
        optimiser.step(closure)
    return low + width * free.detach().sigmoid()


def _bounds(
    theta: Tensor, median: float, bandwidths: Tensor | None, ridge: float | None
) -> tuple[Tensor, Tensor]:
    """Bounds; without them a Laplace kernel runs to b → ∞ and λ → 0 along λb fixed, where the error
    is flat and the system singular. What is given has equal ends."""
    low, high = torch.full_like(theta, median / 300), torch.full_like(theta, median * 10)
    low[-1], high[-1] = (LEAST, 30.0) if ridge is None else (ridge, ridge)
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
