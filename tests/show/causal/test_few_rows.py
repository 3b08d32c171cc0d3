"""What the figure says of one set is what its numbers and the library say."""

import json
from itertools import pairwise

import pytest
import torch

from ldyn.causal import Evaluation, accuracy_difference

NAME = "few-rows"
ROWS = [25, 50, 100, 300, 0]


def cell():
    """Two methods of a library's evaluation at the second size, [value, low, high] each."""
    right = torch.arange(100, dtype=torch.float64)
    one, other = (
        Evaluation(support=(right < k).double() - 0.5, weights=torch.ones_like(right))
        for k in (80, 62)
    )
    gap = accuracy_difference(one, other)
    three = lambda i: [round(100 * v, 1) for v in (i.value, i.low, i.high)]  # noqa: E731
    accuracy = [[None, three(e.interval())] for e in (one, other)]
    return {"accuracy": accuracy, "lead": [None, [None, three(gap)]]}


def read(js, found, at):
    return js(NAME, f"reading({json.dumps(found)}, {ROWS}, ['direction', 'ANM'], 1, {at})")


def test_it_says_the_numbers_of_the_library(js):
    found = cell()
    (a, a_low, a_high), (b, b_low, b_high) = (line[1] for line in found["accuracy"])
    gap, low, high = found["lead"][1][1]
    assert (a, b, gap) == (80, 62, 18)
    assert read(js, found, 1) == (
        f"50 rows: direction {a} % [{a_low}, {a_high}], ANM {b} % [{b_low}, {b_high}]. "
        f"Difference +{gap} points [{low}, {high}]: direction is ahead."
    )


@pytest.mark.parametrize(
    ("ends", "said"),
    [([0.1, 3], "is ahead"), ([-0.1, 3], "within chance"), ([0, 0], "within chance"),
     ([-3, 0.1], "within chance"), ([-3, -0.2], "is behind")],
)  # fmt: skip
def test_the_verdict_follows_the_interval_of_the_difference(js, ends, said):
    value = [[50.0, 40.0, 60.0]] * 5
    found = {"accuracy": [value, value], "lead": [None, [[sum(ends) / 2, *ends]] * 5]}
    told = read(js, found, 4)
    assert told.startswith("All rows: ")
    assert told.endswith(f"{said}.")
    assert "-" not in told


def test_the_pointer_takes_the_nearest_number_of_rows(js):
    places = [25, 50, 100, 300, 1000]
    borders = [(a * b) ** 0.5 for a, b in pairwise(places)]  # halfway on the axis
    asked = [1, *(v * f for v in borders for f in (0.99, 1.01)), 1e6]
    found = js(NAME, f"{asked}.map((v) => nearest({ROWS}, v))")
    assert found == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_the_axis_of_differences_holds_every_interval_and_zero(js):
    assert js(NAME, "room([[5, 3, 8]])") == js(NAME, "room([[1, -2, 4]])") == [-10, 10]
    assert js(NAME, "room([[40, 31, 52], [-20, -33, 2]])") == [-40, 60]
