"""How a valid call of a public function is varied, and how its results are compared."""

import importlib
import re
from functools import cache
from typing import get_type_hints

import pytest
import torch
from torch import Tensor

from ldyn.gate import options
from ldyn.gate.contract import _contract
from public.calls import arguments_of, rooms

ALL = rooms()
EACH = [pytest.param(room, name, id=f"{room}.{name}") for room in ALL for name in ALL[room]]


def found(room: str, name: str):
    return getattr(importlib.import_module(f"ldyn.{room}"), name)


def run(room: str, name: str, /, **changed):
    function, call = found(room, name), ALL[room][name]
    args, kwargs = arguments_of(function, call.given() | changed)
    return function(*args, **kwargs)


@cache
def plain(room: str, name: str):
    """The result of the valid call, which nobody changes."""
    return run(room, name)


@cache
def kinds_of(room: str, name: str) -> dict[str, set]:
    """What each argument of a valid call is annotated with."""
    hints = get_type_hints(found(room, name).__wrapped__)
    return {n: set(options(hints[n])) for n in ALL[room][name].given() if n in hints}


def parameters(room: str, name: str, *kinds) -> list[str]:
    """The parameters of a valid call whose annotation is, or may be, one of `kinds`."""
    return [n for n, known in kinds_of(room, name).items() if not known.isdisjoint(kinds)]


def contract_of(function):
    """What the gate reads in the docstring of a function behind it, or of a record."""
    return _contract(getattr(function, "__wrapped__", function))


def shapes_of(room: str, name: str) -> dict[str, tuple[str, ...]]:
    """The documented shapes of the arguments."""
    return contract_of(found(room, name)).shapes


def leaves(value, *, numbers: bool = False) -> list[Tensor]:
    """The tensors in a result, also in records, lists and dictionaries; and maybe its numbers."""
    if isinstance(value, Tensor):
        return [value]
    if numbers and isinstance(value, int | float):
        return [torch.tensor(value, dtype=torch.float64)]
    if isinstance(value, dict):
        parts = value.values()
    elif hasattr(value, "__dataclass_fields__"):
        parts = (getattr(value, n) for n in value.__dataclass_fields__)
    else:
        parts = value if isinstance(value, list | tuple) else ()
    return [x for v in parts for x in leaves(v, numbers=numbers)]


def same(one, other) -> bool:
    a, b = leaves(one, numbers=True), leaves(other, numbers=True)
    return len(a) == len(b) and all(
        x.shape == y.shape
        and torch.allclose(x.double(), y.double(), rtol=1e-12, atol=1e-13, equal_nan=True)
        for x, y in zip(a, b, strict=True)
    )


def refuses(room: str, name: str, /, **changed) -> str:
    """The call raises a ValueError that names the argument, what came and what to try."""
    ((argument, value),) = changed.items()
    with pytest.raises(ValueError, match=r".") as told:
        run(room, name, **changed)
    text = str(told.value)
    assert re.search(rf"\b{argument}\b", text), text
    shown = repr(value) if isinstance(value, bool | int | float | str | None) else ""
    assert re.search(rf"\bgot .*{re.escape(shown)}", text), text
    return text
