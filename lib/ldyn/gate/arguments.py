"""What the gate makes of one argument: an instance of its annotation, or a refusal."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import partial
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import torch
from torch import Tensor
from torch._C._functorch import is_functorch_wrapped_tensor as _in_transform

from ldyn.gate.shapes import require_shape, sides_of

_INTEGERS = re.compile(r"\b(?:integers?|labels?|index|indices|counts)\b")
_OWN_INTEGERS = re.compile(r"`(\w+)`[^`;.]*" + _INTEGERS.pattern)
_MASKS = re.compile(r"`(\w+)`[^`;.]*\b(?:bool|mask)")
_HALVES = re.compile(r"`(\w+)`[^`;.]*\bhalf precision")
_SYMMETRIC = re.compile(r"`(\w+)`[^`;.]*\bsymmetric\b")
_LIMITS = re.compile(r"\b(infinite|infinity|inf)\b|∞")
UNBOUNDED = re.compile(_LIMITS.pattern + r"|\b(nan|without bound)\b", re.IGNORECASE)
# "`kernel` (n, d), (m, d) ↦ (n, m)": a name in backticks, the shapes taken, the one given.
_MAPS = re.compile(r"`(\w+)`[^`;.]*?((?:\([^()]*\), )*(?:\([^()]*\)|\*\w+) ↦ \([^()]*\))")
_WORDS: dict[Any, tuple[str, str]] = {
    NoneType: ("None", "None"),
    type: ("a class", "type({})"),
    Callable: ("a function", "lambda x: {}"),
    torch.Generator: ("a torch.Generator", "torch.Generator().manual_seed(0)"),
}


class Reader:
    """Reads arguments of a function whose docstring is `text`, of which some are `tensors`."""

    def __init__(self, text: str, tensors: Set[str] = frozenset()) -> None:
        self.limits, self.diverged = bool(_LIMITS.search(text)), "infinite or NaN" in text
        own, some = tensors & set(_OWN_INTEGERS.findall(text)), bool(_INTEGERS.search(text))
        self.whole = re.compile(rf"({'|'.join(own)})\b" if own else "" if some else "(?!)")
        self.unbounded, self.symmetric = bool(UNBOUNDED.search(text)), _SYMMETRIC.findall(text)
        self.constant = "without their derivatives" in text
        self.maps = {n: re.findall(r"\(.*?\)", shapes) for n, shapes in _MAPS.findall(text)}
        self.kinds = dict.fromkeys(_MASKS.findall(text), (torch.bool,))
        self.kinds |= dict.fromkeys(_HALVES.findall(text), (torch.float16, torch.bfloat16))

    def read(self, name: str, value: Any, kind: Any) -> Any:
        """Return `value` as `kind`, or raise the ValueError that names what `kind` asks for."""
        faults, choices = [], options(kind)
        if Tensor in choices and isinstance(value, Tensor) and value.is_floating_point():
            choices = (Tensor,)  # as a number it would lose its derivative and its precision
        for option in choices:
            try:
                return self._as(name, value, option)
            except _Refused as refused:
                faults.append(refused.args)
        wanted = " or ".join(dict.fromkeys(expected for expected, _ in faults))
        raise ValueError(f"{name} must be {wanted}, got {brief(value)}; try {faults[0][1]}")

    def _as(self, name: str, value: Any, kind: Any) -> Any:
        """Return `value` as an instance of `kind`; raise `_Refused(expected, what to try)`."""
        origin, inner = get_origin(kind) or kind, get_args(kind)
        if kind in (Any, object) or isinstance(origin, TypeVar):
            return value
        if kind in (Tensor, int, float):
            return self._tensor(name, value) if kind is Tensor else self._number(name, value, kind)
        if origin is Literal and value not in inner:
            raise _Refused(f"one of {', '.join(map(repr, inner))}", repr(inner[0]))
        if origin in (tuple, list, Sequence, Iterable):
            return self._sequence(name, value, origin, inner)
        if kind is torch.dtype and value not in (torch.float32, torch.float64):
            raise _Refused("torch.float32 or torch.float64", "torch.float64")
        if isinstance(origin, type) and not isinstance(value, origin):
            raise _Refused(*_named(origin, name))
        gated = isinstance(value, type) or type(value).__module__.startswith("ldyn.")
        if origin is Callable and inner and inner[-1] is not NoneType and not gated:
            return partial(self.ask, name, inner[-1], value)
        return value

    def ask(self, name: str, kind: Any, function: Any, *args: Any, **more: Any) -> Any:
        """Return what `function`, the argument `name`, gives, of `kind` and documented shape."""
        name, shapes = f"what {name} gives", self.maps.get(name.split("[")[0])
        found = _LAX.read(name, function(*args, **more), kind)
        if shapes:
            *takes, gives = map(sides_of, shapes)
            pairs = [(t, getattr(x, "shape", ())) for t, x in zip(takes, args, strict=False)]
            known = {s: (n, "its arguments") for t, x in pairs for s, n in zip(t, x, strict=False)}
            like = next((tuple(map(str, x)) for t, x in pairs if t == gives), gives)
            require_shape(name, found, like, known)
        return found

    def _number(self, name: str, value: Any, kind: type) -> Any:
        what, example = ("an integer", "1") if kind is int else ("a number", "1.0")
        value = plain(value)
        if isinstance(value, Tensor) and value.ndim == 0:
            raise _Refused(f"{what} without gradient", f"{name}.item()")
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole and not (kind is float and isinstance(value, float)):
            raise _Refused(what, example)
        if kind is int and abs(value) >= 2**63:
            raise _Refused("an integer of 64 bits", example)
        odd = value != value or (not self.limits and abs(value) == float("inf"))
        if odd and not self.diverged:
            raise _Refused("a finite number", example)
        return value

    def _tensor(self, name: str, value: Any) -> Tensor:
        if not isinstance(value, Tensor):
            raise _Refused("a torch tensor", f"torch.as_tensor({name})")
        if value.layout != torch.strided:
            raise _Refused("a dense tensor", f"{name}.to_dense()")
        if value.dtype in (torch.float32, torch.float64, *self.kinds.get(name, ())):
            # What is to be written may hold anything before; where infinity may be, NaN may not.
            loose = self.diverged or name == "out"
            if not (loose or (holds(~value.isnan()) if self.limits else all_finite(value))):
                raise _Refused("finite", "to drop those rows, or mend them first")
        elif value.is_complex() or value.is_floating_point() or not self.whole.match(name):
            raise _Refused("floating point of single or double precision", f"{name}.double()")
        if name in self.symmetric and value.is_floating_point() and not _is_symmetric(value):
            raise _Refused("symmetric", f"({name} + {name}.mT) / 2, if that is meant")
        return value.detach() if self.constant else value

    def _sequence(self, name: str, value: Any, origin: Any, inner: tuple[Any, ...]) -> Any:
        if getattr(value, "ndim", None) == 1 and inner[:1] != (Tensor,):
            value = value.tolist()
        many = isinstance(value, Iterable) and not isinstance(value, str)
        if many and origin is Iterable:
            return value
        if not many or not isinstance(value, Sequence):
            listed = many and not isinstance(value, Tensor)
            wanted = "iterable" if origin is Iterable else "a list"
            raise _Refused(wanted, f"list({name})" if listed else f"[{name}]")
        fixed = origin is tuple and inner and inner[-1] is not Ellipsis
        if fixed and len(value) != len(inner):
            raise _Refused(f"{len(inner)} values", f"[{name}]")
        kinds = inner if fixed else (inner[0] if inner else Any,) * len(value)
        read = [self.read(f"{name}[{i}]", v, k) for i, (v, k) in enumerate(zip(value, kinds))]  # noqa: B905
        same = all(a is b for a, b in zip(read, value, strict=True))
        return value if same else type(value)(read) if isinstance(value, tuple | list) else read


def plain(value: Any) -> Any:
    """Return the number in a scalar of NumPy or torch, and what has a derivative as it is."""
    if getattr(value, "ndim", None) != 0 or not hasattr(value, "item"):
        return value
    traced = isinstance(value, Tensor) and (value.requires_grad or _in_transform(value))
    return value if traced else value.item()


class _Refused(Exception):
    """What was expected, and what to try."""


def require_together(
    name: str, value: Tensor, known: str, other: Tensor, *, mixed: bool = False
) -> None:
    """Raise the ValueError of tensors on two devices, or unless `mixed` of two precisions."""
    pairs: list[Any] = [("be on one device", f"{known}.device", other.device, value.device)]
    if value.is_floating_point() and other.is_floating_point() and not mixed:
        pairs.append(("share their dtype", known, other.dtype, value.dtype))
    for wish, like, there, here in pairs:
        if there != here:
            told = f"{known} and {name} must {wish}, got {there} and {here}"
            raise ValueError(f"{told}; try {name}.to({like})")


def brief(value: Any) -> str:
    """Return what came, in a few words."""
    if isinstance(value, Tensor):
        odd = value.layout == torch.strided and value.is_floating_point() and not all_finite(value)
        text = f"a tensor of shape {tuple(value.shape)} and {value.dtype}"
        return text + " with NaN or infinity" * odd
    if isinstance(value, bool | int | float | str | NoneType):
        return repr(value)
    return type(value).__name__


def all_finite(x: Tensor) -> bool:
    """Return whether all of `x` is finite, True where there are no values to look at."""
    try:
        total = x.detach().sum().item()  # which takes no memory, but may overflow
    except RuntimeError:
        return True
    return isfinite(total) or holds(x.isfinite())


def holds(condition: Tensor) -> bool:
    """Return whether a condition is true everywhere, True where there are no values to look at."""
    try:
        return bool(condition.all())
    except RuntimeError:  # on the device meta, or inside a transform, such as vmap
        return True


def _is_symmetric(a: Tensor) -> bool:
    """Return whether (…, p, p) is symmetric up to √eps of its largest entry, in blocks of rows."""
    if a.ndim < 2 or a.shape[-1] != a.shape[-2] or not a.numel():
        return True  # which the shape refuses where it has to be a matrix
    top = torch.maximum(a.amax((-2, -1)), -a.amin((-2, -1)))[..., None, None]
    slack = torch.finfo(a.dtype).eps ** 0.5 * top
    starts = range(0, a.shape[-1], 512)
    gaps = (a[..., i : i + 512, i:] - a[..., i:, i : i + 512].mT for i in starts)
    return all(holds(gap.abs_() <= slack) for gap in gaps)


def options(kind: Any) -> tuple[Any, ...]:
    """Return the options of a union, plain numbers first."""
    if get_origin(kind) not in (Union, UnionType):
        return (kind,)
    return tuple(sorted(get_args(kind), key=lambda k: (k not in (int, float), k is NoneType)))


def _named(kind: type, name: str) -> tuple[str, str]:
    if kind in _WORDS:
        return _WORDS[kind][0], _WORDS[kind][1].format(name)
    example = {bool: "True", str: "a name", dict: "a dictionary", Mapping: "a dictionary"}
    article = "an" if kind.__name__[0] in "AEIOaeio" else "a"
    return f"{article} {kind.__name__}", example.get(kind, f"{kind.__module__}.{kind.__name__}")


_LAX = Reader("infinite or NaN")  # what is on the way may be anything
