"""Meta-CGNN: one generator of effects for all tasks, adapted by a summary of each task's sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from ldyn.causal.columns import Column, require_columns
from ldyn.core import few_threads, require_choice, require_count, stream
from ldyn.data.laws import rows_standardised
from ldyn.nets import forward, initialise

ENCODERS = ("deepsets", "cme", "none")
GAMMAS = (0.005, 0.05, 0.25, 0.5, 1.0, 5.0, 50.0)  # CGNN's kernel: Σ_γ exp(−γ‖z − z′‖²)
WIDTH, TASK, HIDDEN, FEATURES, RIDGE = 64, 64, 64, 24, 1e-3
SINGLE = torch.float32
Parts = dict[str, list[Tensor]]
Layers = Mapping[str, list[Tensor]]


def joint_frequencies(each: int, *, draw: torch.Generator) -> Tensor:
    """Return (7 · each, 2) frequencies of (cause, effect): N(0, 2γ I) for each γ of CGNN's kernel.

    Source: goudet2018, def-meta-cgnn.
    """
    scale = torch.tensor(GAMMAS, dtype=SINGLE).mul(2).sqrt().repeat(each)[:, None]
    return scale * torch.randn(len(scale), 2, generator=draw, dtype=SINGLE)


def initial_parts(encoder: str, film: bool, seed: int | str) -> Parts:
    """Return the untrained layers of a Meta-CGNN, float32: s summarises, u generates.

    Raises: ValueError for an unknown encoder.

    Source: ton2021, def-meta-cgnn.
    """
    require_choice(encoder, ENCODERS, "encoder")
    like = torch.empty(0, dtype=SINGLE)

    def net(name: str, *dims: int) -> list[Tensor]:
        """Matrices of variance 1/(3 · inputs), so that an untrained effect is nearly constant."""
        layers = initialise(dims, [f"{name} {seed}"], like=like)
        return [p * 6**-0.5 if p.shape[1] > 1 else p for p in layers]

    parts: Parts = {"layer1": net("layer1", 2, HIDDEN), "layer2": net("layer2", HIDDEN, HIDDEN)}
    parts["out"] = net("out", HIDDEN, 1)
    if encoder == "deepsets":
        parts["point"] = net("point", 2, WIDTH, WIDTH)
    if encoder == "cme":
        draw = stream("features", seed)
        scale = torch.tensor((0.5, 1.0, 2.0, 4.0), dtype=SINGLE).repeat(FEATURES // 4)
        phase = 2 * torch.pi * torch.rand(FEATURES, generator=draw, dtype=SINGLE)
        parts["fixed"] = [scale * torch.randn(FEATURES, generator=draw, dtype=SINGLE), phase]
    if encoder != "none":
        inputs = WIDTH if encoder == "deepsets" else FEATURES * (FEATURES + 1)
        parts["task"] = net("task", inputs, WIDTH, TASK)
        # without FiLM the summary is one more input of the first layer: it shifts, never scales
        film_parts = net("film", TASK, 4 * HIDDEN if film else HIDDEN)
        parts["film"] = [0.1 * p for p in film_parts]  # so that γ ≈ 1, β ≈ 0
    return parts


def task_summary(parts: Layers, cause: Tensor, effect: Tensor) -> Tensor | None:
    """Return the vectors s of tasks, (t, 64), from standardised columns (t, n); None without one.

    DeepSets: s = ρ(mean_j h(x_j, y_j)). Conditional mean embedding: s = ρ(Ĉ, mean_j φ(x_j)) with
    Ĉ = Φ_y Φ_xᵀ (Φ_x Φ_xᵀ + nλ I)⁻¹ for 24 random cosines φ.

    Source: ton2021, def-meta-cgnn.
    """
    if "task" not in parts:
        return None
    if "point" in parts:
        points = torch.stack([cause, effect], 2)
        seen = forward(parts["point"], points.flatten(0, 1)[None])
        pooled = seen.relu().reshape(*cause.shape, -1).mean(1)
    else:
        pooled = _mean_embedding(parts["fixed"], cause, effect)
    return forward(parts["task"], pooled[None])[0]


def _mean_embedding(fixed: Sequence[Tensor], cause: Tensor, effect: Tensor) -> Tensor:
    waves, phase = fixed
    x, y = ((c[..., None] * waves + phase).cos() * (2 / FEATURES) ** 0.5 for c in (cause, effect))
    n = cause.shape[1]
    inner = x.mT @ x / n + RIDGE * torch.eye(FEATURES, dtype=x.dtype, device=x.device)
    operator = torch.linalg.solve(inner, x.mT @ y / n)
    return torch.cat([operator.flatten(1), x.mean(1)], 1)


def generate(parts: Layers, summary: Tensor | None, cause: Tensor, noise: Tensor) -> Tensor:
    """Return made effects ŷ (t, n) for causes (t, n) and normal noise that broadcasts to them.

    u_0 = (x, ε), u_ℓ = ReLU(γ_ℓ(s) ⊙ (W_ℓ u_{ℓ−1} + c_ℓ) + β_ℓ(s)), ŷ = wᵀu_2 + c.

    Source: ton2021, def-meta-cgnn.
    """
    u = torch.stack([cause, noise.expand_as(cause)], 2)
    film = None if summary is None else forward(parts["film"], summary[None])[0]
    film = None if film is None else film.unflatten(1, (-1, 1, HIDDEN))
    for j, name in enumerate(("layer1", "layer2")):
        a, b = parts[name]
        u = u @ a[0] + b[0]
        if film is not None and film.shape[1] == 4:
            u = (1 + film[:, 2 * j]) * u + film[:, 2 * j + 1]
        elif film is not None and j == 0:
            u = u + film[:, 0]
        u = u.relu()
    a, b = parts["out"]
    return (u @ a[0] + b[0])[..., 0]


def embedding(cause: Tensor, effect: Tensor, frequencies: Tensor) -> Tensor:
    """Return mean_j (cos, sin)⟨ω, (x_j, y_j)⟩ at each frequency, (t, 2q)."""
    angles = torch.stack([cause, effect], 2) @ frequencies.T
    return torch.cat([angles.cos().mean(1), angles.sin().mean(1)], 1)


def joint_mmd(
    parts: Layers, cause: Tensor, effect: Tensor, noises: Tensor, frequencies: Tensor
) -> Tensor:
    """Return the squared MMD of (x, y) and (x, ŷ) for each task, (t,), at random frequencies.

    (7/q) Σ_ω |mean_j e^{i⟨ω, (x_j, y_j)⟩} − mean_jk e^{i⟨ω, (x_j, ŷ_jk)⟩}|², ŷ_jk from the k-th
    of `noises`. Columns (t, n), standardised.

    Source: goudet2018, def-meta-cgnn.
    """
    summary = task_summary(parts, cause, effect)
    made = sum(
        embedding(cause, generate(parts, summary, cause, e), frequencies) for e in noises
    ) / len(noises)
    apart: Tensor = embedding(cause, effect, frequencies) - made
    return 2 * len(GAMMAS) * apart.square().mean(1)


@dataclass(frozen=True, kw_only=True)
class MetaCGNN:
    """A trained (or untrained) generator of effects that decides the direction of pairs.

    Fields: `parts`, its layers by name; `levels`, how many noise quantiles the decision takes;
    `marginal`, whether the decision sees the effects alone (cause frequencies zero).
    Source: ton2021, def-meta-cgnn.
    """

    parts: Layers
    levels: int = 8
    marginal: bool = False

    def __post_init__(self) -> None:
        require_count(self.levels, "levels")

    @torch.no_grad()
    def costs(self, cause: Tensor, effect: Tensor) -> Tensor:
        """Return the squared MMD of each sample and of effects generated for its causes, (t,).

        The time is linear in n. Arguments: `cause`, `effect` (t, n).
        Raises: ValueError for a column that is constant.
        Source: ton2021, def-meta-cgnn.
        """
        if any((c.amin(1) == c.amax(1)).any() for c in (cause, effect)):
            raise ValueError("cause and effect must change, got constant columns; drop those")
        like = self.parts["out"][0]
        frequencies = joint_frequencies(16, draw=stream("decision"))
        if self.marginal:
            frequencies = frequencies * torch.tensor([0.0, 1.0], dtype=SINGLE)
        at = (torch.arange(self.levels, dtype=torch.float64) + 0.5) / self.levels
        x, y, frequencies, at = (
            v.to(like)
            for v in (rows_standardised(cause), rows_standardised(effect), frequencies, at)
        )
        with few_threads():
            return joint_mmd(self.parts, x, y, torch.special.ndtri(at), frequencies)

    def scores(self, x: Tensor, y: Tensor) -> Tensor:
        """Return (S_{y→x} − S_{x→y})/(S_{y→x} + S_{x→y}) of `x`, `y` (t, n), S the `costs`.

        Source: ton2021, def-meta-cgnn.
        """
        forth, back = self.costs(x, y), self.costs(y, x)
        return (back - forth) / (back + forth).clamp(min=1e-30)

    def score(self, x: Column, y: Column) -> float:
        """Return the score of one pair `x`, `y` (n,), n ≥ 10: positive if x causes y.

        Raises: ValueError for bad columns.

        Source: ton2021, def-meta-cgnn.
        """
        x, y = require_columns(x, y)
        return self.scores(x[None], y[None]).item()

    def constant(self) -> "MetaCGNN":
        """Return the control ŷ = 0: its last layer is zero, so effects are compared with a point.

        Source: ton2021, prop-heavier-tails.
        """
        return replace(self, parts={**self.parts, "out": [0 * p for p in self.parts["out"]]})

    def save(self, path: str | Path) -> None:
        """Write the layers as plain tensors, without code."""
        torch.save({name: list(tensors) for name, tensors in self.parts.items()}, path)


def load_meta_cgnn(path: str | Path) -> MetaCGNN:
    """Return a generator that `MetaCGNN.save` wrote; the file cannot run code.

    Raises: ValueError for a file that holds something else.

    Source: ton2021, def-meta-cgnn.
    """
    try:
        parts: Any = torch.load(path, weights_only=True)
        if not {"layer1", "layer2", "out"} <= set(parts):
            raise KeyError("layer1, layer2, out")
    except (UnpicklingError, RuntimeError, KeyError, TypeError, EOFError) as error:
        raise ValueError(f"{path} holds no Meta-CGNN ({error}); save one first") from error
    return MetaCGNN(parts=parts)
