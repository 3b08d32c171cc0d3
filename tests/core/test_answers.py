import math

import numpy as np
import pytest
import torch

from ldyn.core import Verdict, check_answer, judge_function, judge_number, judge_tensor

NUMBER = judge_number(lambda: 3.0, slips={"Take the root.": lambda: 9.0})
PAIR = judge_tensor(lambda: [1.0, -2.0])
POWER = judge_function(
    lambda n, dim: 2 * n ** (-1 / (dim + 1)), grid={"n": (10.0, 100.0), "dim": (1, 2)}
)


@pytest.mark.parametrize("answer", [3, 3.001, np.float32(3), np.array(3.0), torch.tensor([3.0])])
def test_a_right_number_has_no_hint(answer):
    assert NUMBER(answer) == ""


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "no answer yet"),
        ("3", "number is expected, not str"),
        (True, "number is expected, not bool"),
        (math.sin, "not a function"),
        ([3.0], "One number"),
        (torch.ones(2), r"shape \(2,\)"),
        (1j, "number is expected, not complex"),
        (math.nan, "finite"),
        (9.0, "Take the root"),
        (9.005, "Take the root"),
        (30.0, "^Too large.$"),
        (1.0, "^Too small.$"),
        (3.1, "less than a tenth"),
        (-3.0, "sign"),
    ],
)
def test_a_wrong_number_gets_its_hint(answer, says):
    import re

    assert re.search(says, NUMBER(answer))


@pytest.mark.parametrize("answer", [[1, -2], (1.0, -2.0), torch.tensor([1.0, -2.0])])
def test_a_right_vector_has_no_hint(answer):
    assert PAIR(answer) == ""


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (3.0, "shape (2,) is expected, yours has shape ()"),
        (torch.ones(1, 2), "yours has shape (1, 2)"),
        (None, "not None"),
        ("ab", "not str"),
        ([1.0, 2.0], "Entry 1: The sign is wrong."),
        ([5.0, -2.0], "Entry 0: Too large."),
        ([math.nan, -2.0], "Entry 0"),
    ],
)
def test_a_wrong_vector_names_its_entries(answer, says):
    assert says in PAIR(answer)


def test_a_right_function_has_no_hint():
    assert POWER(lambda n, dim: 2 / n ** (1 / (1 + dim))) == ""
    assert POWER(lambda n, dim: torch.tensor(2 / n ** (1 / (1 + dim)))) == ""


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (2.0, "A function of (n, dim) is expected"),
        (lambda n: n, "raised TypeError"),
        (lambda n, dim: 1 / 0, "raised ZeroDivisionError"),
        (lambda n, dim: torch.ones(2), "At n = 10, dim = 1: One number"),
        (lambda n, dim: 5 * n ** (-1 / (dim + 1)), "constant factor is too large"),
        (lambda n, dim: n ** (-1 / (dim + 1)), "constant factor is too small"),
        (lambda n, dim: -(n ** (-1 / (dim + 1))), "sign"),
        (lambda n, dim: 2 * n ** (-1 / (dim + 2)), "Wrong dependence on n"),
        (lambda n, dim: dim * 2 * n ** (-1 / (dim + 1)), "Right at n = 10, dim = 1, but wrong"),
        (lambda n, dim: 7 * dim * n ** (-1 / (dim + 1)), "Wrong dependence on dim"),
        (lambda n, dim: (5 + (n * dim > 100)) * n ** (-1 / (dim + 1)), "but not two together"),
    ],
)
def test_a_wrong_function_is_told_where(answer, says):
    assert says in POWER(answer)


def test_a_slip_of_a_function_is_named():
    judge = judge_function(
        lambda n: n**2, grid={"n": (2.0, 3.0)}, slips={"That is a cube.": lambda n: n**3}
    )
    assert judge(lambda n: n**3) == "That is a cube."


def test_a_function_that_is_wrong_where_the_answer_vanishes_is_told_so():
    judge = judge_function(lambda n: n - 1, grid={"n": (2.0, 1.0, 3.0)})
    assert judge(lambda n: n) == "Wrong everywhere; begin with n = 1."


def test_hints_do_not_contain_the_answer():
    for answer in (9.0, 30.0, 1.0, 3.1, -3.0, None, "x", torch.ones(2)):
        assert "3" not in NUMBER(answer).replace("3.1", "")


def test_a_verdict_reads_as_a_sentence():
    verdict = Verdict(exercise="ex-a", right=False, hint="Too large.")
    assert str(verdict) == repr(verdict) == "ex-a: not yet. Too large."
    assert str(Verdict(exercise="ex-a", right=True, hint="Well.")) == "ex-a: right. Well."


def test_answers_are_checked_by_the_judge_of_their_label():
    judges = {"ex-a": NUMBER, "ex-b": PAIR}
    assert check_answer(judges, "ex-a", 3.0).right
    wrong = check_answer(judges, "ex-a", 9.0)
    assert (wrong.exercise, wrong.right, wrong.hint) == ("ex-a", False, "Take the root.")
    with pytest.raises(ValueError, match="ex-a, ex-b; got 'ex-c'"):
        check_answer(judges, "ex-c", 3.0)


def test_an_answer_that_cannot_be_judged_is_not_right_and_raises_nothing():
    def judge(answer):
        return "" if answer @ torch.ones(2, dtype=torch.float64) else "no"

    verdict = check_answer({"ex-a": judge}, "ex-a", torch.ones(2))
    assert not verdict.right
    assert "cannot be judged: RuntimeError" in verdict.hint
    assert NUMBER(10**400) == "One number is expected, not int '1" + "0" * 39 + "'."


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64])
def test_answers_of_any_precision_are_judged(dtype):
    assert NUMBER(torch.tensor(3, dtype=dtype, requires_grad=dtype.is_floating_point)) == ""
    assert PAIR(torch.tensor([1, -2], dtype=dtype)) == ""
