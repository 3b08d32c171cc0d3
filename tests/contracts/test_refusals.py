"""What every public function refuses, in words that name the argument and what came."""

import math
from inspect import Parameter, signature
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from public.vary import ALL, EACH, found, kinds_of, parameters, plain, refuses, run, same, shapes_of
from torch import Tensor

from ldyn.core import stream


def square(room, name):
    """The tensors of a valid call that are square matrices in the documented shapes."""
    shapes = shapes_of(room, name)
    given, oblique = ALL[room][name].given(), set(ALL[room][name].oblique)
    matrices = {n for n, s in shapes.items() if len(s) > 1 and s[-1] == s[-2]} | {"gram"}
    tensors = {n: v for n, v in given.items() if n in matrices and isinstance(v, Tensor)}
    return [n for n, v in tensors.items() if v.ndim > 1 and n not in oblique]


def dense(room, name):
    """The tensors of a valid call that have axes and could have derivatives."""
    tensors = {n: v for n, v in ALL[room][name].given().items() if isinstance(v, Tensor)}
    return {n: v for n, v in tensors.items() if v.ndim and v.is_floating_point()}


SQUARE = [each for each in EACH if square(*each.values)]
STUDIES = [each for each in EACH if "study" in ALL[each.values[0]][each.values[1]].given()]
DENSE = [each for each in EACH if dense(*each.values)]


@pytest.mark.parametrize(("room", "name"), SQUARE)
def test_matrices_that_are_not_symmetric_are_refused(room, name):
    call = ALL[room][name]
    for n in square(room, name):
        a = call.given()[n]
        for scale in (1.0, 1e-12):
            lopsided = a * scale
            lopsided[..., 0, 1] += 1e-4 * lopsided.abs().max()
            assert "symmetric" in refuses(room, name, **{n: lopsided}), n
        rounded = a.clone()
        rounded[..., 0, 1] *= 1 + 4 * torch.finfo(a.dtype).eps
        run(room, name, **{n: rounded})


@pytest.mark.parametrize(("room", "name"), EACH)
def test_other_objects_are_refused(room, name):
    form = signature(found(room, name)).parameters
    for n, kinds in kinds_of(room, name).items():
        varied = form[n].kind is Parameter.VAR_POSITIONAL
        if varied or {Any, object} & kinds or any(isinstance(k, TypeVar) for k in kinds):
            continue
        for bad in (object(), 3j):
            refuses(room, name, **{n: bad})


@pytest.mark.parametrize(("room", "name"), STUDIES)
def test_what_is_no_study_is_refused(room, name):
    named = isinstance(ALL[room][name].given()["study"], str)
    for bad in (3, None, object(), math, *([] if named else ["plateau"])):
        refuses(room, name, study=bad)


@pytest.mark.parametrize(("room", "name"), DENSE)
def test_tensors_of_another_make_are_refused_or_change_nothing(room, name):
    """What is sparse is refused; strides and a wish for derivatives do not change the result."""
    other = {}
    for n, v in dense(room, name).items():
        if n in parameters(room, name, Tensor):
            refuses(room, name, **{n: v.to_sparse()})
        other[n] = torch.stack([v, v], -1)[..., 0].requires_grad_()
    assert same(plain(room, name), run(room, name, **other))


def test_a_stream_is_named_by_values_whatever_they_came_as():
    """`np.int64(3)` and a scalar tensor are 3, and what has no name of its own is refused."""
    seeds = [stream("a", kind(3)).initial_seed() for kind in (int, np.int64, torch.tensor)]
    assert seeds == [stream("a", 3).initial_seed()] * 3
    assert stream("a", True).initial_seed() != stream("a", 1).initial_seed()
    for bad in (None, object(), [3], float("nan"), torch.ones(2)):
        with pytest.raises(ValueError, match=r"names must be .*, got"):
            stream("a", bad)
