"""The curves of the figure are pooled shares with the library's intervals."""

import json
import math

import pytest

from ldyn.core import share_interval

ROWS = [
    {"data": "a", "method": "features", "n": 100, "right": 80, "tested": 100, "seconds": 2.0,
     "products": 1e9, "loo": 0.75},
    {"data": "a", "method": "features", "n": 100, "right": 90, "tested": 100, "seconds": 8.0,
     "products": 4e9, "loo": 0.85},
    {"data": "a", "method": "features", "n": 10, "right": 5, "tested": 10, "seconds": 1.0,
     "products": 1e8, "loo": 0.5},
    {"data": "a", "method": "network", "n": 10, "right": 9, "tested": 10, "seconds": 3.0,
     "products": 1e8, "loo": None},
    {"data": "b", "method": "features", "n": 10, "right": 9, "tested": 10, "seconds": 3.0,
     "products": 1e8, "loo": 0.5},
]  # fmt: skip


@pytest.mark.parametrize(("right", "tested"), [(0, 10), (170, 200), (9956, 10_000), (10, 10)])
def test_intervals_are_those_of_the_library(js, right, tested):
    low, high = js("recognition-curves", f"wilson({right}, {tested})")
    wanted = share_interval(right, tested)
    assert (low, high) == pytest.approx((wanted.low, wanted.high), abs=1e-9)


def test_seeds_are_pooled_and_prices_averaged_geometrically(js):
    points = js("recognition-curves", f"curveOf({json.dumps(ROWS)}, 'a', 'features', 'seconds')")
    assert [p["n"] for p in points] == [10, 100]
    assert points[1]["price"] == pytest.approx(math.sqrt(2.0 * 8.0))
    assert points[1]["error"] == pytest.approx(30 / 200)
    assert points[1]["loo"] == pytest.approx(0.2)
    assert points[1]["seeds"] == 2
    wanted = share_interval(170, 200)
    assert points[1]["low"] == pytest.approx(1 - wanted.high, abs=1e-9)
    assert points[1]["high"] == pytest.approx(1 - wanted.low, abs=1e-9)
    (network,) = js("recognition-curves", f"curveOf({json.dumps(ROWS)}, 'a', 'network', 'n')")
    assert network["loo"] is None
    assert network["price"] == pytest.approx(10)
    unpriced = [r | {"products": None} for r in ROWS]
    assert (
        js("recognition-curves", f"curveOf({json.dumps(unpriced)}, 'a', 'features', 'products')")
        == []
    )


def test_percentages_keep_their_digits(js):
    assert js("recognition-curves", "percent(0.0044)") == "0.44 %"
    assert js("recognition-curves", "percent(0.157)") == "15.7 %"
