"""What the self-checks of every chapter promise, and a minimum by golden section."""

import functools
import importlib
import math
import re
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from solutions import BOOK

from ldyn.piecewise import ReluNet

NONSENSE = (
    None, "seven", -1e9, [], torch.ones(2, 2), print, True, np.bool_(True), 1j, np.complex128(1j),
)  # fmt: skip

SINGLE = torch.float32
CAST = {}


def in_form(change):
    """The function that changes the form of numbers, of what functions return, and of layers."""

    def formed(answer):
        if isinstance(answer, ReluNet):  # made of layers, which are tensors whatever the form
            return ReluNet(layers=tuple((a.float(), b.float()) for a, b in answer.layers))
        if not callable(answer):
            return change(torch.as_tensor(answer).double())
        kept = CAST.setdefault(answer, functools.cache(answer))

        def other(*point):
            value = kept(*point)
            return formed(value) if callable(value) else change(torch.as_tensor(value))

        return other

    return formed


FORMS = {
    "single": in_form(lambda v: v.to(SINGLE)),
    "column": in_form(lambda v: v[..., None] if not v.ndim else v),
    "NumPy": in_form(lambda v: v.detach().numpy()),
    "NumPy, single": in_form(lambda v: np.float32(v.detach().numpy())),
    "plain": in_form(lambda v: v.tolist()),
    "with gradient": in_form(lambda v: v.double().clone().requires_grad_()),
}


class ExerciseContract:
    """Inherit as TestExercises, with the name of the room and a right answer to each exercise."""

    room: ClassVar[str]
    right: ClassVar[dict[str, Any]]

    def said(self, exercise, answer):
        return importlib.import_module(f"ldyn.{self.room}").check(exercise, answer)

    def labels(self, pattern):
        pages = (BOOK / self.room).glob("*.md")
        return {m for page in pages for m in re.findall(pattern, page.read_text("utf-8"))}

    def test_checks_on_pages_exercises_and_right_answers_are_the_same(self):
        known = set(importlib.import_module(f"ldyn.{self.room}").EXERCISES)
        assert known
        assert self.labels(r'check\("(ex-[\w-]+)"') == known
        assert known <= self.labels(r"(?m)^:label: (ex-[\w-]+)$")
        assert set(self.right) == known

    def test_right_answers_are_accepted(self):
        verdicts = [self.said(e, answer) for e, answer in self.right.items()]
        assert [(v.exercise, v.hint) for v in verdicts if not v.right] == []

    @pytest.mark.parametrize("form", FORMS)
    def test_right_answers_are_accepted_in_other_forms(self, form):
        verdicts = [self.said(e, FORMS[form](answer)) for e, answer in self.right.items()]
        assert [(v.exercise, v.hint) for v in verdicts if not v.right] == []

    @pytest.mark.parametrize("answer", NONSENSE, ids=str)
    def test_nonsense_is_met_with_a_hint(self, answer):
        verdicts = [self.said(e, answer) for e in self.right]
        assert [v.exercise for v in verdicts if v.right or not v.hint] == []

    def test_what_is_imaginary_is_not_dropped(self):
        numbers = {e: a for e, a in self.right.items() if not callable(a)}
        for change in (torch.complex, lambda a, b: a.numpy() + 1j * b.numpy()):
            said = [self.said(e, change(v, v)) for e, a in numbers.items()
                    for v in (torch.as_tensor(a).double().detach(),)]  # fmt: skip
            assert [v.exercise for v in said if v.right] == []

    def test_an_unknown_exercise_is_refused_with_the_known_ones(self):
        some = min(self.right)
        with pytest.raises(ValueError, match=rf"{some}, .*; got 'ex-nowhere'"):
            self.said("ex-nowhere", 1.0)


def hint(room, exercise, answer):
    """What a room says of a wrong answer; an error if it takes it for a right one."""
    verdict = importlib.import_module(f"ldyn.{room}").check(exercise, answer)
    assert not verdict.right
    return verdict.hint


def least(f, low, high):
    """The place of the minimum of a unimodal function, by golden section."""
    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(80):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, b) if f(a) < f(b) else (a, high)
    return (low + high) / 2
