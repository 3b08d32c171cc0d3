"""Answers to exercises: what is wrong with one, said without giving the right one away."""

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import torch

from ldyn.gate.checks import require_choice, require_positive

Judge = Callable[[Any], str]


@dataclass(frozen=True, kw_only=True, repr=False)
class Verdict:
    """What a check says of an answer: whether it is `right`, and a `hint` in words."""

    exercise: str
    right: bool
    hint: str

    def __str__(self) -> str:
        text = f"{self.exercise}: {'right' if self.right else 'not yet'}. {self.hint}"
        return textwrap.fill(text, 80, subsequent_indent="  ")

    __repr__ = __str__


def check_answer(exercises: Mapping[str, Judge], exercise: str, answer: Any) -> Verdict:
    """Return whether `answer` solves the exercise, and if not a hint that keeps the solution.

    Arguments: `exercises` a chapter's judges by label; `exercise` a label "ex-…" among them.
    Raises: ValueError for an unknown exercise, with the known ones.
    """
    require_choice(exercise, exercises, "exercise")
    try:
        hint = exercises[exercise](answer)
    except Exception as error:  # what a judge cannot read is not right yet, and no reason to stop
        hint = f"The answer cannot be judged: {type(error).__name__} ({error})."
    praise = "The answer agrees with the reference."
    return Verdict(exercise=exercise, right=not hint, hint=hint or praise)


def judge_number(
    reference: Callable[[], float],
    *,
    slips: Mapping[str, Callable[[], float]] | None = None,
    tolerance: float = 1e-3,
) -> Judge:
    """Return a judge of one number: "" if |answer − reference| ≤ tolerance · |reference|.

    Arguments: `slips` names well-known wrong values by the hint that they deserve. A judge
    returns the hint, "" for a right answer.
    """
    require_positive(tolerance, "tolerance")

    def judge(answer: Any) -> str:
        value = as_number(answer)
        if isinstance(value, str):
            return value
        right = reference()
        if _close(value, right, tolerance):
            return ""
        for hint, slip in (slips or {}).items():
            if _close(value, slip(), tolerance):
                return hint
        return _apart(value, right)

    return judge


def judge_tensor(reference: Callable[[], Sequence[float]], *, tolerance: float = 1e-3) -> Judge:
    """Return a judge of a vector: names the entries that are wrong, and in which direction."""
    require_positive(tolerance, "tolerance")

    def judge(answer: Any) -> str:
        right = list(reference())
        try:
            values = torch.as_tensor(None if _unreal(answer) else answer, dtype=torch.float64)
        except (TypeError, ValueError, RuntimeError):
            return f"A tensor of {len(right)} numbers is expected, not {_kind(answer)}."
        if values.shape != (len(right),):
            return (
                f"A tensor of shape ({len(right)},) is expected, yours has shape "
                f"{tuple(values.shape)}."
            )
        wrong = [
            f"Entry {i}: {_apart(v, r)}"
            for i, (v, r) in enumerate(zip(values.tolist(), right, strict=True))
            if not _close(v, r, tolerance)
        ]
        return " ".join(wrong)

    return judge


def judge_function(
    reference: Callable[..., float],
    *,
    grid: Mapping[str, Sequence[float]],
    slips: Mapping[str, Callable[..., float]] | None = None,
    tolerance: float = 1e-4,
) -> Judge:
    """Return a judge of a function of the arguments that `grid` names, tried at all its points.

    A wrong function is told whether it has the right dependence on each argument and a wrong
    factor, a wrong dependence on some, or is right at some points only.
    """
    require_positive(tolerance, "tolerance")
    names = list(grid)
    points = list(product(*grid.values()))

    def judge(answer: Any) -> str:
        if not callable(answer):
            return f"A function of ({', '.join(names)}) is expected, not {_kind(answer)}."
        values = []
        for point in points:
            value = _call(answer, names, point)
            if isinstance(value, str):
                return value
            values.append(value)
        right = [float(reference(*point)) for point in points]
        hits = [_close(v, r, tolerance) for v, r in zip(values, right, strict=True)]
        if all(hits):
            return ""
        for hint, slip in (slips or {}).items():
            wrong = [float(slip(*point)) for point in points]
            if all(_close(v, w, tolerance) for v, w in zip(values, wrong, strict=True)):
                return hint
        if any(hits):
            good, bad = points[hits.index(True)], points[hits.index(False)]
            return f"Right at {_at(names, good)}, but wrong at {_at(names, bad)}."
        if not all(right):  # a ratio to it says nothing
            return f"Wrong everywhere; begin with {_at(names, points[right.index(0)])}."
        return _dependence(dict(zip(points, values, strict=True)), reference, grid)

    return judge


