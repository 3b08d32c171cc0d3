"""Least squares for many networks of one shape at once, with early stopping per member."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import (
    few_threads,
    require_choice,
    require_count,
    require_points,
    require_positive,
    require_samples,
    stream,
)
from ldyn.nets.mlp import ACTIVATIONS, forward, initialise


@dataclass(frozen=True, kw_only=True)
class Training:
    """The choices of a training run: AdamW with a one-cycle rate, on minibatches.

    Fields: `hidden` widths; `rate` the peak learning rate; `decay` the decoupled weight decay;
    `validation` the share of the sample held out (0 keeps the last weights instead of the best);
    `check_every` how many steps lie between two looks at the validation risk.
    Raises: ValueError for a count < 1, an unknown activation, or a rate, decay or share that
    is out of range.
    """

    hidden: tuple[int, ...] = (64, 64, 64, 64)
    activation: str = "relu"
    steps: int = 3000
    batch: int = 256
    rate: float = 5e-3
    decay: float = 1e-3
    validation: float = 0.2
    check_every: int = 50

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "check_every"):
            require_count(getattr(self, name), name)
        if not self.hidden:
            raise ValueError("hidden must name at least one width, got none; try (64, 64)")
        for width in self.hidden:
            require_count(width, "each hidden width")
        require_choice(self.activation, ACTIVATIONS, "activation")
        require_positive(self.rate, "rate")
        if not 0 <= self.decay < float("inf"):
            raise ValueError(f"decay must be a finite number >= 0, got {self.decay}; try 1e-3")
        if not 0 <= self.validation < 1:
            raise ValueError(
                f"validation must be a share in [0, 1), got {self.validation}; try 0.2"
            )


@dataclass(frozen=True, kw_only=True)
class NetsFit:
    """k trained networks: the kept weights and how they came about.

    Fields: `train`, `valid` (checks, k) mean squared errors at each look, in units of y², or NaN;
    `best_step` (k,) the step whose weights were kept; `diverged` (k,) whether the member's loss
    stopped being finite (its kept weights are then the best finite ones) or its responses
    overflow the dtype when squared.
    """

    parameters: list[Tensor]
    activation: str
    centre: Tensor
    scale: Tensor
    train: Tensor
    valid: Tensor
    best_step: Tensor
    diverged: Tensor

    def predict(self, x: Tensor) -> Tensor:
        """Return the k networks' values (k, m) at `x` (…, m, d), with k in front their own."""
        x = x.expand(len(self.centre), *x.shape[-2:])
        z = forward(self.parameters, 2 * x - 1, self.activation)[..., 0]
        return self.centre[:, None] + self.scale[:, None] * z

    def member(self, j: int) -> Callable[[Tensor], Tensor]:
        """Return network j as a predictor, (m, d) → (m,). Raises: ValueError for j ≥ k."""
        if not 0 <= j < len(self.centre):
            raise ValueError(f"member must be 0 … {len(self.centre) - 1}, got {j}; try 0")
        parts = [p[j : j + 1] for p in self.parameters]

        def predictor(x: Tensor) -> Tensor:
            require_points(x, dim=parts[0].shape[1], cube=True)
            z = forward(parts, (2 * x.to(parts[0]) - 1)[None], self.activation)[0, :, 0]
            return (self.centre[j] + self.scale[j] * z).to(x)

        return predictor


def fit_nets(
    x: Tensor, y: Tensor, *, seeds: Sequence[int | str], training: Training = Training()
) -> NetsFit:
    """Train k networks of one shape, member j on the sample (x[j], y[j]), all in one computation.

    Minimises Σ_j (1/n) Σ_i (y_ji − g_j(x_ji))²: the sum decouples, so each member follows the
    path that it would follow alone, and one that diverges leaves the others as they are.

    Arguments: `x` (k, n, d) in the unit cube, `y` (k, n), taken without their
    derivatives; `seeds` (k,) name the members' random streams; dtype and device follow x.
    Raises: ValueError for wrong shapes, non-finite data, fewer than 4 samples, or k ≠ len(seeds).
    Source: imaizumi2022, prop-optimisation.
    """
    if len(seeds) != len(x):
        raise ValueError(f"expected k = {len(x)} seeds, got {len(seeds)}; for one net use fit_net")
    require_samples(x.flatten(0, 1), y.flatten(), cube=True)
    (xt, yt), (xv, yv) = _split(x, y, seeds, training.validation)
    centre, scale = yt.mean(1), yt.std(1).clamp(min=torch.finfo(y.dtype).eps ** 0.5)
    xt, xv = 2 * xt - 1, 2 * xv - 1
    yt, yv = ((t - centre[:, None]) / scale[:, None] for t in (yt, yv))
    widths = (x.shape[2], *training.hidden, 1)
    parameters = initialise(widths, seeds, like=x, activation=training.activation)
    with few_threads(min(training.batch, xt.shape[1]) * sum(p.numel() for p in parameters)):
        kept, record = _descend(parameters, xt, yt, xv, yv, seeds, training)
    units = scale.square()
    return NetsFit(
        parameters=kept,
        activation=training.activation,
        centre=centre,
        scale=scale,
        train=record["train"] * units,
        valid=record["valid"] * units,
        best_step=record["best_step"],
        diverged=record["diverged"] | ~scale.isfinite(),
    )


