"""What every public function promises: a refusal in words, or the right answer."""

import copy
import importlib
import math
import sys
from dataclasses import is_dataclass, replace
from inspect import isfunction, signature
from typing import get_type_hints

import numpy as np
import pytest
import torch
from public import Call, arguments_of
from public.vary import ALL, EACH, found, leaves, parameters, plain, refuses, run, same, shapes_of
from torch import Tensor, nn


def test_each_public_function_has_a_call():
    for room, calls in ALL.items():
        module = importlib.import_module(f"ldyn.{room}")
        public = {n for n in module.__all__ if isfunction(getattr(module, n))}
        gated = {n for n in public if hasattr(getattr(module, n), "__wrapped__")}
        assert public == gated, f"end the __init__ of {room} with enforce(globals())"
        assert public - set(calls) == set(), f"give each a Call in tests/shared/public/{room}.py"
        assert set(calls) <= public


@pytest.mark.parametrize(("room", "name"), EACH)
def test_tensors_have_a_documented_shape(room, name):
    shapes = shapes_of(room, name)
    tensors = set(parameters(room, name, Tensor))
    assert tensors - set(shapes) == set(ALL[room][name].shapeless)
    documented = set(signature(found(room, name)).parameters)
    assert set(shapes) & documented >= tensors & set(shapes)


@pytest.mark.parametrize(("room", "name"), EACH)
def test_tensors_of_another_kind_are_refused(room, name):
    call, given = ALL[room][name], ALL[room][name].given()
    for n in parameters(room, name, Tensor):
        x = given[n]
        if not isinstance(x, Tensor) or (x.ndim == 0 and n not in parameters(room, name, float)):
            continue
        if n not in parameters(room, name, float):
            refuses(room, name, **{n: x.tolist()})
            refuses(room, name, **{n: x.numpy()})
        if n in call.integers or not x.is_floating_point():
            continue
        refuses(room, name, **{n: x.half()})
        if n not in call.infinite:
            refuses(room, name, **{n: torch.full_like(x, math.nan)})
        if n not in parameters(room, name, float):
            refuses(room, name, **{n: torch.ones_like(x, dtype=torch.int64)})


@pytest.mark.parametrize(("room", "name"), EACH)
def test_columns_are_not_broadcast(room, name):
    given = ALL[room][name].given()
    shapes = shapes_of(room, name)
    for n in parameters(room, name, Tensor):
        x = given[n]
        if isinstance(x, Tensor) and n in shapes and x.ndim == 1 and "…" not in shapes[n]:
            refuses(room, name, **{n: x[:, None]})
        if isinstance(x, Tensor) and n in shapes and "…" not in shapes[n] and len(shapes[n]) > 1:
            refuses(room, name, **{n: x.reshape(-1)})


@pytest.mark.parametrize(("room", "name"), EACH)
def test_numbers(room, name):
    call, given = ALL[room][name], ALL[room][name].given()
    numbers = {}
    for n in parameters(room, name, int, float):
        v, whole = given[n], n in parameters(room, name, int)
        if isinstance(v, bool) or not isinstance(v, int | float):
            continue
        refuses(room, name, **{n: math.nan})
        if whole:
            refuses(room, name, **{n: 2**63})
        if n not in call.infinite:
            refuses(room, name, **{n: math.inf})
        if n not in call.signed:
            refuses(room, name, **{n: -1 if whole else -1.0})
        if n not in parameters(room, name, str):
            refuses(room, name, **{n: "two"})
        numbers[n] = v
    kinds = (lambda v: np.array(v)[()], lambda v: torch.tensor(np.array(v)))
    for kind in kinds if numbers else ():
        assert same(plain(room, name), run(room, name, **{n: kind(v) for n, v in numbers.items()}))


