"""Checks at the border: each refusal says what was expected, what came and what to try."""

from collections.abc import Iterable
from typing import Any

from torch import Tensor

from ldyn.gate.arguments import Reader, holds, plain, require_together
from ldyn.gate.shapes import require_shape

_READER = Reader("")  # of tensors that are real and finite


def require_points(
    x: Any, *, name: str = "x", dim: int | None = None, cube: bool = False
) -> Tensor:
    """Return `x`, finite, real, (n, d), maybe in the unit `cube`. Raises: ValueError otherwise."""
    _READER.read(name, x, Tensor)
    require_shape(name, x, ("n", "d" if dim is None else str(require_count(dim, "dim"))), {})
    if cube and not holds((x >= 0) & (x <= 1)):
        told = f"{name} must lie in the unit cube, got values from {x.min():.3g} to {x.max():.3g}"
        scaled = f"({name} - {name}.amin(0)) / ({name}.amax(0) - {name}.amin(0))"
        raise ValueError(f"{told}; try {scaled}")
    return x


def require_samples(
    x: Any, y: Any, *, at_least: int = 1, cube: bool = False
) -> tuple[Tensor, Tensor]:
    """Return the sample `(x, y)` if x is (n, d), y is (n,), both finite and n ≥ `at_least`.

    Raises: ValueError otherwise, and for mixed dtypes or devices.
    """
    require_points(x, cube=cube)
    _READER.read("y", y, Tensor)
    require_shape("y", y, ("n",), {"n": (len(x), "x")})
    require_together("y", y, "x", x)
    if len(x) < at_least:
        told = f"this method needs at least {at_least} samples, got {len(x)}"
        raise ValueError(f"{told}; draw more data or choose a simpler method")
    return x, y


def require_positive(value: Any, name: str) -> float:
    """Return `value` as Python's number if it is finite and > 0. Raises: ValueError otherwise."""
    found = plain(value)
    if type(found) not in (int, float) or not 0 < found < float("inf"):
        raise ValueError(f"{name} must be a finite number > 0, got {value!r}; try {name}=1.0")
    return found


def require_count(value: Any, name: str, *, at_least: int = 1) -> int:
    """Return `value` as Python's integer if it is ≥ `at_least`. Raises: ValueError otherwise."""
    found = plain(value)
    if type(found) is not int or found < at_least:
        told = f"{name} must be an integer >= {at_least}, got {value!r}"
        raise ValueError(f"{told}; try {name}={at_least}")
    return found


def require_choice(value: Any, choices: Iterable[str], name: str) -> str:
    """Return `value` if it is one of `choices`. Raises: ValueError that lists them otherwise."""
    known = sorted(choices)
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}; got {value!r}")
    return value
