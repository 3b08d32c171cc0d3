"""The gate before a room: arguments are held to the annotations and shapes that are documented."""

import math
import re
from collections.abc import Callable, Iterator
from functools import cache, wraps
from inspect import Parameter, signature
from types import FunctionType
from typing import Any, get_type_hints

import torch
from torch import Tensor
from torch._C._functorch import maybe_current_level

from ldyn.gate.arguments import UNBOUNDED, Reader, all_finite, options, require_together
from ldyn.gate.shapes import Sizes, require_shape, sides_of

# "`x` (n, d)", "`x` and `y` points (…, n, d)": names in backticks, a word or two, a shape.
_SHAPED = re.compile(
    r"((?:`\w+`(?:, | and |, and )?)+)(?: (?!as |gives |to )[^`(;.,]{1,24})? ?\(([^()]*,[^()]*)\)"
    r"( or \(\w+, \w+\))?"  # of one axis or two: "`y` (n,) or (n, c)"
)
_OUT = re.compile(r"\b(infinity|infs|nan|(is|not) finite|cube)\b")


def enforce(room: dict[str, Any]) -> None:
    """Put the gate before the functions that `room` lists in `__all__`, and its classes' methods.

    A number may be Python's, NumPy's or a scalar tensor; NaN is refused, and infinity too where the
    docstring does not name it. A tensor must be one, real, of single or double precision (or
    integers, a mask, half precision, where documented), finite (unless "infinite or NaN") and of
    the documented shape; the letters of shapes have one value in a call, and all tensors one device
    and, unless "of its own", one precision. What a function as an argument gives is held likewise,
    and so is the result: finite, unless infinity or NaN is named. `room` is a package's globals.
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
        inside = maybe_current_level() is not None
        if contract.tensors and inside:  # a step of somebody's loop
            return function(*args, **kwargs)
        bound = form.bind(*args, **kwargs)
        contract.hold(bound.arguments)
        try:
            result = function(*bound.args, **bound.kwargs)
            if contract.reader.unbounded or all(map(all_finite, parts(result))):
                return result
            raise FloatingPointError("the result is not finite")
        except (ValueError, ArithmeticError, torch.linalg.LinAlgError) as error:
            if not inside:  # where numbers can be looked at
                contract.blame(error, bound.arguments)
            raise

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
            sides = sides_of(shape)
            fresh = [n for n in re.findall(r"`(\w+)`", names) if n not in self.shapes]
            self.shapes |= dict.fromkeys(fresh, (*sides, "…") if other else sides)
            self.most |= dict.fromkeys(fresh, 2) if other else {}
        self.kinds = {n: hints.get(n, Any) for n in self.form.parameters if n != "self"}
        tensors = {n for n, kind in self.kinds.items() if Tensor in options(kind)}
        self.tensors = set(self.kinds) == tensors  # no number that could lose its derivative
        self.reader, self.mixed = Reader(text, tensors), "precision of its own" in text

    def hold(self, given: dict[str, Any]) -> None:
        """Replace numbers in `given` by Python's, or raise the ValueError of the first fault."""
        sizes: Sizes = {}
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
                if name in self.shapes:
                    require_shape(name, value, self.shapes[name], sizes, self.most.get(name))
                tensors.append((name, value))
        for name, value in tensors[1:]:
            require_together(name, value, *tensors[0], mixed=self.mixed)

    def blame(self, error: Exception, given: dict[str, Any]) -> None:
        """Raise the ValueError of the argument furthest from one, if that explains the error."""
        tops = {n: largest(given[n]) for n in self.kinds if n in given} or {"the call": 1.0}
        name, top = max(tops.items(), key=lambda pair: abs(math.log(pair[1])))
        told, far = str(error), 75 < abs(math.log(top)) < math.inf  # 4th powers leave double
        if isinstance(error, ValueError):  # of a gate further in, of what became of the argument
            far = far and bool(_OUT.search(told)) and not re.search(rf"\b{name}\b", told)
        if far or told == "the result is not finite":
            told = f"{name} must be of a size at which the result is finite, got up to {top:.3g}"
            raise ValueError(f"{told}; try {name} / {top:.3g}, and scale back") from error


_contract = cache(_Contract)


def parts(value: Any) -> Iterator[Tensor]:
    """Yield the real numbers in a value, also in records whose docstrings do not name infinity."""
    if isinstance(value, float):
        yield torch.tensor(value, dtype=torch.float64, device="cpu")
    if isinstance(value, Tensor) and value.is_floating_point():
        yield value.detach()
    fields = getattr(value, "__dataclass_fields__", ()) if not isinstance(value, type) else ()
    held = () if fields and UNBOUNDED.search(type(value).__doc__ or "") else fields
    many = value.values() if isinstance(value, dict) else (getattr(value, f) for f in held)
    for part in value if isinstance(value, tuple | list) else many:
        yield from parts(part)


def largest(value: Any) -> float:
    """Return the largest |number| in a value, 1 where there is none but zero."""
    tops = (t.abs().amax().item() for t in parts(value) if t.numel() and not t.is_meta)
    return max(tops, default=1.0) or 1.0


def require_fields(record: Any) -> None:
    """Hold the fields of a frozen record to its annotations; numbers become Python's."""
    contract = _contract(record.__class__)
    for name, wanted in contract.kinds.items():
        object.__setattr__(record, name, contract.reader.read(name, getattr(record, name), wanted))
