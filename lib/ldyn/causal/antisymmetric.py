"""Networks whose score changes its sign when two columns are exchanged, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

BOUND = 4.0  # standard deviations at which a feature is cut off


@dataclass(frozen=True, kw_only=True)
class AntisymmetricNets:
    """k networks s_j(f, r) = T (g_j(f, r) − g_j(r, f)) of the features of both directions.

    Fields: `parameters` [A_1, b_1, …] of g with a leading axis k; `centre`, `scale` (f,) of the
    features; `temperature` T, which makes the mean score log-odds.
    Source: lopezpaz2017, def-antisymmetric-score and prop-antisymmetrise.
    """

    parameters: list[Tensor]
    centre: Tensor
    scale: Tensor
    temperature: float = 1.0

    def scores(self, ahead: Tensor, back: Tensor, masks: Sequence[Tensor] = ()) -> Tensor:
        """Return what each network says of m pairs, (k, m): positive if the first column causes.

        Exchanging the arguments, the features of x → y and of y → x, turns the signs of the
        result and leaves its digits. `masks` (k, m, width) multiply hidden units in training.

        Arguments: `ahead`, `back` (…, m, f), for all networks or with an axis k for each.
        Raises: ValueError for another number of features than the networks were trained with.
        """
        if ahead.shape[-1] != len(self.centre):
            raise ValueError(f"ahead must be pair_features(x, y), got {ahead.shape[-1]} features")
        like, k = ahead, len(self.parameters[0])
        parameters = [p.to(like) for p in self.parameters]
        centre, scale = self.centre.to(like), self.scale.to(like)
        f, r = (((v - centre) / scale).clamp(-BOUND, BOUND) for v in (ahead, back))
        f, r = (v.expand(k, *v.shape[-2:]) for v in (f, r))
        # Two passes of one shape, so that the digits of either are those of the other.
        one, other = (_values(parameters, torch.cat(v, 2), masks) for v in ((f, r), (r, f)))
        return self.temperature * (one - other)

    def save(self, path: Path) -> None:
        """Write plain arrays of 16 and 32 bits, no pickled code, to an npz file."""
        arrays = {f"p{i:02d}": p.detach().half().numpy() for i, p in enumerate(self.parameters)}
        for name in ("centre", "scale"):
            arrays[name] = getattr(self, name).float().numpy()
        arrays["temperature"] = np.array(self.temperature)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")  # a kill leaves no half of a file behind
        np.savez_compressed(part, allow_pickle=False, **arrays)
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> "AntisymmetricNets":
        """Return what `save` wrote. Raises: FileNotFoundError; ValueError for pickled objects."""
        with np.load(path, allow_pickle=False) as file:
            data = {name: torch.from_numpy(file[name].astype(np.float64)) for name in file.files}
        parameters = [data.pop(name) for name in sorted(data) if name.startswith("p")]
        return cls(parameters=parameters, temperature=data.pop("temperature").item(), **data)


def _values(parameters: list[Tensor], x: Tensor, masks: Sequence[Tensor]) -> Tensor:
    for i in range(0, len(parameters) - 2, 2):
        x = functional.gelu(torch.baddbmm(parameters[i + 1], x, parameters[i]))
        x = x * masks[i // 2] if masks else x
    return torch.baddbmm(parameters[-1], x, parameters[-2])[..., 0]


def fit_temperature(scores: Tensor) -> float:
    """Return the T > 0 that minimises the mean of log(1 + e^{−T s}), `scores` s (m,) of the truth.

    Newton's method in log T within e^{±3}; T is at the border if all scores are right.
    Source: guo2017, prop-temperature.
    """
    log = scores.new_zeros(())
    for _ in range(50):
        z = log.exp() * scores
        wrong = torch.sigmoid(-z)
        slope = -(wrong * z).mean()
        bend = slope + (wrong * (1 - wrong) * z.square()).mean()
        log = (log - (slope / bend.abs().clamp(min=1e-9)).clamp(-1, 1)).clamp(-3, 3)
    return log.exp().item()
