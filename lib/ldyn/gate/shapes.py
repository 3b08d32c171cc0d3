"""Documented shapes, such as (…, n, d), and the tensors that have them or not."""

from torch import Tensor

Sizes = dict[str, tuple[int, str]]  # of sides: how long, and as in which argument


def sides_of(shape: str) -> tuple[str, ...]:
    """Return the sides of a documented shape."""
    return tuple(side.strip() for side in shape.strip("()").split(",") if side.strip())


def require_shape(
    name: str, value: Tensor, sides: tuple[str, ...], sizes: Sizes, most: int | None = None
) -> None:
    """Raise the ValueError of a tensor without these `sides`; for "…" there may be up to `most`."""
    shape, ends = tuple(value.shape), [s for s in sides if s != "…"]
    text = f"({', '.join(sides)}{',' if len(sides) == 1 else ''})"
    if "…" in sides[1:-1]:  # sides that repeat
        return
    most = (most or len(shape)) if "…" in sides else len(ends)
    if not len(ends) <= len(shape) <= most or 0 in shape:
        told = f"{name} must be a tensor of shape {text} with no empty side, got shape {shape}"
        raise ValueError(f"{told}; try {_reshaped(name, shape, ends)}")
    start = 0 if sides[-1:] == ("…",) else len(shape) - len(ends)
    for side, size in zip(ends, shape[start:], strict=False):
        fixed = side.isdigit()
        known, whose = (int(side), "") if fixed else sizes.setdefault(side, (size, name))
        if known != size and (fixed or side.isidentifier()):
            there = "" if fixed else f" with {side} = {known} as in {whose}"
            advice = f"pass one with {side} there" if fixed else "pass both of one sample"
            told = f"{name} must be a tensor of shape {text}{there}, got shape {shape}"
            raise ValueError(f"{told}; {advice}")


def _reshaped(name: str, shape: tuple[int, ...], ends: list[str]) -> str:
    if len(ends) == 1 and len(shape) == 2 and 1 in shape:
        return f"{name}.reshape(-1)"
    if len(ends) == 2 and len(shape) == 1:
        return f"{name}[:, None], n points on a line"
    return "a tensor of that shape"
