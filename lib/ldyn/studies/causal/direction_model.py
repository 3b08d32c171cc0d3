"""Trains the networks of direction(x, y), on synthetic tasks alone, and keeps them."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from ldyn.causal import sample_tasks
from ldyn.causal.antisymmetric import AntisymmetricNets, fit_temperature
from ldyn.causal.features import blind_features, pair_features
from ldyn.core import few_threads, results_folder, stream
from ldyn.nets import initialise

SIZES = (25, 40, 63, 100, 160, 250, 400, 630, 1000)
# Of a hundred tasks: the wide prior, and more of two of its kinds that are hard.
MIXTURE = {"wide": 71, "sim-like": 19, "multi": 10}
SHARES = (0.5, 0.25, 0.25)  # of the views: as they are, on ranks alone, with one marginal for both
NETS, HIDDEN, BATCH, RATE, DECAY, DROPPED, DTYPE = 3, (256, 64), 256, 2e-3, 0.3, 0.2, "float32"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Three networks on `tasks` tasks a size, all drawn with the seed."""

    tasks: int
    steps: int
    seed: int


def cells(scale: str) -> list[Cell]:
    """Return one small training for smoke, five at laptop scale, ten of eight times the tasks."""
    tasks, steps, seeds = {"smoke": (10, 20, 1), "laptop": (1000, 1500, 5)}.get(
        scale, (8000, 12_000, 10)
    )
    return [Cell(tasks=tasks, steps=steps, seed=s) for s in range(seeds)]


def run(cell: Cell) -> dict[str, Any]:
    """Train, set the temperature on fresh tasks, save, and judge on fresh tasks once more.

    Returns for each of the views "as they are" and "blind" the accuracy and the mean of
    log(1 + e^{−s}) of the mean score s; accuracies by size; and of ten equal classes of
    confidence from ½ to 1 the numbers of tasks and of right answers.
    """
    with few_threads():
        views = task_views(cell.tasks, f"train {cell.seed}")
        seeds = [f"{cell.seed} {j}" for j in range(NETS)]
        nets = fit_nets(views, seeds=seeds, steps=cell.steps)
        few = max(10, cell.tasks // 6)
        tuning = torch.cat([nets.scores(*v).mean(0) for v in task_views(few, f"tune {cell.seed}")])
        nets = replace(nets, temperature=fit_temperature(tuning.double()))
        small = "small-" * (cell.tasks < 1000)  # smoke must not replace the networks in use
        nets.save(results_folder() / "causal" / f"direction-{small}{cell.seed}.npz")
        fresh = [nets.scores(*v).mean(0) for v in task_views(few, f"judge {cell.seed}")]
    found: dict[str, Any] = {"temperature": nets.temperature}
    for name, s in zip(("plain", "blind", "matched"), fresh, strict=True):
        found[f"accuracy_{name}"] = (s > 0).double().mean().item()
        found[f"loss_{name}"] = functional.softplus(-s).mean().item()
    by_size = (fresh[0] > 0).double().reshape(len(SIZES), -1)
    found["by_size"] = by_size.mean(1).tolist()
    share = torch.sigmoid(fresh[0].abs())
    classes = ((share - 0.5) * 20).long().clamp(max=9)
    found["answers"] = torch.bincount(classes, minlength=10).tolist()
    found["right"] = torch.bincount(classes[fresh[0] > 0], minlength=10).tolist()
    return found


def fit_nets(
    views: list[tuple[Tensor, Tensor]], *, seeds: list[str], steps: int
) -> AntisymmetricNets:
    """Train a network a seed on N tasks, each seen in view v with the probability SHARES[v].

    Minimises the mean of log(1 + e^{−s}), s the score of the truth, by AdamW with a one-cycle
    rate; a share of the hidden units is left out at each step.
    """
    both = torch.stack([torch.stack(pair) for pair in views])  # (v, 2, N, f)
    parameters = initialise((2 * both.shape[3], *HIDDEN, 1), seeds, like=both, activation="gelu")
    parameters = [p.requires_grad_() for p in parameters]
    whole = both[0].flatten(0, 1)
    nets = AntisymmetricNets(
        parameters=parameters, centre=whole.mean(0), scale=whole.std(0).clamp(min=1e-3)
    )
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, RATE, total_steps=steps + 1, cycle_momentum=False
    )
    draws, chance = [stream("antisymmetric", seed) for seed in seeds], torch.tensor(SHARES)
    for _ in range(steps):
        rows = torch.stack([torch.randint(both.shape[2], (BATCH,), generator=g) for g in draws])
        seen = torch.stack([torch.multinomial(chance, BATCH, True, generator=g) for g in draws])
        drawn = ([torch.rand(BATCH, width, generator=g) for g in draws] for width in HIDDEN)
        masks = [(torch.stack(d) >= DROPPED).float() / (1 - DROPPED) for d in drawn]
        s = nets.scores(both[seen, 0, rows], both[seen, 1, rows], masks)
        optimiser.zero_grad()
        functional.softplus(-s).mean(1).sum().backward()
        optimiser.step()
        schedule.step()
    # 16 bits, which a file holds, are enough: what is judged is what is kept.
    return replace(nets, parameters=[p.detach().half().float() for p in parameters])


def task_views(tasks: int, seed: str, *, rounded: float = 0.0) -> list[tuple[Tensor, Tensor]]:
    """Return the features of cause → effect and effect → cause of `tasks` tasks of each size, as
    they are, blind to the marginals, and with one marginal for both columns, in three pairs.

    A share `rounded` of the columns is rounded, beyond what the prior does."""
    views: list[list[tuple[Tensor, Tensor]]] = [[], [], []]
    for n in SIZES:
        for x, y in _tasks(tasks, n, seed, rounded):
            plain = pair_features(x, y)
            views[0].append(plain)
            views[1].append((blind_features(plain[0]), blind_features(plain[1])))
            views[2].append(pair_features(*_matched(x, y)))
    return [(torch.cat([v[0] for v in view]), torch.cat([v[1] for v in view])) for view in views]


def _tasks(count: int, n: int, seed: str, rounded: float) -> list[tuple[Tensor, Tensor]]:
    """`count` tasks of the mixture in single precision, in parts that fit into a cache."""
    found, draw = [], stream("rounded", n, seed)
    for prior, share in MIXTURE.items():
        x, y = sample_tasks(prior, max(1, round(count * share / 100)), n, seed=seed)
        if rounded:
            x, y = (_rounded(c, rounded, draw) for c in (x, y))
        found += list(zip(x.float().split(64), y.float().split(64), strict=True))
    return found


def _matched(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Both columns with the mean of their two quantile functions: the ranks stay."""
    a, b = ((c - c.mean(1, keepdim=True)) / c.std(1, keepdim=True) for c in (x, y))
    both = (a.sort(1).values + b.sort(1).values) / 2
    ranks = (c.argsort(1).argsort(1) for c in (x, y))
    u, v = (both.gather(1, r) for r in ranks)
    return u, v


def _rounded(c: Tensor, share: float, draw: torch.Generator) -> Tensor:
    """A share of the columns rounded to steps of 0.05 to 0.8 standard deviations."""
    coin, size = torch.rand(2, len(c), 1, generator=draw, dtype=c.dtype)
    step = c.std(1, keepdim=True) * 0.05 * 16**size
    return torch.where(coin < share, (c / step).round() * step, c)
