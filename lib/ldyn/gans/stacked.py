"""Many small GANs of one shape trained together, each with a generator step of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_choice, require_count, require_positive, stream
from ldyn.gans.critics import (
    ETAS,
    SpectralNorms,
    StackedAdam,
    game_value,
    generator_loss,
    sliced_distance,
    stacked_values,
)
from ldyn.nets import initialise

Sampler = Callable[[int, torch.Generator], Tensor]
POINTS, CHUNK, LATENT = 1000, 20, 2


@dataclass(frozen=True, kw_only=True)
class GANTraining:
    """The choices that the members of a stack share.

    Fields: `loss` "wasserstein" or "non-saturating"; `spectral` whether the critic is `slope`
    times a network whose matrices are divided by their norms; `penalty` the weight c of
    c E‖∇φ‖², half the points real and half fake (¼ for β₂ = 1); `activation` of the critic;
    `width` of the two hidden layers of both networks; `batch`; `steps` of the generator, plain
    gradient steps; `critic_steps` before each, Adam with `critic_rate` and (0, 0.9), and `warm`
    ones before the first; `looks` evenly spaced checkpoints; `settle` critic steps at the end, the
    generator held, for the critic's gap.
    Raises: ValueError for an unknown name, a count < 1, or a number out of range.
    """

    loss: str = "wasserstein"
    spectral: bool = False
    penalty: float = 0.0
    activation: str = "leaky"
    slope: float = 1.0
    width: int = 32
    batch: int = 64
    steps: int = 2000
    critic_steps: int = 5
    critic_rate: float = 1e-3
    warm: int = 50
    looks: int = 10
    settle: int = 200

    def __post_init__(self) -> None:
        require_choice(self.loss, ("wasserstein", "non-saturating"), "loss")
        require_choice(self.activation, ETAS, "activation")
        for name in ("width", "batch", "steps", "critic_steps", "looks"):
            require_count(getattr(self, name), name)
        for name in ("warm", "settle"):
            require_count(getattr(self, name), name, at_least=0)
        require_positive(self.slope, "slope")
        require_positive(self.critic_rate, "critic_rate")
        if not 0 <= self.penalty < float("inf"):
            raise ValueError(f"penalty must be a finite number >= 0, got {self.penalty}; try 0.25")
        if self.steps % self.looks:
            raise ValueError(
                f"steps must be a multiple of looks, got {self.steps} and {self.looks}; try 10"
            )


@dataclass(frozen=True, kw_only=True)
class GANsFit:
    """k trained GANs and how they came about.

    Fields: `generator`, `critic` stacked parameters; `distance` (looks, k) sliced W₂² to data,
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
        """Return `count` points of each generator from one noise, (k, count, 2)."""
        noise = torch.randn(count, LATENT, generator=stream("gan sample", *names)).to(
            self.generator[0]
        )
        return stacked_values(self.generator, noise.expand(len(self.value), -1, -1), "silu")


