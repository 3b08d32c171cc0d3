"""Training of a Meta-CGNN over tasks: generative, or on the gap of its two costs; resumable."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from ldyn.causal.generators import FAMILIES
from ldyn.causal.meta_cgnn import MetaCGNN, Parts, initial_parts, joint_frequencies, joint_mmd
from ldyn.causal.priors import PRIORS, sample_tasks
from ldyn.core import few_threads, require_choice, require_count, require_positive, stream
from ldyn.data.laws import log_uniform, rows_standardised
from ldyn.gate import require_fields

SHARPNESS, SAVE_EVERY, SHORTEST = 5.0, 500, 40


@dataclass(frozen=True, kw_only=True)
class MetaTraining:
    """How a Meta-CGNN is trained.

    Fields: `prior` of the tasks, a name in PRIORS or FAMILIES; `encoder` and `film`, its form;
    `labelled`, whether it knows the cause (else each task is turned by a coin at each step);
    `goal` "generate" (MMD) or "decide" (softplus of the gap); `looks`, steps to keep it at.
    Raises: ValueError for an unknown name, a rate that is not > 0, counts below the least, looks
    outside of 0 … `steps`, or another type.
    Source: ton2021, def-meta-cgnn.
    """

    prior: str = "wide"
    encoder: Literal["deepsets", "cme", "none"] = "deepsets"
    film: bool = True
    labelled: bool = True
    goal: Literal["generate", "decide"] = "generate"
    rate: float = 3e-3
    steps: int = 8000
    batch: int = 24
    tasks: int = 8000
    points: int = 200
    looks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        require_fields(self)
        require_choice(self.prior, (*PRIORS, *FAMILIES), "prior")
        require_positive(self.rate, "rate")
        for name, least in (("steps", 0), ("batch", 1), ("tasks", 1), ("points", SHORTEST)):
            require_count(getattr(self, name), name, at_least=least)
        if not all(0 <= look <= self.steps for look in self.looks):
            raise ValueError(f"looks must lie in 0 … {self.steps}, got {self.looks}; try looks=()")


def fit_meta_cgnn(
    training: MetaTraining, *, seed: int | str, start: MetaCGNN | None = None,
    sample: tuple[Tensor, Tensor] | None = None, checkpoint: Path | None = None,
) -> tuple[MetaCGNN, ...]:  # fmt: skip
    """Return a Meta-CGNN at each of `training.looks` and at the last step.

    Adam with a cosine rate on batches of tasks of one size n, log-uniform from 40 to `points`.
    With `checkpoint` the state is written there every 500 steps, and a call after a kill goes on
    from it, to the same numbers: all randomness of a step is named by the step.

    Arguments: `start`, where to begin instead of a random start; `sample`, causes and effects
    (tasks, points) to train on instead of a draw of the prior.
    Raises: ValueError for a sample of other shapes.
    Source: ton2021, def-meta-cgnn.
    """
    shapes = {tuple(c.shape) for c in sample or ()}
    if len(shapes) > 1 or any(len(s) != 2 or s[1] < SHORTEST for s in shapes):
        raise ValueError(f"sample must be two (tasks, points), points >= {SHORTEST}, got {shapes}")
    parts = initial_parts(training.encoder, training.film, seed)
    if start is not None:
        parts = {name: [p.clone() for p in ps] for name, ps in start.parts.items()}
    learned = [p.requires_grad_() for name, ps in parts.items() if name != "fixed" for p in ps]
    adam = torch.optim.Adam(learned, lr=training.rate, fused=True)
    kept: dict[int, Parts] = {}
    first = 0
    if checkpoint is not None and checkpoint.is_file():
        first, kept = _restore(checkpoint, learned, adam)
    if sample is None:
        sample = sample_tasks(training.prior, training.tasks, training.points, seed=seed)
    pair = torch.stack(sample).float()
    with few_threads():
        for step in range(first, training.steps + 1):
            if step in training.looks or step == training.steps:
                kept[step] = {k: [p.detach().clone() for p in ps] for k, ps in parts.items()}
            if checkpoint is not None and step % SAVE_EVERY == 0:
                _write(checkpoint, step, kept, learned, adam)
            if step < training.steps:
                _advance(parts, adam, pair, step, training, seed)
    return tuple(MetaCGNN(parts=kept[step]) for step in sorted(kept))


def _advance(parts: Parts, adam: torch.optim.Optimizer, pair: Tensor, step: int,
             training: MetaTraining, seed: int | str) -> None:  # fmt: skip
    draw = stream("meta step", training.goal, seed, step)
    cause, effect = _batch(pair, training, draw)
    frequencies = joint_frequencies(6, draw=draw)
    noise = torch.randn(2, *cause.shape, generator=draw, dtype=torch.float32)
    loss = joint_mmd(parts, cause, effect, noise[:1], frequencies)
    if training.goal == "decide":
        back = joint_mmd(parts, effect, cause, noise[1:], frequencies)
        gap = (back - loss) / (back + loss)
        loss = torch.nn.functional.softplus(-SHARPNESS * gap)
    for group in adam.param_groups:
        group["lr"] = training.rate * (1 + math.cos(math.pi * step / training.steps)) / 2
    adam.zero_grad()
    loss.mean().backward()
    adam.step()


def _batch(pair: Tensor, training: MetaTraining, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Causes and effects (batch, n) of random tasks, at n neighbouring rows: rows are exchangeable.

    A column that happens to be constant there, after rounding, stays zero.
    """
    count, points = pair.shape[1:]
    n = int(log_uniform(draw, 1, SHORTEST, points + 0.999))
    rows = torch.randint(count, (training.batch,), generator=draw)
    first = int(torch.randint(points - n + 1, (1,), generator=draw))
    cause, effect = rows_standardised(pair[:, rows, first : first + n], 1e-6)
    if training.labelled:
        return cause, effect
    turned = torch.rand(training.batch, 1, generator=draw, dtype=torch.float32) < 0.5
    return torch.where(turned, effect, cause), torch.where(turned, cause, effect)


def _write(
    path: Path, step: int, kept: dict[int, Parts], learned: list[Tensor], adam: torch.optim.Adam
) -> None:
    """Whole or not at all: a kill while writing leaves the state before."""
    state = {"step": step, "kept": kept, "adam": adam.state_dict()}
    state["learned"] = [p.detach() for p in learned]
    fresh = path.with_suffix(".part")
    torch.save(state, fresh)
    fresh.replace(path)


def _restore(
    path: Path, learned: list[Tensor], adam: torch.optim.Adam
) -> tuple[int, dict[int, Parts]]:
    state = torch.load(path, weights_only=True)
    with torch.no_grad():
        for p, saved in zip(learned, state["learned"], strict=True):
            p.copy_(saved)
    adam.load_state_dict(state["adam"])
    return state["step"], state["kept"]
