"""Many small GANs: all at once here against the Python loop that a reader would write.

Every contestant trains the same k GANs on the ring, with spectral normalisation and a penalty: five
critic steps of Adam for a plain step of the generator, the same number of steps. The loop is
torch.nn with torch's own spectral norm; it does not look at its distance to the data at the end,
which `train_gans` does.
"""

import statistics
from collections.abc import Callable
from typing import Any

import torch
from _table import Run, alternate, asked_scale, ratio
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ldyn.core import stream
from ldyn.gans import GANTraining, ring, train_gans

TOGETHER = "all at once, ldyn.gans.train_gans"
ALONE = "a loop over ldyn.gans.train_gans"
LOOP = "a loop over torch.nn, Adam"
FUSED = "the same loop, Adam(fused=True)"
RATE = 0.1


def draw(count: int, generator: torch.Generator) -> Tensor:
    return ring(count, generator=generator)


def network(outputs: int, width: int, activation: type[nn.Module], wrap: Any) -> nn.Sequential:
    return nn.Sequential(
        *(wrap(nn.Linear(2, width)), activation(), wrap(nn.Linear(width, width)), activation()),
        wrap(nn.Linear(width, outputs)),
    )


def one_gan(seed: int, training: GANTraining, device: torch.device, fused: bool | None) -> Any:
    critic = network(1, training.width, lambda: nn.LeakyReLU(0.2), spectral_norm).to(device)
    maker = network(2, training.width, nn.SiLU, lambda layer: layer).to(device)
    adam = torch.optim.Adam(
        critic.parameters(), training.critic_rate, betas=(0.0, 0.9), fused=fused
    )
    plain = torch.optim.SGD(maker.parameters(), RATE)
    generator, batch = stream("many gans", seed), training.batch

    def noise() -> Tensor:
        return torch.randn(batch, 2, generator=generator).to(device)

    for _ in range(training.steps):
        for _ in range(training.critic_steps):
            real = draw(batch, generator).float().to(device)
            x = torch.cat([real, maker(noise()).detach()]).requires_grad_()
            phi = critic(x)
            (slope,) = torch.autograd.grad(phi.sum(), x, create_graph=True)
            penalty = training.penalty * slope.square().sum(1).mean()
            adam.zero_grad()
            (phi[:batch].mean() - phi[batch:].mean() + penalty).backward()
            adam.step()
        plain.zero_grad()
        critic(maker(noise())).mean().backward()
        plain.step()
    return maker


def contestants(
    k: int, training: GANTraining, device: torch.device
) -> dict[str, Callable[[], Any]]:
    rates = torch.full((k,), RATE, device=device)

    def loop(fused: bool | None) -> list[Any]:
        return [one_gan(j, training, device, fused) for j in range(k)]

    return {
        TOGETHER: lambda: train_gans(draw, rates, seeds=range(k), training=training),
        LOOP: lambda: loop(None),
        FUSED: lambda: loop(True),
        ALONE: lambda: [
            train_gans(draw, rates[:1], seeds=[j], training=training) for j in range(k)
        ],
    }


def disagreement(k: int, training: GANTraining, device: torch.device) -> float:
    """Return the largest |together − alone| over k generators' samples in float64."""
    rates = torch.full((k,), RATE, dtype=torch.float64, device=device)
    together = train_gans(draw, rates, seeds=range(k), training=training).sample(1000)
    alone = [
        train_gans(draw, rates[:1], seeds=[j], training=training).sample(1000) for j in range(k)
    ]
    return (together - torch.cat(alone)).abs().max().item()


def main(scale: str) -> None:
    cuda = torch.cuda.is_available()
    run = Run("many_gans_cuda" if cuda else "many_gans", scale, dtype="float32")
    smoke = scale == "smoke"
    k, repeats, steps = (2, 1, 2) if smoke else (256 if cuda else 64, 3, 20)
    for width, batch in [(16, 32), (32, 32), (32, 64)]:
        training = GANTraining(
            spectral=True,
            penalty=0.25,
            width=width,
            batch=batch,
            steps=steps,
            looks=1,
            warm=0,
            settle=0,
        )
        work = contestants(k, training, run.device)
        found = [alternate(work, repeat, run.device) for repeat in range(repeats)]
        times = {name: [repeat[name][0] for repeat in found] for name in work}
        agreement = disagreement(2 if smoke else 8, training, run.device)
        for name in work:
            run.add(
                method=name,
                gans=k,
                width=width,
                batch=batch,
                seconds=statistics.median(times[name]),
                times_ours=ratio(times[name], times[TOGETHER]),
                disagreement=agreement if name == TOGETHER else None,
                all_seconds=[round(t, 3) for t in times[name]],
            )
    run.finish()


if __name__ == "__main__":
    main(asked_scale())