def fit_net(
    x: Tensor, y: Tensor, *, seed: int | str = 0, training: Training = Training()
) -> Callable[[Tensor], Tensor]:
    """Train one network on the sample `x` (n, d) in the unit cube, `y` (n,); return a predictor.

    Minimises (1/n) Σ_i (y_i − g(x_i))² with `training`; x, y are taken without their derivatives.
    Raises: ValueError as `fit_nets`, or when the training diverges.
    Source: imaizumi2022, prop-optimisation.
    """
    require_samples(x, y, at_least=4, cube=True)
    fit = fit_nets(x[None], y[None], seeds=[seed], training=training)
    if fit.diverged.any():
        raise ValueError(
            f"training must keep the loss finite, got NaN or infinity at rate {training.rate:g} "
            f"and responses up to {y.abs().max():.3g}; try a smaller rate, or y / y.std()"
        )
    return fit.member(0)


def _split(
    x: Tensor, y: Tensor, seeds: Sequence[int | str], share: float
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    n = x.shape[1]
    held = round(n * share)
    if n < 4 or (share > 0 and not 0 < held < n - 1):
        raise ValueError(
            f"n = {n} samples do not allow a validation share of {share}; give at least 4, and "
            "a share that leaves 1 to validate and 2 to train"
        )
    order = torch.stack(
        [torch.randperm(n, generator=stream("split", s), device="cpu") for s in seeds]
    )
    order = order.to(x.device)
    xs, ys = x.gather(1, order[..., None].expand_as(x)), y.gather(1, order)
    # Without a held-out part the training part stands in, and the last weights are kept.
    valid = (xs[:, :held], ys[:, :held]) if held else (xs, ys)
    return (xs[:, held:], ys[:, held:]), valid


def _descend(
    parameters: list[Tensor],
    xt: Tensor,
    yt: Tensor,
    xv: Tensor,
    yv: Tensor,
    seeds: Sequence[int | str],
    training: Training,
) -> tuple[list[Tensor], dict[str, Tensor]]:
    k, n = yt.shape
    parameters = [p.requires_grad_() for p in parameters]
    optimiser = torch.optim.AdamW(
        parameters, lr=training.rate, weight_decay=training.decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, training.rate, total_steps=training.steps + 1, cycle_momentum=False
    )
    draws = [stream("minibatches", seed) for seed in seeds]
    rows = torch.arange(k, device=xt.device)[:, None]
    data = torch.cat([xt, yt[..., None]], 2)
    keeper = _Keeper(parameters, k, last=training.validation == 0)
    batch, indices = min(training.batch, n), torch.empty(0)
    for step in range(training.steps):
        phase = step % training.check_every
        if phase == 0:
            keeper.look(step, parameters, xt, yt, xv, yv, training.activation)
            chunk = (training.check_every, batch)
            drawn = [torch.randint(n, chunk, generator=g, device="cpu") for g in draws]
            indices = torch.stack(drawn, 1).to(xt.device)
        minibatch = data[rows, indices[phase]]
        error = forward(parameters, minibatch[..., :-1], training.activation)[..., 0]
        loss = (error - minibatch[..., -1]).square().mean(1).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    keeper.look(training.steps, parameters, xt, yt, xv, yv, training.activation)
    return keeper.best, keeper.record()


class _Keeper:
    """Looks at the risks now and then, and keeps each member's best weights."""

    def __init__(self, parameters: list[Tensor], k: int, *, last: bool) -> None:
        self.best = [p.detach().clone() for p in parameters]
        self.least = parameters[0].new_full((k,), torch.inf)
        self.best_step = torch.zeros(k, dtype=torch.long, device=parameters[0].device)
        self.last = last
        self.train: list[Tensor] = []
        self.valid: list[Tensor] = []

    @torch.no_grad()
    def look(
        self,
        step: int,
        parameters: list[Tensor],
        xt: Tensor,
        yt: Tensor,
        xv: Tensor,
        yv: Tensor,
        activation: str,
    ) -> None:
        few = slice(0, 4096)  # enough to see the training error to about 2 %, and cheap
        fit = forward(parameters, xt[:, few], activation)[..., 0]
        self.train.append((fit - yt[:, few]).square().mean(1))
        now = (forward(parameters, xv, activation)[..., 0] - yv).square().mean(1)
        self.valid.append(now)
        better = now.isfinite() & (now < self.least if not self.last else now.isfinite())
        self.least = torch.where(better, now, self.least)
        self.best_step[better] = step
        for kept, p in zip(self.best, parameters, strict=True):
            kept[better] = p.detach()[better]

    def record(self) -> dict[str, Tensor]:
        train, valid = torch.stack(self.train), torch.stack(self.valid)
        diverged = ~(valid.isfinite().all(0) & train.isfinite().all(0))
        found = {"train": train, "valid": valid, "diverged": diverged}
        return found | {"best_step": self.best_step}
