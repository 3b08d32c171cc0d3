"""Tables have headers, and numbers as the prose writes them."""

import pytest
import torch
from bs4 import BeautifulSoup

from ldyn import show

COLUMNS = {"": "", "n": ",", "risk": ".1e"}


def test_every_row_and_column_has_its_header_and_numbers_are_written_out():
    made = show.table(COLUMNS, [("a < b", torch.tensor(4096), -2.4e-8), ("none", 8, None)])
    table = BeautifulSoup(made.html, "html.parser").table
    heads = [(cell["scope"], cell.get_text()) for cell in table.select("th")]
    assert heads == [("col", "n"), ("col", "risk"), ("row", "a < b"), ("row", "none")]
    assert [cell.get_text() for cell in table.select("tbody td")] == [
        "4,096", "−2.4 × 10⁻⁸", "8", "—",
    ]  # fmt: skip
    right = [cell.get_text() for cell in table.select(".ld-number")]
    assert right == ["n", "risk", "4,096", "−2.4 × 10⁻⁸", "8", "—"]
    assert made.text.splitlines() == [
        "           n         risk",
        "a < b  4,096  −2.4 × 10⁻⁸",
        "none       8            —",
    ]


def test_a_long_text_may_be_broken_into_lines():
    row = BeautifulSoup(show.table({"a": "", "b": ""}, [("x", "word " * 9)]).html, "html.parser").td
    assert row["class"] == ["ld-words"]


def test_zero_has_no_power_of_ten():
    assert '<td class="ld-number">0</td>' in show.table({"a": "", "b": ".0e"}, [("x", 0.0)]).html


def test_a_row_of_another_length_or_a_value_without_its_format_is_refused():
    with pytest.raises(ValueError, match="one value for each of the 3 columns"):
        show.table(COLUMNS, [("a", 1)])
    with pytest.raises(ValueError, match="cannot write"):
        show.table(COLUMNS, [("a", "many", 1.0)])