def _dependence(
    values: Mapping[tuple[float, ...], float],
    reference: Callable[..., float],
    grid: Mapping[str, Sequence[float]],
) -> str:
    ratios = {point: value / reference(*point) for point, value in values.items()}
    base = next(iter(ratios))
    if all(_close(ratio, ratios[base], 1e-3) for ratio in ratios.values()):
        if ratios[base] < 0:
            return "The sign is wrong."
        return (
            "It depends on every argument as it should; only a constant factor is "
            f"too {'large' if ratios[base] > 1 else 'small'}."
        )
    for k, (name, tried) in enumerate(grid.items()):
        along = [(*base[:k], v, *base[k + 1 :]) for v in tried]
        for point in along[1:]:
            if not _close(ratios[point], ratios[base], 1e-3):
                return (
                    f"Wrong dependence on {name}: from {_at(list(grid), base)} to {name} = "
                    f"{point[k]:g} it does not change by the right factor. Look at the exponent, "
                    "or for a term that is missing."
                )
    return "Each argument alone acts as it should, but not two together."


def _call(answer: Callable[..., Any], names: list[str], point: tuple[float, ...]) -> float | str:
    try:
        found = answer(*point)
    # Whatever a reader's function raises is worth a hint, and no reason to stop.
    except Exception as error:
        return (
            f"At {_at(names, point)} your function raised {type(error).__name__} ({error}). It is "
            f"called with the numbers ({', '.join(names)}), in this order."
        )
    value = as_number(found)
    return f"At {_at(names, point)}: {value}" if isinstance(value, str) else value


def as_number(answer: Any) -> float | str:
    """Return a number, NumPy scalar or one-element tensor as a float, or what is wrong with it."""
    if answer is None:
        return "There is no answer yet: a number is expected."
    if isinstance(answer, str | bytes) or callable(answer) or _unreal(answer):
        return f"A number is expected, not {_kind(answer)}."
    try:
        value = float(answer.detach() if isinstance(answer, torch.Tensor) else answer)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        shape = getattr(answer, "shape", None)
        seen = f"a tensor of shape {tuple(shape)}" if shape is not None else _kind(answer)
        return f"One number is expected, not {seen}."
    return value if math.isfinite(value) else "A finite number is expected."


def _unreal(answer: Any) -> bool:
    """Whether numbers of an answer are complex or truth values, which a cast would hide."""
    parts = answer if isinstance(answer, list | tuple) else (answer,)
    kinds = (str(getattr(part, "dtype", type(part).__name__)) for part in parts)
    return any("complex" in kind or "bool" in kind for kind in kinds)


def _kind(answer: Any) -> str:
    if answer is None:
        return "None"
    return "a function" if callable(answer) else f"{type(answer).__name__} {str(answer)[:40]!r}"


def _close(value: float, right: float, tolerance: float) -> bool:
    return abs(value - right) <= tolerance * max(abs(right), 1e-12)


def _apart(value: float, right: float) -> str:
    if value * right < 0:
        return "The sign is wrong."
    near = "By less than a tenth: is it rounding?" if _close(value, right, 0.1) else ""
    return f"Too {'large' if value > right else 'small'}. {near}".strip()


def _at(names: list[str], point: tuple[float, ...]) -> str:
    return ", ".join(f"{name} = {value:g}" for name, value in zip(names, point, strict=True))
