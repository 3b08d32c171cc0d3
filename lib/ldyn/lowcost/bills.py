"""What two roads to one accuracy cost: labels, a person's hours, a machine's seconds."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ldyn.core import require_count, require_positive

Row = dict[str, Any]


def rows_for_error(rows: Sequence[float], errors: Sequence[float], error: float) -> float | None:
    """Return with how many rows a learning curve first comes down to `error`; None if it does not.

    Between measured sizes it is taken for a power of the rows, a straight line in logarithms. A
    curve that begins at or below `error` gives its least number of rows.
    Raises: ValueError for rows that do not grow, other lengths, or numbers that are not positive.
    Source: page-what-it-comes-to.
    """
    _require_curve(rows, errors)
    require_positive(error, "error")
    if errors[0] <= error:
        return float(rows[0])
    for (n, e), (more, less) in pairwise(zip(rows, errors, strict=True)):
        if less <= error:
            share = math.log(e / error) / math.log(e / less)
            return float(n * (more / n) ** share)
    return None


def between(rows: Sequence[float], values: Sequence[float], at: float) -> float:
    """Return the value of a curve at `at` rows, by the straight line in logarithms.

    Raises: ValueError as `rows_for_error`, and if `at` is outside of the measured rows.
    Source: page-what-it-comes-to.
    """
    _require_curve(rows, values)
    if not rows[0] <= at <= rows[-1]:
        raise ValueError(
            f"at must be between {rows[0]} and {rows[-1]} rows, got {at}; try {rows[0]}"
        )
    for (n, v), (more, w) in pairwise(zip(rows, values, strict=True)):
        if at <= more:
            return float(v * (w / v) ** (math.log(at / n) / math.log(more / n)))
    return float(values[0])


@dataclass(frozen=True, kw_only=True)
class Road:
    """How the `errors` of a method fall with its `rows`, and the `costs` of each fit, by name."""

    rows: list[float]
    errors: list[float]
    costs: dict[str, list[float]]

    def to(self, error: float) -> dict[str, float] | None:
        """Return the "rows" and the costs at which `error` is reached; None if it is not.

        Source: page-what-it-comes-to.
        """
        n = rows_for_error(self.rows, self.errors, error)
        if n is None:
            return None
        return {"rows": n} | {k: between(self.rows, v, n) for k, v in self.costs.items()}


def road(fits: Sequence[Row], *, whole: int, costs: Mapping[str, Callable[[Row], float]]) -> Road:
    """Return the road of `fits` with "n" rows, 0 for all, of which "right" of "tested" were right.

    `whole` is the number of all rows; `costs` are functions of a fit. Fits of one size count
    together: shares of all their answers, and means of what they cost.
    Raises: ValueError without fits, or as `rows_for_error`.
    Source: page-what-it-comes-to.
    """
    require_count(whole, "whole")
    groups: dict[int, list[Row]] = {}
    for fit in fits:
        groups.setdefault(fit["n"] or whole, []).append(fit)
    sizes = sorted(groups)
    share = lambda g: 1 - sum(f["right"] for f in g) / sum(f["tested"] for f in g)  # noqa: E731
    errors = [share(groups[n]) for n in sizes]
    _require_curve(sizes, errors)
    mean = lambda f, g: sum(map(f, g)) / len(g)  # noqa: E731
    taken = {name: [mean(f, groups[n]) for n in sizes] for name, f in costs.items()}
    return Road(rows=[float(n) for n in sizes], errors=errors, costs=taken)


@dataclass(frozen=True, kw_only=True)
class Bill:
    """Money before the first answer, for `labels`, a `person` and the `machine`, and for `each`.

    Raises: ValueError for what is negative or not finite.
    """

    labels: float
    person: float
    machine: float
    each: float

    def __post_init__(self) -> None:
        _require_prices(vars(self))

    @property
    def before(self) -> float:
        """All that is paid before the first answer."""
        return self.labels + self.person + self.machine

    def after(self, answers: float) -> float:
        """Return what has been paid after so many answers."""
        return self.before + answers * self.each


def bill(
    *, rows: float, label: float, hours: float, wage: float, seconds: float, answer: float,
    core: float,
) -> Bill:  # fmt: skip
    """Return the bill of a road: rows·label, hours·wage, (seconds, of `answer` each)·core/3600.

    `label`, `wage` and `core` are prices, of a label, an hour of a person, and an hour of a core.
    Raises: ValueError for a negative number.
    Source: page-what-it-comes-to.
    """
    given = {"rows": rows, "label": label, "hours": hours, "wage": wage, "seconds": seconds}
    _require_prices(given | {"answer": answer, "core": core})
    return Bill(
        labels=rows * label,
        person=hours * wage,
        machine=seconds * core / 3600,
        each=answer * core / 3600,
    )


def break_even(first: Bill, second: Bill) -> float | None:
    """Return after how many answers the two bills are equal; None if one is never overtaken."""
    early, late = first.before - second.before, second.each - first.each
    if early == 0:
        return 0.0
    return early / late if early * late > 0 else None


def _require_prices(given: Mapping[str, float]) -> None:
    for name, value in given.items():
        if not 0 <= value < math.inf:
            raise ValueError(f"{name} must be finite and not negative, got {value}; try 0.0")


def _require_curve(rows: Sequence[float], values: Sequence[float]) -> None:
    if len(rows) != len(values) or not rows:
        raise ValueError(
            f"a curve needs a value a size, got {len(rows)} sizes, {len(values)} values"
        )
    if not (rows[0] > 0 and all(b > a for a, b in pairwise(rows))):
        raise ValueError(f"rows must be positive and grow, got {list(rows)}; sort them")
    if not all(0 < value < math.inf for value in values):
        raise ValueError(f"values must be positive, to have logarithms, got {list(values)}")