def train_gans(
    sample: Sampler,
    rates: Tensor,
    *,
    seeds: Sequence[int | str],
    training: GANTraining = GANTraining(),
) -> GANsFit:
    """Train k GANs of one shape, member j with the generator step `rates[j]` and the streams
    `seeds[j]`, all in one computation.

    Critic: max over φ of E_μ φ − E_data φ − c E‖∇φ‖² (or the game of classification), generator:
    θ ← θ − γ ∇_θ E φ(f_θ(z)). The sums over members decouple and every update is by element: a
    member follows the path it would follow alone, and one that diverges disturbs nobody.

    Arguments: `sample(count, generator)` draws data (count, 2); `rates` (k,) > 0, whose dtype and
    device the networks have; members with equal seeds see the same data and noise.
    Raises: ValueError for rates that are not positive, or not one a seed.
    Source: chu2020, prop-together-alone.
    """
    if rates.shape != (len(seeds),) or not len(seeds) or not bool((rates > 0).all()):
        raise ValueError(
            f"expected one rate > 0 for each of {len(seeds)} seeds, got {tuple(rates.shape)}; "
            "try torch.full((len(seeds),), 0.1)"
        )
    game = _Game(sample, rates, seeds, training)
    draws = game.draws(training.warm, training.critic_steps)
    for real, noise in (next(draws) for _ in range(training.warm)):
        game.improve(real, noise)
    distance = []
    for step in range(1, training.steps + 1):
        for _ in range(training.critic_steps):
            game.improve(*next(draws))
        game.descend(next(draws)[1])
        if step % (training.steps // training.looks) == 0:
            distance.append(game.distance(step))
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


class _Game:
    """The stack's networks, their optimisers and their streams."""

    def __init__(
        self, sample: Sampler, rates: Tensor, seeds: Sequence[int | str], training: GANTraining
    ) -> None:
        self.sample, self.training, self.rates = sample, training, rates[:, None, None]
        width = training.width
        self.critic = initialise(
            (2, width, width, 1), [f"critic {s}" for s in seeds], like=rates, activation="leaky"
        )
        self.generator = initialise(
            (LATENT, width, width, 2), [f"gan {s}" for s in seeds], like=rates, activation="gelu"
        )
        self.adam = StackedAdam(self.critic, training.critic_rate)
        self.norms = SpectralNorms(self.critic) if training.spectral else None
        self.names = list(dict.fromkeys(seeds))  # members of one seed share their draws
        self.member = torch.tensor([self.names.index(s) for s in seeds], device=rates.device)

    def spread(self, draws: list[Tensor]) -> Tensor:
        """Return the draws of each seed (…, n, 2) as those of each member (…, k, n, 2)."""
        return torch.stack(draws, -3).to(self.rates).index_select(-3, self.member)

    def draws(self, warm: int, critic_steps: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield data and noise (k, batch, 2) without end, drawn in chunks."""
        batch, count = self.training.batch, CHUNK * (critic_steps + 1)
        streams = [stream("gan draws", s) for s in self.names]
        while True:
            real = [self.sample(count * batch, g).reshape(count, batch, 2) for g in streams]
            noise = [torch.randn(count, batch, LATENT, generator=g) for g in streams]
            yield from zip(self.spread(real), self.spread(noise), strict=True)

    def fakes(self, noise: Tensor) -> Tensor:
        return stacked_values(self.generator, noise, "silu")

    def phi(self, x: Tensor) -> Tensor:
        """Return the critics' values (k, n, 1)."""
        if self.norms is None:
            return stacked_values(self.critic, x, self.training.activation)
        divided = self.norms.divided(self.critic)
        return self.training.slope * stacked_values(divided, x, self.training.activation)

    def objective(self, real: Tensor, fake: Tensor, *, graph: bool) -> Tensor:
        """Return what each critic maximises, (k,)."""
        x, n = torch.cat([real, fake], 1), real.shape[1]
        penalty = self.training.penalty
        x.requires_grad_(penalty > 0)
        phi = self.phi(x)
        value = game_value(self.training.loss, phi[:, :n], phi[:, n:])
        if not penalty:
            return value
        (slope,) = torch.autograd.grad(phi.sum(), x, create_graph=graph)
        return value - penalty * slope.square().sum(2).mean(1)

    def improve(self, real: Tensor, noise: Tensor) -> None:
        """Make a step of Adam for the critics."""
        with torch.no_grad():
            fake = self.fakes(noise)
        if self.norms:
            self.norms.advance(self.critic)
        for p in self.critic:
            p.requires_grad_(True)
        loss = -self.objective(real, fake, graph=True).sum()
        gradients = torch.autograd.grad(loss, self.critic, materialize_grads=True)
        for p in self.critic:
            p.requires_grad_(False)
        self.adam.step(gradients)

    def descend(self, noise: Tensor) -> None:
        """Make a gradient step for the generators, the critics held."""
        for p in self.generator:
            p.requires_grad_(True)
        loss = generator_loss(self.training.loss, self.phi(self.fakes(noise))).sum()
        gradients = torch.autograd.grad(loss, self.generator)
        for p, g in zip(self.generator, gradients, strict=True):
            p.requires_grad_(False).sub_(self.rates * g)

    def judged(self, *names: str | int) -> tuple[Tensor, Tensor]:
        """Return fresh data and fakes of each member, (k, POINTS, 2)."""
        streams = [stream("gan judge", s, *names) for s in self.names]
        real = self.spread([self.sample(POINTS, g) for g in streams])
        noise = self.spread([torch.randn(POINTS, LATENT, generator=g) for g in streams])
        return real, self.fakes(noise)

    @torch.no_grad()
    def distance(self, step: int) -> Tensor:
        """Return the sliced distance of each member at a checkpoint, (k,)."""
        found = sliced_distance(*self.judged(step))
        return torch.where(found.isfinite(), found, torch.inf)

    def value(self) -> Tensor:
        """Return the critics' objective on fresh points, (k,)."""
        return self.objective(*self.judged("value"), graph=False).detach()
