"""Many small GANs of one shape trained together, each with a generator step of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import few_threads, require_count, stream
from ldyn.gans.critics import sliced_distance
from ldyn.gans.game import Game, GANTraining, Judge, Sampler
from ldyn.nets import stacked_values

_CHOICES = GANTraining()


@dataclass(frozen=True, kw_only=True)
class GANsFit:
    """k trained GANs and how they came about.

    Fields: `generator`, `critic` stacked parameters; `distance` (looks, k) to data as judged,
    infinite for a member that is not finite any more; `value` (k,) the critic's objective at the
    end and `gap` (k,) by how much it rises when the critic alone goes on; `diverged` (k,) whether
    a parameter is not finite.
    """

    generator: list[Tensor]
    critic: list[Tensor]
    distance: Tensor
    value: Tensor
    gap: Tensor
    diverged: Tensor

    def sample(self, count: int, *names: str | int) -> Tensor:
        """Return `count` ≥ 1 points of each generator from one noise, (k, count, d), maybe NaN."""
        shape, draw = (
            (require_count(count, "count"), self.generator[0].shape[1]),
            stream("gan sample", *names),
        )
        noise = torch.randn(shape, generator=draw, dtype=torch.float32).to(self.generator[0])
        return stacked_values(self.generator, noise.expand(len(self.value), -1, -1), "silu")


def train_gans(
    sample: Sampler,
    rates: Tensor,
    *,
    seeds: Sequence[int | str],
    training: GANTraining = _CHOICES,
    judge: Judge = sliced_distance,
) -> GANsFit:
    """Train k GANs of one shape, member j with the generator step `rates[j]` and the streams
    `seeds[j]`, all in one computation.

    Critic: max over φ of E_μ φ − E_data φ − c E‖∇φ‖² (or a game of classification), generator:
    θ ← θ − γ ∇_θ E φ(f_θ(z)). The sums over members decouple and every update is by element: a
    member follows the path it would follow alone, and one that diverges disturbs nobody.

    Arguments: `sample(count, generator)` draws data (count, d); `rates` (k,) > 0, taken without
    their derivatives, whose dtype and device the networks have; members with equal seeds see the
    same data and noise; `judge(real, fake)` returns the distances (k,) of stacks (k, 1000, d) at
    the checkpoints.
    Raises: ValueError for rates that are not > 0, or not one a seed, and for samples or distances
    of another shape.
    Source: chu2020, prop-together-alone.
    """
    if rates.shape != (len(seeds),) or not len(seeds) or not bool((rates > 0).all()):
        raise ValueError(
            f"rates must be > 0, one for each of {len(seeds)} seeds, got {tuple(rates.shape)}; "
            "try torch.full((len(seeds),), 0.1)"
        )
    game = Game(sample, rates, seeds, training)
    with few_threads(game.work()):
        return _trained(game, training, judge)


def _trained(game: Game, training: GANTraining, judge: Judge) -> GANsFit:
    draws = game.draws()
    for _ in range(training.warm):
        game.improve(*next(draws))
    distance = []
    for step in range(1, training.steps + 1):
        for _ in range(training.critic_steps):
            game.improve(*next(draws))
        game.descend(*next(draws))
        if step % (training.steps // training.looks) == 0:
            distance.append(game.distance(judge, step))
    before = game.value()
    kept = [p.clone() for p in game.critic]
    for _ in range(training.settle):
        game.improve(*next(draws))
    after = game.value()
    finite = [p.flatten(1).isfinite().all(1) for p in [*game.generator, *kept]]
    return GANsFit(
        generator=[p.detach() for p in game.generator],
        critic=kept,
        distance=torch.stack(distance),
        value=before,
        gap=after - before,
        diverged=~torch.stack(finite).all(0),
    )
