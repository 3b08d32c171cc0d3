"""The gate before a room: arguments are held to the annotations and shapes that are documented."""

import re
from collections.abc import Callable, Sequence
from functools import cache, wraps
from inspect import Parameter, Signature, signature
from types import FunctionType
from typing import Any, get_type_hints

from torch import Tensor
from torch._C._functorch import maybe_current_level

from ldyn.gate.arguments import Reader, options, require_together

# "`x` (n, d)", "`x` and `y` points (…, n, d)": names in backticks, a word or two, a shape.
_SHAPED = re.compile(
    r"((?:`\w+`(?:, | and |, and )?)+)(?: (?!as |gives |to )[^`(;.,]{1,24})? ?\(([^()]*,[^()]*)\)"
    r"( or \(\w+, \w+\))?"  # of one axis or two: "`y` (n,) or (n, c)"
)
_NAMED = re.compile(r"`(\w+)`")
_MIXED = re.compile(r"\bprecision of its own\b")


def enforce(room: dict[str, Any]) -> None:
    """Put the gate before the functions that `room` lists in `__all__`, and its classes' methods.

    A number may be Python's, NumPy's or a scalar tensor; NaN is refused, and infinity too where the
    docstring does not name it. A tensor must be one, real, of single or double precision (or
    integers, a mask, half precision, where documented), finite (unless "infinite or NaN") and of
    the documented shape; the letters of shapes have one value in a call, and all tensors one device
    and, unless the docstring gives each "a precision of its own", one precision. Everything else
    must be of the annotated type.
    What a function asks for beyond that it checks itself.

    Arguments: `room` the globals of a package, as the last line of its `__init__`.
    Raises: ValueError, by each function, with what was expected, what came and what to try.
    """
    for name in room["__all__"]:
        found = room[name]
        if isinstance(found, FunctionType):
            room[name] = _gated(found, room["__name__"])
        elif isinstance(found, type) and found.__module__.startswith(room["__name__"] + "."):
            for key, method in vars(found).items():
                if isinstance(method, FunctionType) and (key == "__call__" or key[0] != "_"):
                    setattr(found, key, _gated(method, method.__module__))


def _gated(function: Callable[..., Any], module: str) -> Callable[..., Any]:
    if hasattr(function, "__wrapped__"):  # by another room, or a context manager
        return function
    form = signature(function)

    @wraps(function)
    def gate(*args: Any, **kwargs: Any) -> Any:
        contract = _contract(function)
        if contract.tensors and maybe_current_level() is not None:  # a step of somebody's loop
            return function(*args, **kwargs)
        bound = form.bind(*args, **kwargs)
        contract.hold(bound.arguments)
        return function(*bound.args, **bound.kwargs)

    gate.__module__ = module  # so that it can be pickled by its public name
    return gate


class _Contract:
    """What the annotations and the docstring of one function ask of its arguments."""

    def __init__(self, function: Callable[..., Any]) -> None:
        text = " ".join((function.__doc__ or "").split())
        hints, self.form = get_type_hints(function), signature(function)
        self.shapes: dict[str, tuple[str, ...]] = {}
        self.most: dict[str, int] = {}
        for names, shape, other in _SHAPED.findall(text):
            sides = tuple(side.strip() for side in shape.split(",") if side.strip())
            fresh = [n for n in _NAMED.findall(names) if n not in self.shapes]
            self.shapes |= dict.fromkeys(fresh, (*sides, "…") if other else sides)
            self.most |= dict.fromkeys(fresh, 2) if other else {}
        self.kinds = {n: hints.get(n, Any) for n in self.form.parameters if n != "self"}
        tensors = {n for n, kind in self.kinds.items() if Tensor in options(kind)}
        self.tensors = set(self.kinds) == tensors  # no number that could lose its derivative
        self.reader, self.mixed = Reader(text, tensors), bool(_MIXED.search(text))

    def hold(self, given: dict[str, Any]) -> None:
        """Replace numbers in `given` by Python's, or raise the ValueError of the first fault."""
        sizes: dict[str, tuple[int, str]] = {}
        tensors: list[tuple[str, Tensor]] = []
        for name, kind in self.kinds.items():
            if name not in given or kind is Any:
                continue
            form = self.form.parameters[name].kind
            if form is Parameter.VAR_POSITIONAL and Tensor not in options(kind):
                given[name] = tuple(self.reader.read(name, v, kind | bool) for v in given[name])
            if form in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
                continue
            given[name] = value = self.reader.read(name, given[name], kind)
            if isinstance(value, Tensor) and (value.ndim or float not in options(kind)):
                self._shape(name, value, sizes)
                tensors.append((name, value))
        for name, value in tensors[1:]:
            require_together(name, value, *tensors[0], mixed=self.mixed)

    def _shape(self, name: str, value: Tensor, sizes: dict[str, tuple[int, str]]) -> None:
        if name not in self.shapes:
            return
        shape, sides = tuple(value.shape), self.shapes[name]
        text = f"({', '.join(sides)}{',' if len(sides) == 1 else ''})"
        ends = [s for s in sides if s != "…"]
        if "…" in sides[1:-1]:  # sides that repeat
            return
        most = self.most.get(name, len(shape)) if "…" in sides else len(ends)
        right = len(ends) <= len(shape) <= most
        if not right or 0 in shape:
            raise ValueError(
                f"{name} must be a tensor of shape {text} with no empty side, got shape {shape}; "
                f"try {_reshaped(name, shape, ends)}"
            )
        if sides[-1:] == ("…",):
            shape = shape[: len(ends)]
        for side, size in zip(ends, shape[len(shape) - len(ends) :], strict=True):
            fixed = side.isdigit()
            known, whose = (int(side), "") if fixed else sizes.setdefault(side, (size, name))
            if known != size and (fixed or side.isidentifier()):
                there = "" if fixed else f" with {side} = {known} as in {whose}"
                advice = f"pass one with {side} there" if fixed else "pass both of one sample"
                raise ValueError(
                    f"{name} must be a tensor of shape {text}{there}, got shape "
                    f"{tuple(value.shape)}; {advice}"
                )


def require_fields(record: Any) -> None:
    """Hold the fields of a frozen record to their annotations; numbers become Python's.

    Raises: ValueError with what was expected, what came and what to try.
    """
    kind: Any = type(record)
    kinds, reader = _fields(kind)
    for name, wanted in kinds.items():
        object.__setattr__(record, name, reader.read(name, getattr(record, name), wanted))


@cache
def _fields(kind: type) -> tuple[dict[str, Any], Reader]:
    return get_type_hints(kind), Reader(kind.__doc__ or "")


def _reshaped(name: str, shape: tuple[int, ...], ends: Sequence[str]) -> str:
    if len(ends) == 1 and len(shape) == 2 and 1 in shape:
        return f"{name}.reshape(-1)"
    if len(ends) == 2 and len(shape) == 1:
        return f"{name}[:, None], n points on a line"
    return "a tensor of that shape"


@cache
def _contract(function: Callable[..., Any]) -> _Contract:
    return _Contract(function)


def public_form(function: Callable[..., Any]) -> tuple[Signature, dict[str, tuple[str, ...]]]:
    """Return the signature of a function behind the gate and its documented shapes."""
    inner = getattr(function, "__wrapped__", function)
    return signature(inner), _contract(inner).shapes