@pytest.mark.parametrize(("room", "name"), EACH)
def test_nothing_else_is_changed(room, name):
    """Neither the arguments nor the global random stream; and the same call gives the same."""
    call = ALL[room][name]
    given = call.given()
    before = copy.deepcopy({n: v for n, v in given.items() if isinstance(v, Tensor | list | dict)})
    args, kwargs = arguments_of(found(room, name), given)
    state = torch.random.get_rng_state()
    result = found(room, name)(*args, **kwargs)
    assert torch.equal(state, torch.random.get_rng_state())
    for n in set(before) - set(call.writes):
        assert same(before[n], given[n]), n
    torch.manual_seed(1)
    assert same(result, plain(room, name))


@pytest.mark.parametrize(("room", "name"), EACH)
def test_another_default_dtype_changes_nothing(room, name):
    given, usual = ALL[room][name].given(), plain(room, name)
    torch.set_default_dtype(torch.float64)
    try:
        args, kwargs = arguments_of(found(room, name), given)
        again = found(room, name)(*args, **kwargs)
    finally:
        torch.set_default_dtype(torch.float32)
    assert [x.dtype for x in leaves(usual)] == [x.dtype for x in leaves(again)]
    assert same(usual, again)


def _moved(value, to):
    if isinstance(value, Tensor):
        return (
            value.to(to) if value.is_floating_point() or not isinstance(to, torch.dtype) else value
        )
    if isinstance(value, list | tuple) and all(isinstance(v, Tensor | list | tuple) for v in value):
        return type(value)(_moved(v, to) for v in value)
    if isinstance(value, nn.Module):
        return copy.deepcopy(value).to(to)
    if is_dataclass(value) and isfunction(vars(type(value)).get("__init__")):
        held = {n: v for n, v in vars(value).items() if isinstance(v, Tensor)}
        return replace(value, **{n: _moved(v, to) for n, v in held.items()}) if held else value
    return value


@pytest.mark.parametrize(("room", "name"), EACH)
def test_results_have_the_dtype_of_the_arguments(room, name):
    call = ALL[room][name]
    given = {n: _moved(v, torch.float32) for n, v in call.given().items()}
    if not any(x.is_floating_point() for v in given.values() for x in leaves(v)):
        return
    args, kwargs = arguments_of(found(room, name), given)
    if call.double == "refused":
        with pytest.raises(ValueError, match="got"):
            found(room, name)(*args, **kwargs)
        return
    results = {x.dtype for x in leaves(found(room, name)(*args, **kwargs)) if x.is_floating_point()}
    if not call.double:
        assert results <= {torch.float32}
    else:
        assert torch.float64 in results


def on_meta(room, name):
    """The result for arguments without values, None where there is none to move or to place."""
    given = {n: _moved(v, torch.device("meta")) for n, v in ALL[room][name].given().items()}
    placed = any(getattr(v, "is_meta", isinstance(v, nn.Module)) for v in given.values())
    if get_type_hints(found(room, name).__wrapped__).get("return") in (float, int, bool, str):
        return None  # a number lies nowhere
    args, kwargs = arguments_of(found(room, name), given)
    return found(room, name)(*args, **kwargs) if placed else None


@pytest.mark.parametrize(("room", "name"), EACH)
def test_results_lie_on_the_device_of_the_arguments(room, name):
    """Meta tensors have a device and no values: a stand-in for a GPU where there is none."""
    if not ALL[room][name].values:
        assert {x.device.type for x in leaves(on_meta(room, name))} <= {"meta"}
        return
    with pytest.raises((RuntimeError, NotImplementedError)):  # else it is in the list for nothing
        on_meta(room, name)


def test_what_needs_values_is_listed(record_property):
    needs = {f"{r}.{n}": c.values for r, calls in ALL.items() for n, c in calls.items() if c.values}
    listed = "\n  ".join(f"{name}: {why}" for name, why in sorted(needs.items()))
    sys.stdout.write(f"Not run on meta tensors, since they need values:\n  {listed}")
    record_property("needs values", len(needs))
    assert all(isinstance(c, Call) for calls in ALL.values() for c in calls.values())
