"""How a valid call of a public function is varied, and how its results are compared."""

import importlib
import re
from typing import get_type_hints

import pytest
import torch
from torch import Tensor

from ldyn.gate import options
from public.calls import arguments_of, rooms

ALL = rooms()
EACH = [pytest.param(room, name, id=f"{room}.{name}") for room in ALL for name in ALL[room]]


def found(room: str, name: str):
    return getattr(importlib.import_module(f"ldyn.{room}"), name)


def run(room: str, name: str, /, **changed):
    function, call = found(room, name), ALL[room][name]
    args, kwargs = arguments_of(function, call.given() | changed)
    return function(*args, **kwargs)


def parameters(room: str, name: str, *kinds) -> list[str]:
    """The parameters of a valid call whose annotation is, or may be, one of `kinds`."""
    function, given = found(room, name), ALL[room][name].given()
    hints = get_type_hints(function.__wrapped__)
    return [n for n in given if n in hints and set(kinds) & set(options(hints[n]))]


def leaves(value) -> list[Tensor]:
    """The tensors in a result, also in records, lists and dictionaries."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        return [x for v in value.values() for x in leaves(v)]
    if isinstance(value, list | tuple):
        return [x for v in value for x in leaves(v)]
    if hasattr(value, "__dataclass_fields__"):
        return [x for n in value.__dataclass_fields__ for x in leaves(getattr(value, n))]
    return []


def same(one, other) -> bool:
    a, b = leaves(one), leaves(other)
    if a or b:
        return len(a) == len(b) and all(
            x.shape == y.shape
            and torch.allclose(x.double(), y.double(), rtol=1e-12, atol=1e-13, equal_nan=True)
            for x, y in zip(a, b, strict=True)
        )
    return type(one) is not float or one == other or (one != one and other != other)


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
