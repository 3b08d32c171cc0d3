"""Honest layers on the samples of chapter 1: six shapes, a control, three unseen, its depth map."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from ldyn.core import stream
from ldyn.kernels import Matern32
from ldyn.layers.honest_stack import UPPER, WIDTHS, StackedKernelRidge
from ldyn.piecewise import Target, random_fragment, sample, stripes, wave
from ldyn.piecewise.sampling import quadrature_points
from ldyn.piecewise.tuning import candidates
from ldyn.solvers import KernelRidge, loo_path, symmetric_gram
from ldyn.studies.piecewise.depth_map import make_sample, problem
from ldyn.studies.piecewise.trained import NOISE, SHAPES, make_target

UNSEEN = ["wave", "four stripes", "fragment"]
SEEDS = {256: 6, 512: 1, 1024: 1, 2048: 1, 4096: 1}  # at laptop scale, by rows
BOOSTS, STEPS, WIDE = [(s, r) for s in (3.0, 10.0) for r in (3.0, 30.0)], 6, 256


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A sample: a shape or "depth map", rows, a seed."""

    shape: str
    n: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return a seed of two sizes for smoke; 6 to 1 for laptop, at most 2 of unseen shapes and the
    depth map, at 4,096 rows of the six shapes and the map alone; 6 of all for full."""
    found = []
    for n, seeds in list(SEEDS.items())[: 2 if scale == "smoke" else None]:
        for shape in [*SHAPES, "smooth", *UNSEEN, "depth map"]:
            laptop = seeds if shape in {*SHAPES, "smooth"} else min(seeds, 2)
            laptop = 0 if n == 4096 and shape not in {*SHAPES, "depth map"} else laptop
            count = {"smoke": 1, "laptop": laptop, "full": 6}[scale]
            found += [Cell(shape=shape, n=n, seed=s) for s in range(count)]
    return found


def target(shape: str) -> Target:
    """Return the target called `shape`: one of chapter 1's samples, or of its other families."""
    if shape == "fragment":
        return random_fragment(dim=2, alpha=2, beta=2, pieces=3, generator=stream(shape))
    return {"wave": wave(), "four stripes": stripes(4)}.get(shape) or make_target(shape)


def run(cell: Cell) -> dict[str, float | int | None]:
    """Return risks of 1, 2, 3 layers, of the chosen number, of ordinary stacking and of boosting;
    leave-one-out errors over var y; and, of unseen shapes, the oracle's Laplace kernel."""
    if cell.shape == "depth map":
        p = problem()
        data, z, truth = make_sample(cell.n, cell.seed), p.x[p.judge], p.f[p.judge]
    else:
        draw = stream("trained", cell.shape, cell.n, cell.seed)
        data = sample(target(cell.shape), cell.n, noise=NOISE, generator=draw)
        z = quadrature_points(2, 2**13, stream("judge", cell.shape, cell.n, cell.seed))
        truth = target(cell.shape)(z)
    risk = lambda values: (values - truth).square().mean().item()  # noqa: E731
    model = StackedKernelRidge(seed=cell.seed).fit(data.x, data.y)
    risks, unseen = [risk(v) for v in model.staged_predict(z)], cell.shape in UNSEEN
    grid = candidates("ridge Laplace", data.x, data.y, z)[0] if unseen and cell.n <= 2048 else {}
    found: dict[str, float | int | None] = dict(zip(("one", "two", "three"), risks, strict=True))
    found |= {f"loo {k}": e for k, e in enumerate(model.record_.loo, 1)}
    found |= {"stack": risks[model.layers_ - 1], "layers": model.layers_}
    found["kernel"] = min((risk(v) for v in grid.values()), default=None)
    found["boosted"] = risk(boosted(data.x, data.y, z, cell.seed))
    found["ordinary"] = risk(ordinary(model, data.x, data.y, z)) if cell.n <= 1024 else None
    return found


def ordinary(model: StackedKernelRidge, x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """Return ordinary stacking at z: the first layer of `model`, its out-of-fold answers pooled,
    and on all rows a layer above them whose settings its own leave-one-out error chooses."""
    (kernel, h, times), fold = model.record_.bottom, torch.arange(len(y)) % 4
    ridge, widths = times * model.record_.noise, (h * model.unit_).tolist()
    lower, above = KernelRidge(kernel, ridge, widths, "cholesky"), torch.zeros(len(z)).to(z)
    u = torch.empty_like(y)
    for k in range(4):
        lower.fit(x[fold != k], y[fold != k])
        u[fold == k], above = lower.predict(x[fold == k]), above + lower.predict(z) / 4
    unit, s = model.unit_, y.std()
    inputs = lambda x, u, h, w: torch.cat([x / (h * unit), u[:, None] / (w * s)], 1)  # noqa: E731
    rows, ridges = [inputs(x, u, *w) for w in WIDTHS], [t * model.record_.noise for t in UPPER]
    found = [loo_path(symmetric_gram(Matern32(1.0), r), y - y.mean(), ridges=ridges) for r in rows]
    i, j = divmod(int(torch.cat(found).argmin()), len(ridges))
    top = KernelRidge("matern32", ridges[j], 1.0, "cholesky").fit(rows[i], y)
    return top.predict(inputs(z, above, *WIDTHS[i]))


def boosted(x: Tensor, y: Tensor, z: Tensor, seed: int) -> Tensor:
    """Return boosting of random features at z, after RFRBoost; scale, ridge and number of steps by
    the first fifth of the rows, then on all rows."""
    held, tried = len(x) // 5, dict[tuple[float, float, int], float]()
    for scale, ridge in BOOSTS:
        guesses = boosting(x[held:], y[held:], x[:held], scale, ridge, seed)
        tried |= {(scale, ridge, t): (g - y[:held]).norm().item() for t, g in enumerate(guesses)}
    scale, ridge, step = min(tried, key=lambda k: tried[k])
    return list(boosting(x, y, z, scale, ridge, seed))[step]


def boosting(
    x: Tensor, y: Tensor, z: Tensor, s: float, ridge: float, seed: int
) -> Iterator[Tensor]:
    """Yield the answers at z after 1, 2, … steps. A step adds to the representation, along the
    weights of the answer, a ridge fit of what is left on random features of it and of x."""
    points, mean, draw = pad(torch.cat([x, z]) - 0.5, (0, 1), value=0.3), y.mean(), stream(seed)
    random = lambda p: (s * p @ torch.randn(p.shape[1], WIDE, generator=draw).to(p)).tanh()  # noqa: E731
    lift = ridge * torch.eye(WIDE).to(y)
    solve = lambda p, r: torch.linalg.solve(p.T @ p + lift, p.T @ r)  # noqa: E731
    phi = random(points)
    for _ in range(STEPS):
        w = solve(phi[: len(x)], y - mean)
        yield phi[len(x) :] @ w + mean
        new = random(torch.cat([phi / WIDE**0.5, points], 1))
        step = new @ solve(new[: len(x)], y - mean - phi[: len(x)] @ w)
        phi = phi + step[:, None] * w / w.square().sum()
