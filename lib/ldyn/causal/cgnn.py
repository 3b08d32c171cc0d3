"""CGNN: one small generator a direction, judged by the distance of the joint samples."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.causal.columns import Column, require_columns, standardised
from ldyn.core import few_threads, require_choice, require_count, require_positive, stream
from ldyn.gate import require_fields
from ldyn.kernels import MultiGaussian, mean_features
from ldyn.nets import forward

# rows of a pair; noises, and frequencies a rate, to judge by
MOST_ROWS, LOOKS, JUDGES = 1500, 4, 32
_ANGLES = 2**20  # computed at once: small enough for the processor's cache


@dataclass(frozen=True, kw_only=True)
class CGNNLosses:
    """MMD² between data and generated samples, for k pairs in two directions, x → y first.

    Fields: `trained` and `untrained` (k, 2, runs), after and before training; `constant`
    (k, 2, 1), of the generator that always answers 0, the mean; NaN where training diverged.
    """

    trained: Tensor
    untrained: Tensor
    constant: Tensor

    def scores(self, which: str = "trained") -> Tensor:
        """Return (S_yx − S_xy)/(S_yx + S_xy), (k,), S the mean loss; positive if x causes y.

        Runs that diverged in a direction are left out; where none is left the score is 0.
        Raises: ValueError for a name that is no field.
        """
        losses: Tensor = getattr(self, require_choice(which, vars(self), "which"))
        kept = losses.isfinite().all(1, keepdim=True)
        forth, back = torch.where(kept, losses, 0.0).sum(2).unbind(1)
        return torch.where(back + forth > 0, (back - forth) / (back + forth), 0.0)


@dataclass(frozen=True, kw_only=True)
class CGNN:
    """Causal generative neural networks: ŷ = v·ReLU(A (x, ε) + b) + c, ε ~ N(0, 1), fitted by MMD.

    The loss ‖m̂(x, y) − m̂(x, ŷ)‖² has the kernel `MultiGaussian`, from fresh random frequencies
    and noise at each step; Adam on all rows. Runs, directions and pairs are trained in one stack.

    Fields: `hidden` units; `runs`; `steps`; `rate` of Adam; `frequencies` a rate of the kernel.
    Raises: ValueError for a count < 1, a rate that is not > 0, or another type.
    Source: goudet2018, def-cgnn.
    """

    hidden: int = 20
    runs: int = 6
    steps: int = 1000
    rate: float = 0.01
    frequencies: int = 6

    def __post_init__(self) -> None:
        require_fields(self)
        for name in ("hidden", "runs", "steps", "frequencies"):
            require_count(getattr(self, name), name)
        require_positive(self.rate, "rate")

    def score(self, x: Column, y: Column) -> float:
        """Return the score of `x`, `y` (n,), positive if x causes y; trained in float32.

        Of more than 1,500 rows 1,500 are used, the same ones for every pair of that length.
        Raises: ValueError for bad columns.
        Source: goudet2018, def-cgnn.
        """
        x, y = require_columns(x, y)
        rows = torch.randperm(len(x), generator=stream("cgnn rows", len(x)))[:MOST_ROWS]
        x, y = (standardised(c[rows.to(c.device)])[None].float() for c in (x, y))
        return self.losses(x, y).scores().item()

    def losses(self, x: Tensor, y: Tensor) -> CGNNLosses:
        """Return the losses of k pairs of n rows; what a pair gets does not depend on the others.

        Arguments: `x` and `y` (k, n), standardised here; dtype and device follow them.
        Raises: ValueError for bad columns.
        Source: goudet2018, prop-cgnn-together.
        """
        for columns in zip(x, y, strict=True):
            require_columns(*columns)
        both = zip(x.detach(), y.detach(), strict=True)
        pairs = torch.stack([torch.stack([standardised(c) for c in z]) for z in both])
        # The order of the arguments must not touch the arithmetic: the smaller column comes first.
        gap = pairs[:, 0] - pairs[:, 1]
        first = gap.gather(1, (gap != 0).int().argmax(1, keepdim=True))[..., None]
        pairs = torch.where(first > 0, pairs.flip(1), pairs)
        angles = 2 * self.runs * x.shape[1] * self.frequencies * len(MultiGaussian.rates)
        with few_threads():
            parts = [self._losses(part) for part in pairs.split(max(1, _ANGLES // angles))]
        kinds = [torch.cat(kind) for kind in zip(*parts, strict=True)]
        kinds = [torch.where(first > 0, kind.flip(1), kind) for kind in kinds]
        kinds = [torch.where(first == 0, (kind + kind.flip(1)) / 2, kind) for kind in kinds]
        return CGNNLosses(trained=kinds[0], untrained=kinds[1], constant=kinds[2])

    def _losses(self, pairs: Tensor) -> list[Tensor]:
        """Train on pairs (k, 2, n); return MMD² as in the fields of `CGNNLosses`."""
        data = torch.stack([pairs, pairs.flip(1)], -1).flatten(0, 1)  # (2k, n, 2): cause, effect
        parameters = _starts(self.hidden, self.runs, data)
        before, constant = (_judged(p, self.runs, data) for p in (parameters, None))
        noise = [stream("cgnn noise", run) for run in range(self.runs)]
        spectrum = stream("cgnn frequencies")
        parameters = [p.requires_grad_() for p in parameters]
        adam = torch.optim.Adam(parameters, self.rate, fused=True)
        for _ in range(self.steps):
            w = _frequencies(self.frequencies, spectrum, data)
            z = _samples(parameters, data, noise)
            slope = _slope(z.detach(), mean_features(data, frequencies=w), w)
            gradients = torch.autograd.grad(z, parameters, slope)
            for p, gradient in zip(parameters, gradients, strict=True):
                p.grad = gradient
            adam.step()
        return [_judged(parameters, self.runs, data), before, constant[..., :1]]


@torch.no_grad()
def _judged(parameters: list[Tensor] | None, runs: int, data: Tensor) -> Tensor:
    """Return MMD² of each generator, (k, 2, runs); of the one that answers 0 for None."""
    w = _frequencies(JUDGES, stream("cgnn judges"), data)
    w = torch.cat([w, w.flip(1)])  # both directions are judged by the same functions
    noise = [stream("cgnn judge", run) for run in range(runs)]
    real = mean_features(data, frequencies=w).repeat_interleave(runs, 0)
    gaps = [mean_features(_samples(parameters, data, noise), frequencies=w) for _ in range(LOOKS)]
    losses = torch.stack([(gap - real).square().sum(1) for gap in gaps])
    return losses.mean(0).reshape(-1, 2, runs)


def _slope(fake: Tensor, real: Tensor, frequencies: Tensor) -> Tensor:
    """Return the gradient of ‖m̂(fake) − real‖² at samples (m, n, d), real (m/runs, 2q).

    (2/nq) Σ_j ω_j (Δs_j cos⟨ω_j, z_i⟩ − Δc_j sin⟨ω_j, z_i⟩), Δc and Δs differences of mean cosines
    and sines: a third of the time of differentiating back, since both are there already.
    """
    angles, (q, n) = fake @ frequencies.T, (len(frequencies), fake.shape[1])
    cos, sin = angles.cos(), angles.sin()
    means = real.repeat_interleave(len(fake) // len(real), 0) * q**0.5
    dc, ds = cos.mean(1) - means[:, :q], sin.mean(1) - means[:, q:]
    return (cos @ (ds[..., None] * frequencies) - sin @ (dc[..., None] * frequencies)) * (2 / n / q)


def _samples(
    parameters: Sequence[Tensor] | None, data: Tensor, noise: list[torch.Generator]
) -> Tensor:
    """Generate (cause, effect), (2k · runs, n, 2); the noise of a run is that of all pairs."""
    cause = data[..., :1].repeat_interleave(len(noise), 0)
    if parameters is None:
        return torch.cat([cause, 0 * cause], 2)
    shape, single = (data.shape[1], 1), torch.float32
    e = torch.stack([torch.randn(shape, generator=draw, dtype=single).double() for draw in noise])
    inputs = torch.cat([cause, e.to(cause).repeat(len(data), 1, 1)], 2)
    return torch.cat([cause, forward(parameters, inputs)], 2)


def _starts(hidden: int, runs: int, data: Tensor) -> list[Tensor]:
    """Weights and biases uniform on ±1/√(number of inputs); a run has the same for all pairs."""
    draws, parts, single = [stream("cgnn start", run) for run in range(runs)], [], torch.float32
    for inputs, outputs in ((2, hidden), (hidden, 1)):
        for rows in (inputs, 1):
            unit = [torch.rand(rows, outputs, generator=d, dtype=single) for d in draws]
            spread = (2 * torch.stack(unit).double() - 1) / inputs**0.5
            parts.append(spread.to(data).repeat(len(data), 1, 1))
    return parts


def _frequencies(each: int, draw: torch.Generator, data: Tensor) -> Tensor:
    """Return frequencies of the kernel, `each` for each of its rates, (q, 2)."""
    points = torch.rand(each * len(MultiGaussian.rates), 3, generator=draw, dtype=torch.float64)
    points[:, 2] = (torch.arange(len(points)) + 0.5) / len(points)
    return MultiGaussian(1.0).frequencies(points).to(data)
