"""What a call of a public function is, and the list of all of them."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Any

ROOMS = ("core", "linalg", "kernels", "nets", "data", "sweep", "show", "solvers", "piecewise",
         "landscape", "gans", "causal", "lowcost", "layers")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Call:
    """A valid call of a public function, and what it takes beyond the common contract.

    `given` makes the arguments by name, anew at each call, small enough for milliseconds.
    `signed` names numbers that may be negative, `infinite` those, and tensors, that may be
    infinite, `shapeless` tensors without a documented shape, `integers` tensors of integers,
    `values` whether the function has to look at values, so that it does not run on meta tensors,
    `double` why results are in float64 where arguments are not, `writes` arguments that it is there
    to change, `oblique` square matrices that need not be symmetric.
    """

    given: Callable[[], dict[str, Any]]
    signed: tuple[str, ...] = ()
    infinite: tuple[str, ...] = ()
    shapeless: tuple[str, ...] = ()
    integers: tuple[str, ...] = ()
    values: str = ""
    double: str = ""
    writes: tuple[str, ...] = ()
    oblique: tuple[str, ...] = ()


def rooms() -> dict[str, dict[str, Call]]:
    """Return the calls of each room that has a file here, by function."""
    found = {}
    here = {m.name for m in pkgutil.iter_modules(importlib.import_module("public").__path__)}
    for room in ROOMS:
        names = sorted(n for n in here if n == room or n.startswith(f"{room}_"))
        if names:
            calls: dict[str, Call] = {}
            for name in names:
                calls |= importlib.import_module(f"public.{name}").CALLS
            found[room] = calls
    return found


def arguments_of(function: Callable[..., Any], given: dict[str, Any]) -> tuple[list, dict]:
    """Return `given` as positional and keyword arguments of `function`."""
    bound = signature(function).bind_partial()
    bound.arguments.update({n: given[n] for n in bound.signature.parameters if n in given})
    return list(bound.args), bound.kwargs
