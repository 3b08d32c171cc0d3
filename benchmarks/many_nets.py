"""Many small networks: all at once here against the Python loop that a reader would write.

Every contestant trains the same k networks, each on its own sample of the noisy disk: AdamW with a
one-cycle rate, minibatches with replacement, the same number of steps. The loop is a plain
torch.nn.Sequential; it neither holds out a part nor looks at its risk, which `fit_nets` does.
"""

import statistics
from collections.abc import Callable
from itertools import pairwise

import torch
from _table import Run, alternate, asked_scale, ratio
from torch import Tensor, nn

from ldyn.core import stream
from ldyn.nets import Training, fit_net, fit_nets
from ldyn.piecewise import disk, sample
from ldyn.piecewise.sampling import quadrature_points

Predictors = list[Callable[[Tensor], Tensor]]
TOGETHER = "all at once, ldyn.nets.fit_nets"
LOOP = "a loop over torch.nn, AdamW"
FUSED = "the same loop, AdamW(fused=True)"
ALONE = "a loop over ldyn.nets.fit_net"
SAMPLES = 1024


def samples(k: int, n: int, like: Tensor) -> tuple[Tensor, Tensor]:
    data = [sample(disk(), n, noise=0.3, generator=stream("many nets", n, j)) for j in range(k)]
    return torch.stack([d.x for d in data]).to(like), torch.stack([d.y for d in data]).to(like)


def loop(x: Tensor, y: Tensor, training: Training, fused: bool | None) -> Predictors:
    return [one_net(a, b, training, fused) for a, b in zip(x, y, strict=True)]


def one_net(x: Tensor, y: Tensor, training: Training, fused: bool | None) -> nn.Module:
    widths = (x.shape[1], *training.hidden)
    layers = [m for a, b in pairwise(widths) for m in (nn.Linear(a, b), nn.ReLU())]
    net = nn.Sequential(*layers, nn.Linear(widths[-1], 1), nn.Flatten(0)).to(x)
    optimiser = torch.optim.AdamW(
        net.parameters(), lr=training.rate, weight_decay=training.decay, fused=fused
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, training.rate, total_steps=training.steps + 1, cycle_momentum=False
    )
    for _ in range(training.steps):
        rows = torch.randint(len(x), (training.batch,), device=x.device)
        loss = (net(x[rows]) - y[rows]).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return net


def contestants(x: Tensor, y: Tensor, training: Training) -> dict[str, Callable[[], Predictors]]:
    k = len(x)

    def together() -> Predictors:
        fit = fit_nets(x, y, seeds=range(k), training=training)
        return [fit.member(j) for j in range(k)]

    return {
        TOGETHER: together,
        LOOP: lambda: loop(x, y, training, None),
        FUSED: lambda: loop(x, y, training, True),
        ALONE: lambda: [fit_net(x[j], y[j], seed=j, training=training) for j in range(k)],
    }


@torch.no_grad()
def mean_risk(nets: Predictors, like: Tensor) -> float:
    z = quadrature_points(2, 2**12, stream("many nets judge"))
    errors = [(net(z.to(like)).double().cpu() - disk()(z)).square().mean().item() for net in nets]
    return statistics.mean(errors)


def disagreement(k: int, training: Training, device: torch.device) -> float:
    """Return the largest |together − alone| over k networks' values in float64."""
    x, y = samples(k, SAMPLES, torch.empty(0, dtype=torch.float64, device=device))
    fit = fit_nets(x, y, seeds=range(k), training=training)
    z = quadrature_points(2, 2**12, stream("many nets judge")).to(x)
    alone = [fit_net(x[j], y[j], seed=j, training=training)(z) for j in range(k)]
    return (fit.predict(z) - torch.stack(alone)).abs().max().item()


def main(scale: str) -> None:
    cuda = torch.cuda.is_available()
    run = Run("many_nets_cuda" if cuda else "many_nets", scale, dtype="float32")
    smoke = scale == "smoke"
    k, repeats, steps = (2, 1, 3) if smoke else (256 if cuda else 64, 3, 200)
    for width, batch in [(32, 128), (64, 256)]:
        training = Training(hidden=(width,) * 4, batch=batch, steps=steps)
        x, y = samples(k, SAMPLES, torch.empty(0, device=run.device))
        work = contestants(x, y, training)
        found = [alternate(work, repeat, run.device) for repeat in range(repeats)]
        times = {name: [repeat[name][0] for repeat in found] for name in work}
        agreement = disagreement(2 if smoke else 8, training, run.device)
        for name in work:
            run.add(
                method=name,
                nets=k,
                width=width,
                batch=batch,
                seconds=statistics.median(times[name]),
                times_ours=ratio(times[name], times[TOGETHER]),
                mean_risk=mean_risk(found[0][name][1], x),
                disagreement=agreement if name == TOGETHER else None,
                all_seconds=[round(t, 3) for t in times[name]],
            )
    run.finish()


if __name__ == "__main__":
    main(asked_scale())
