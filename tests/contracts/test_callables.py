"""Functions as arguments: what they give is held to its shape, and what they raise is kept."""

from collections.abc import Callable, Sequence
from typing import get_args, get_origin

import pytest
import torch
from public.vary import ALL, EACH, kinds_of, run
from torch import Tensor, nn
from torch.func import grad, vmap

from ldyn.gans import f_divergence
from ldyn.gate import enforce
from ldyn.landscape import levenberg_marquardt
from ldyn.solvers import pcg


def asked(kind):
    """What a function in the place of an argument of `kind` is to give, None for another kind."""
    if get_origin(kind) is Sequence:
        return asked(get_args(kind)[0])
    given = get_args(kind)[-1:] if get_origin(kind) is Callable else ()
    return given[0] if given and given[0] in (Tensor, float, tuple[Tensor, Tensor]) else None


def functions(room, name):
    """The arguments of a valid call that are functions, and what each is to give."""
    kinds = {n: [asked(k) for k in kinds] for n, kinds in kinds_of(room, name).items()}
    given = ALL[room][name].given()
    found = {n: next(filter(None, k)) for n, k in kinds.items() if any(k)}
    return {n: k for n, k in found.items() if not isinstance(given[n], Tensor)}


ASKING = [each for each in EACH if functions(*each.values)]


ANY_SHAPE = ("operator_norm",)  # whose layer may change the shape


class OwnError(Exception):
    """What a caller's function raises."""


def instead(room, name, argument, make):
    """The valid call with make(its function) in the place of a function, and whether it is asked.

    Some calls return a function that asks it later.
    """
    seen = []

    def spoilt(good):
        def function(*args, **more):
            seen.append(args)
            return make(good)(*args, **more)

        return function

    good = ALL[room][name].given()[argument]
    bad = [spoilt(g) for g in good] if isinstance(good, list) else spoilt(good)
    try:
        return run(room, name, **{argument: bad}), bool(seen)
    except (OwnError, ValueError) as error:
        return error, bool(seen)


@pytest.mark.parametrize(("room", "name"), ASKING)
def test_what_a_function_gives_is_held_to_what_it_should(room, name):
    for n, kind in functions(room, name).items():
        spoilers = [lambda good: lambda *a, **k: None, lambda good: lambda *a, **k: "text"]
        if kind is Tensor and name not in ANY_SHAPE:
            spoilers += [lambda good: lambda *a, **k: torch.stack([good(*a, **k)] * 3, -1)]
        for make in spoilers:
            told, was_asked = instead(room, name, n, make)
            assert isinstance(told, ValueError) or not was_asked, (n, told)
            if was_asked:
                assert n in str(told), (n, told)
                assert " got " in str(told), (n, told)


def raises(good):
    def function(*args, **more):
        raise OwnError("mine")

    return function


@pytest.mark.parametrize(("room", "name"), ASKING)
def test_what_a_function_raises_is_raised_as_it_is(room, name):
    for n in functions(room, name):
        told, was_asked = instead(room, name, n, raises)
        assert not was_asked or (type(told), str(told)) == (OwnError, "mine"), (n, told)


def applied(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return f(x), for `f` (n, d) ↦ (n,) and `x` (n, d)."""
    return f(x)


ROOM = {"__name__": "toy", "__all__": ["applied"], "applied": applied}
enforce(ROOM)


def test_functions_are_asked_in_transforms():
    x = torch.ones(4, 3, 2, dtype=torch.float64)
    f = lambda x: x.square().sum(1)  # noqa: E731
    assert vmap(lambda x: ROOM["applied"](f, x))(x).shape == (4, 3)
    assert torch.equal(grad(lambda x: ROOM["applied"](f, x).sum())(x[0]), 2 * x[0])
    said = r"what f gives must be a tensor of shape \(n,\).*, got shape \(3, 2\)"
    for f in (lambda x: x, nn.ReLU()):
        with pytest.raises(ValueError, match=said):
            vmap(lambda x, f=f: ROOM["applied"](f, x))(x)


def test_functions_that_are_seldom_given():
    """A map in the place of a matrix, and a formula in the place of a derivative."""
    y, start = torch.ones(3, dtype=torch.float64), torch.ones(2, 3, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"what gram gives must be .*\(3, 1\).*, got shape \(3,\)"):
        pcg(lambda v: v[:, 0], y, ridge=0.1)
    for bad, got in ((None, "None"), (start, "a tensor"), ((start,), "tuple")):
        with pytest.raises(ValueError, match=f"what linearise gives must be .*, got {got}"):
            levenberg_marquardt(torch.sin, start, linearise=lambda t, bad=bad: bad)


def test_functions_asked_by_what_a_call_returns():
    loss = f_divergence(lambda r: None, torch.sin, torch.sin)
    half = torch.full((2,), 0.5, dtype=torch.float64)
    with pytest.raises(ValueError, match="what f gives must be a torch tensor, got None"):
        loss.value(half, half)
