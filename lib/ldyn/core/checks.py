"""Checks at the border: each refusal says what was expected, what came and what to try."""

from collections.abc import Iterable

from torch import Tensor

from ldyn.core.arguments import all_finite, holds


def require_points(
    x: Tensor, *, name: str = "x", dim: int | None = None, cube: bool = False
) -> Tensor:
    """Return `x` if it is a finite, floating, non-empty (n, d) tensor, and in the unit `cube`.

    Raises: ValueError for anything else, with what to try.
    """
    if not isinstance(x, Tensor):
        raise ValueError(
            f"{name} must be a torch tensor of shape (n, d), got {type(x).__name__}; "
            f"try torch.as_tensor({name})"
        )
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(
            f"{name} must be a non-empty (n, d) tensor, got shape {tuple(x.shape)}; "
            f"for n points on a line try {name}[:, None]"
        )
    if dim is not None and x.shape[1] != dim:
        raise ValueError(
            f"{name} must have {dim} columns, got {x.shape[1]}; "
            "pass points of the dimension the estimator was made for"
        )
    _require_finite(x, name)
    if cube and not holds((x >= 0) & (x <= 1)):
        raise ValueError(
            f"{name} must lie in the unit cube, got values from {x.min():.3g} to {x.max():.3g}; "
            f"try ({name} - {name}.amin(0)) / ({name}.amax(0) - {name}.amin(0))"
        )
    return x


def require_samples(
    x: Tensor, y: Tensor, *, at_least: int = 1, cube: bool = False
) -> tuple[Tensor, Tensor]:
    """Return the sample `(x, y)` if x is (n, d), y is (n,), both finite and n ≥ `at_least`.

    Raises: ValueError for wrong shapes, mixed dtypes or devices, non-finite data, or n too small.
    """
    require_points(x, cube=cube)
    if not isinstance(y, Tensor) or y.shape != x.shape[:1]:
        got = tuple(y.shape) if isinstance(y, Tensor) else type(y).__name__
        raise ValueError(
            f"y must be a tensor of shape ({x.shape[0]},), one response a point, got {got}; "
            "try y.reshape(-1)"
        )
    if y.dtype != x.dtype or y.device != x.device:
        raise ValueError(
            f"x and y must share dtype and device, got {x.dtype} on {x.device} and "
            f"{y.dtype} on {y.device}; try y.to(x)"
        )
    _require_finite(y, "y")
    if x.shape[0] < at_least:
        raise ValueError(
            f"this method needs at least {at_least} samples, got {x.shape[0]}; "
            "draw more data or choose a simpler method"
        )
    return x, y


def require_positive(value: float, name: str) -> float:
    """Return `value` if it is a finite number greater than zero. Raises: ValueError otherwise."""
    if not (isinstance(value, int | float) and 0 < value < float("inf")):
        raise ValueError(f"{name} must be a finite number > 0, got {value!r}; try {name}=1.0")
    return value


def require_count(value: int, name: str, *, at_least: int = 1) -> int:
    """Return `value` if it is an integer ≥ `at_least`. Raises: ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise ValueError(
            f"{name} must be an integer >= {at_least}, got {value!r}; try {name}={at_least}"
        )
    return value


def require_choice(value: str, choices: Iterable[str], name: str) -> str:
    """Return `value` if it is one of `choices`. Raises: ValueError that lists them otherwise."""
    known = sorted(choices)
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}; got {value!r}")
    return value


def _require_finite(x: Tensor, name: str) -> None:
    if not x.is_floating_point():
        raise ValueError(f"{name} must be floating point, got {x.dtype}; try {name}.double()")
    if not all_finite(x):
        raise ValueError(
            f"{name} must be finite, got NaN or infinity; drop those rows or mend them first"
        )
