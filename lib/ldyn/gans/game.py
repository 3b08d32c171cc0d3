"""One stack of critics and generators, their optimisers and their streams."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_choice, require_count, require_points, require_positive, stream
from ldyn.gans.critics import GAMES, game_value, generator_loss
from ldyn.gate import require_fields
from ldyn.nets import ETAS, SpectralNorms, StackedAdam, initialise, stacked_values

Sampler = Callable[[int, torch.Generator], Tensor]
Judge = Callable[[Tensor, Tensor], Tensor]
POINTS, CHUNK = 1000, 20


@dataclass(frozen=True, kw_only=True)
class GANTraining:
    """The choices that the members of a stack share.

    Fields: `loss` "wasserstein", "non-saturating" or "relativistic"; `spectral` whether the critic
    is `slope` times a network whose matrices are divided by their norms; `penalty` the weight c of
    c E‖∇φ‖², the points by `penalty_at` half real and half fake ("both": c = ¼ for β₂ = 1, γ for R1
    and R2) or real ("real": c = γ/2 for R1); `activation` of the critic; `width` of the two hidden
    layers of both networks; `latent` the dimension of the noise; `batch`; `steps` of the generator,
    `optimiser` "plain" or "adam" with (0, 0.9); `critic_steps` before each, Adam with `critic_rate`
    and (0, 0.9), and `warm` ones before the first; `looks` evenly spaced checkpoints; `settle`
    critic steps at the end, the generator held, for the critic's gap.
    Raises: ValueError for an unknown name, a count < 1, a number out of range, another type.
    """

    loss: str = "wasserstein"
    spectral: bool = False
    penalty: float = 0.0
    penalty_at: str = "both"
    activation: str = "leaky"
    slope: float = 1.0
    width: int = 32
    latent: int = 2
    batch: int = 64
    steps: int = 2000
    optimiser: str = "plain"
    critic_steps: int = 5
    critic_rate: float = 1e-3
    warm: int = 50
    looks: int = 10
    settle: int = 200

    def __post_init__(self) -> None:
        require_fields(self)
        require_choice(self.loss, GAMES, "loss")
        require_choice(self.activation, ETAS, "activation")
        require_choice(self.penalty_at, ("both", "real"), "penalty_at")
        require_choice(self.optimiser, ("plain", "adam"), "optimiser")
        for name in ("width", "latent", "batch", "steps", "critic_steps", "looks"):
            require_count(getattr(self, name), name)
        for name in ("warm", "settle"):
            require_count(getattr(self, name), name, at_least=0)
        require_positive(self.slope, "slope")
        require_positive(self.critic_rate, "critic_rate")
        if self.penalty < 0:
            raise ValueError(f"penalty must be a finite number >= 0, got {self.penalty}; try 0.25")
        if self.steps % self.looks:
            raise ValueError(
                f"steps must be a multiple of looks, got {self.steps} and {self.looks}; try 10"
            )


class Game:
    """The stack's networks, their optimisers and their streams."""

    def __init__(
        self, sample: Sampler, rates: Tensor, seeds: Sequence[int | str], training: GANTraining
    ) -> None:
        self.sample, self.training, self.rates = sample, training, rates[:, None, None]
        width, self.dim = training.width, _points(sample, 1, stream("gan shape")).shape[1]
        self.critic = initialise(
            (self.dim, width, width, 1),
            [f"critic {s}" for s in seeds],
            like=rates,
            activation="leaky",
        )
        self.generator = initialise(
            (training.latent, width, width, self.dim),
            [f"gan {s}" for s in seeds],
            like=rates,
            activation="gelu",
        )
        self.adam = StackedAdam(self.critic, training.critic_rate)
        self.pull = StackedAdam(self.generator, self.rates)
        self.norms = SpectralNorms(self.critic) if training.spectral else None
        self.names = list(dict.fromkeys(seeds))  # members of one seed share their draws
        self.member = torch.tensor([self.names.index(s) for s in seeds], device=rates.device)

    def work(self) -> int:
        """Return the multiplications of the critics on a batch of both kinds."""
        return 2 * self.training.batch * sum(p.numel() for p in self.critic)

    def spread(self, draws: Sequence[Tensor]) -> Tensor:
        """Return the draws of each seed (n, d) as those of each member, (k, n, d)."""
        return torch.stack(list(draws)).to(self.rates).index_select(0, self.member)

    def draws(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield data (k, batch, d) and noise (k, batch, latent) without end, drawn in chunks."""
        batch, count = self.training.batch, CHUNK * (self.training.critic_steps + 1)
        streams = [stream("gan draws", s) for s in self.names]
        while True:
            real = [_points(self.sample, count * batch, g).split(batch) for g in streams]
            noise = [self.noise(count * batch, g).split(batch) for g in streams]
            for now in zip(zip(*real, strict=True), zip(*noise, strict=True), strict=True):
                yield self.spread(now[0]), self.spread(now[1])

    def noise(self, count: int, generator: torch.Generator) -> Tensor:
        latent = self.training.latent
        return torch.randn(count, latent, generator=generator, dtype=torch.float32)

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
        if self.training.penalty_at == "real":
            slope = slope[:, :n]
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

    def descend(self, real: Tensor, noise: Tensor) -> None:
        """Make a step for the generators, the critics held."""
        loss = self.training.loss
        paired = self.phi(real) if loss == "relativistic" else None
        for p in self.generator:
            p.requires_grad_(True)
        value = generator_loss(loss, self.phi(self.fakes(noise)), paired).sum()
        gradients = torch.autograd.grad(value, self.generator)
        for p in self.generator:
            p.requires_grad_(False)
        if self.training.optimiser == "adam":
            self.pull.step(gradients)
            return
        for p, g in zip(self.generator, gradients, strict=True):
            p.sub_(self.rates * g)

    def judged(self, *names: str | int) -> tuple[Tensor, Tensor]:
        """Return fresh data and fakes of each member, (k, POINTS, d)."""
        streams = [stream("gan judge", s, *names) for s in self.names]
        real = self.spread([_points(self.sample, POINTS, g) for g in streams])
        return real, self.fakes(self.spread([self.noise(POINTS, g) for g in streams]))

    @torch.no_grad()
    def distance(self, judge: Judge, step: int) -> Tensor:
        """Return the judge's distance of each member at a checkpoint, (k,)."""
        found = judge(*self.judged(step))
        if found.shape != self.member.shape:
            raise ValueError(
                f"judge must give one distance a member, ({len(self.member)},), got "
                f"{tuple(found.shape)}; try one like ldyn.gans.sliced_distance"
            )
        return torch.where(found.isfinite(), found, torch.inf)

    def value(self) -> Tensor:
        """Return the critics' objective on fresh points, (k,)."""
        return self.objective(*self.judged("value"), graph=False).detach()


def _points(sample: Sampler, count: int, generator: torch.Generator) -> Tensor:
    drawn = sample(count, generator)
    if drawn.ndim != 2 or len(drawn) != count:
        raise ValueError(
            f"sample({count}, generator) must return ({count}, d), got {tuple(drawn.shape)}; "
            "try one like ldyn.gans.ring"
        )
    return require_points(drawn, name="the sample")
