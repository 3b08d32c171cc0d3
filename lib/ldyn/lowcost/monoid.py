"""The normal equations of ridge regression as a commutative monoid: add, merge, remove, save."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import torch
import torch.distributed as dist
from torch import Tensor

from ldyn.core import require_count
from ldyn.lowcost.kept import KeptRows, joined, row_keys

Maybe = Tensor | None


@dataclass(eq=False, kw_only=True)
class NormalEquations:
    """Totals over rows: all that ridge regression on features ever needs to know of its data.

    gram = Σ_i w_i z_i z_iᵀ,  z_i = (φ(x_i), y_i, 1) ∈ ℝ^(M + c + 1), in float64. Sums neither
    know the order of their terms nor how they were grouped, so shards may be added anywhere and
    merged in any order; and what was added can be subtracted.

    Fields: `gram`, symmetric; `outputs` c; `rows` n with w_i > 0; `rounding`, the unit roundoff of
    the coarsest block so far, from which the smallest sensible ridge follows; `kept`, a sample of
    rows (φ, y, w, how often).
    Source: prop-monoid, prop-kept-rows.
    """

    gram: Tensor
    outputs: int
    rows: int = 0
    rounding: float = 2.0**-53
    kept: KeptRows = field(default_factory=KeptRows)

    @classmethod
    def empty(cls, features: int, outputs: int = 1, device: torch.device | str = "cpu") -> Self:
        """Return the neutral element, for M `features` and c `outputs`."""
        size = require_count(features, "features") + require_count(outputs, "outputs") + 1
        return cls(
            gram=torch.zeros(size, size, dtype=torch.float64, device=device), outputs=outputs
        )

    @property
    def features(self) -> int:
        return len(self.gram) - self.outputs - 1

    def add(self, phi: Tensor, y: Tensor, *, weights: Maybe = None, x: Maybe = None) -> Self:
        """Add rows in place: features `phi` (b, M), `y` (b, c), maybe integers, `weights` (b,) ≥ 0,
        else 1, each in a precision of its own.

        The block's products are taken in the dtype of `phi`, the totals in float64. Which rows are
        kept depends on `x` (b, d), else on phi, and on y and weights.
        Raises: ValueError for wrong shapes, negative weights, or what is not finite.
        """
        return self._change(phi, y, weights, x, 1)

    def remove(self, phi: Tensor, y: Tensor, *, weights: Maybe = None, x: Maybe = None) -> Self:
        """Subtract rows in place, as if never added: features `phi` (b, M), `y` (b, c), maybe
        integers, `weights` (b,) and `x` (b, d), each in a precision of its own, as for `add`.

        Raises: ValueError as `add` does, and when more rows would leave than came.
        """
        return self._change(phi, y, weights, x, -1)

    def merge(self, other: "NormalEquations") -> "NormalEquations":
        """Add the totals of `other` in place. Raises: ValueError if M or c differ."""
        if self.gram.shape != other.gram.shape or self.outputs != other.outputs:
            raise ValueError(
                f"totals to merge must have the same features and outputs, got {self.features}, "
                f"{self.outputs} and {other.features}, {other.outputs}; "
                "give every shard the same fitted features"
            )
        self.gram += other.gram.to(self.gram)
        self.rows += other.rows
        self.rounding = max(self.rounding, other.rounding)
        self.kept = joined(self.kept, other.kept)
        return self

    def copy(self) -> "NormalEquations":
        return replace(self, gram=self.gram.clone(), kept=joined(self.kept))

    def all_reduce(self) -> "NormalEquations":
        """Sum in place over the processes of the default group, if there is one; gloo or nccl.

        Raises: RuntimeError, with what to do, when another process is gone.
        """
        if not dist.is_initialized():
            return self
        counts = self.gram.new_tensor([self.rows, self.rounding])
        try:
            dist.all_reduce(self.gram)
            dist.all_reduce(counts[:1])
            dist.all_reduce(counts[1:], op=dist.ReduceOp.MAX)
            samples: list[Any] = [None] * dist.get_world_size()
            dist.all_gather_object(samples, self.kept.settle())
        except RuntimeError as error:
            raise RuntimeError(
                f"process {dist.get_rank()} of {dist.get_world_size()} finished its share, but "
                "another one is gone; start all of them again with the same checkpoint: finished "
                "shares are read from it, the others go on where it was written last"
            ) from error
        self.rows, self.rounding = round(counts[0].item()), counts[1].item()
        self.kept = joined(*samples)
        return self

    def save(self, path: str | Path, **more: Any) -> None:
        """Write to `path` in one step: a kill leaves the old file or the new one, never a half.

        `more` may hold tensors, numbers, strings, and lists of them.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        with part.open("wb") as out:
            torch.save({**vars(self), "kept": vars(self.kept.settle()), **more}, out)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)

    @classmethod
    def load(
        cls, path: str | Path, device: torch.device | str = "cpu"
    ) -> tuple["NormalEquations", dict[str, Any]]:
        """Return what `save` wrote, totals and the rest; no code in the file is ever run."""
        data = torch.load(Path(path), map_location=device, weights_only=True)
        own = {name: data.pop(name) for name in cls.__dataclass_fields__}
        return cls(**own | {"kept": KeptRows(**own["kept"])}), data

    def _change(self, phi: Tensor, y: Tensor, weights: Maybe, x: Maybe, sign: int) -> Self:
        m, c = self.features, self.outputs
        w = _checked(phi, y, weights, (m, c))
        count = int((w > 0).sum())
        if sign < 0 and count > self.rows:
            raise ValueError(
                f"rows to remove must have been added, got {count} of {self.rows}; "
                "pass only rows that are in these totals"
            )
        # y enters less the block's mean: in single precision a large mean would drown the rest.
        wide, shift = y.double(), y.double().mean(0)
        rest = torch.cat([wide - shift, torch.ones_like(wide[:, :1])], 1) * w.sqrt()[:, None]
        scaled = phi if weights is None else phi * w.sqrt().to(phi)[:, None]
        back = torch.eye(c + 1).to(rest)
        back[:c, c] = shift
        cross = back @ (rest.to(phi).T @ scaled).double()
        if not cross.isfinite().all():
            raise ValueError("features and y must be finite, got NaN or infinity; drop those rows")
        gram = self.gram
        gram[:m, :m].add_(squared(scaled), alpha=sign)
        gram[m:, :m].add_(cross, alpha=sign)
        gram[:m, m:].add_(cross.T, alpha=sign)
        gram[m:, m:].add_(back @ (rest.T @ rest) @ back.T, alpha=sign)
        self.rows += sign * count
        self.rounding = max(self.rounding, torch.finfo(phi.dtype).eps / 2)
        keys = row_keys(phi if x is None else x, y, w[:, None])
        self.kept.take(keys.where(w > 0, 2**63 - 1), phi, y, w[:, None], 0 * w[:, None] + sign)
        return self


def squared(phi: Tensor) -> Tensor:
    """Return ΦᵀΦ (M, M) of features (b, M), on the CPU by the routine for symmetric products.

    NumPy hands a matrix times its own transpose to BLAS's `syrk`, half the work of `torch.mm`.
    """
    if phi.device.type != "cpu":
        return phi.T @ phi
    values = phi.detach().numpy()
    return torch.from_numpy(values.T @ values)


def _checked(phi: Tensor, y: Tensor, weights: Maybe, sizes: tuple[int, int]) -> Tensor:
    """Return the weights (b,) in float64."""
    m, c = sizes
    if phi.ndim != 2 or phi.shape[1] != m or y.shape != (len(phi), c) or not len(phi):
        raise ValueError(
            f"a block must have features (b, {m}) and y (b, {c}), got {tuple(phi.shape)} and "
            f"{tuple(y.shape)}; for one output pass y[:, None]"
        )
    if weights is None:
        return y.new_ones(len(y), dtype=torch.float64)
    if not (weights >= 0).all():
        raise ValueError(
            f"weights must be numbers >= 0, got {weights.min():.3g}; use `remove` to take rows away"
        )
    return weights.double()
