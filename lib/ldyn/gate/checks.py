"""Checks at the border: each refusal says what was expected, what came and what to try."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor

from ldyn.gate.arguments import Reader, holds, plain, require_together

_READER = Reader("")  # of tensors that are real and finite


def require_points(
    x: Any, *, name: str = "x", dim: int | None = None, cube: bool = False
) -> Tensor:
    """Return `x` if it is a finite, floating, non-empty (n, d) tensor, and in the unit `cube`.

    Raises: ValueError for anything else, with what to try.
    """
    _READER.read(name, x, Tensor)
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(
            f"{name} must be a non-empty (n, d) tensor, got shape {tuple(x.shape)}; "
            f"for n points on a line try {name}[:, None]"
        )
    if dim is not None and x.shape[1] != require_count(dim, "dim"):
        raise ValueError(
            f"{name} must have {dim} columns, got {x.shape[1]}; "
            "pass points of the dimension the estimator was made for"
        )
    if cube and not holds((x >= 0) & (x <= 1)):
        raise ValueError(
            f"{name} must lie in the unit cube, got values from {x.min():.3g} to {x.max():.3g}; "
            f"try ({name} - {name}.amin(0)) / ({name}.amax(0) - {name}.amin(0))"
        )
    return x


def require_samples(
    x: Any, y: Any, *, at_least: int = 1, cube: bool = False
) -> tuple[Tensor, Tensor]:
    """Return the sample `(x, y)` if x is (n, d), y is (n,), both finite and n ≥ `at_least`.

    Raises: ValueError for wrong shapes, mixed dtypes or devices, non-finite data, or n too small.
    """
    require_points(x, cube=cube)
    _READER.read("y", y, Tensor)
    if y.shape != x.shape[:1]:
        raise ValueError(
            f"y must be a tensor of shape ({x.shape[0]},), one response a point, got "
            f"{tuple(y.shape)}; try y.reshape(-1)"
        )
    require_together("y", y, "x", x)
    if x.shape[0] < at_least:
        raise ValueError(
            f"this method needs at least {at_least} samples, got {x.shape[0]}; "
            "draw more data or choose a simpler method"
        )
    return x, y


def require_positive(value: Any, name: str) -> float:
    """Return `value` as Python's number if it is finite and greater than zero.

    Raises: ValueError otherwise, and for a bool.
    """
    found = plain(value)
    number = isinstance(found, int | float) and not isinstance(found, bool)
    if not (number and 0 < found < float("inf")):
        raise ValueError(f"{name} must be a finite number > 0, got {value!r}; try {name}=1.0")
    return found


def require_count(value: Any, name: str, *, at_least: int = 1) -> int:
    """Return `value` as Python's integer if it is one ≥ `at_least`.

    Raises: ValueError otherwise, and for a bool.
    """
    found = plain(value)
    if isinstance(found, bool) or not isinstance(found, int) or found < at_least:
        raise ValueError(
            f"{name} must be an integer >= {at_least}, got {value!r}; try {name}={at_least}"
        )
    return found


def require_choice(value: Any, choices: Iterable[str], name: str) -> str:
    """Return `value` if it is one of `choices`. Raises: ValueError that lists them otherwise."""
    known = sorted(choices)
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}; got {value!r}")
    return value


@contextmanager
def needs(package: str) -> Iterator[None]:
    """Run the import of an optional `package`. Raises: ImportError that says what to install."""
    try:
        yield
    except ImportError:
        raise ImportError(f"{package} is not installed; try pip install {package}") from None
