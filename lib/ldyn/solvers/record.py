"""What a fit chose and how well it solved."""

import hashlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

SECONDS = 30.0  # between two savings


@dataclass(frozen=True, kw_only=True)
class FitRecord:
    """What a fit chose, by which numbers, and how well the system is solved.

    Fields: `kernel`, `bandwidths` in the units of the columns, `ridge` λ of K + λ; `loo`, the mean
    squared leave-one-out error, over `loo_rows` rows; `candidates`, (kernel, number of bandwidths,
    error) of all that were compared; `solver`; `gain`, the share of the error that surroundings
    twice as large take away; `cells`; of conjugate gradients `iterations`, `residual`
    ‖(K + λ)c − y‖/‖y‖ and `condition` of the preconditioned matrix; `seconds` by stage.
    """

    kernel: str
    bandwidths: tuple[float, ...]
    ridge: float
    loo: float
    loo_rows: int
    candidates: tuple[tuple[str, int, float], ...]
    solver: str
    gain: float | None = None
    cells: int = 0
    iterations: int = 0
    residual: float = 0.0
    condition: float | None = None
    seconds: dict[str, float] = field(default_factory=dict)


class Checkpoint:
    """What a long fit has found so far, in a file that a kill leaves whole; none without a path.

    Raises: ValueError for a file of another fit.
    """

    def __init__(
        self, path: str | Path | None, passport: str, *, every: float | None = None
    ) -> None:
        self.path = None if path is None else Path(path)
        self.every, self.saved = SECONDS if every is None else every, time.monotonic()
        self.state: dict[str, Any] = {"passport": passport}
        if self.path is not None and self.path.is_file():
            found = torch.load(self.path, weights_only=True)
            if found.get("passport") != passport:
                raise ValueError(
                    f"{self.path} belongs to a fit of other rows or parameters; remove it, or name "
                    "another checkpoint"
                )
            self.state = found

    def put(self, *, now: bool = False, **found: Any) -> None:
        """Keep `found`, and write it at once, or when half a minute has passed."""
        self.state |= found
        if self.path is not None and (now or time.monotonic() - self.saved > self.every):
            part = self.path.with_name(f"{self.path.name}.part")
            torch.save(self.state, part)
            part.replace(self.path)
            self.saved = time.monotonic()


def passport(*parts: Any) -> str:
    """Return a digest of tensors and values: the same for the same fit alone."""
    digest = hashlib.sha256()
    for part in parts:
        exact = (
            part.detach().cpu().contiguous().numpy().tobytes() if isinstance(part, Tensor) else b""
        )
        digest.update(exact or repr(part).encode())
    return digest.hexdigest()
