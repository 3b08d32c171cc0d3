"""The law of a measured difference in the figure is that of two methods on the same pairs."""

import math

import pytest
from scipy.stats import norm


@pytest.mark.parametrize(("k", "d", "delta"), [(57, 0.4, 0.05), (1000, 0.3, 0.1), (10, 0.6, 0.01)])
def test_spread_odds_and_needed_pairs(js, k, d, delta):
    spread, odds, needed = js(
        "two-methods",
        f"[spread({k}, {d}, {delta}), reversed({k}, {d}, {delta}), needed({d}, {delta})]",
    )
    exact = math.sqrt((d - delta**2) / k)
    assert spread == pytest.approx(exact, rel=1e-12)
    assert odds == pytest.approx(norm.cdf(-delta / exact), abs=1e-9)
    z = norm.ppf(0.975) + norm.ppf(0.8)
    assert needed == pytest.approx(z**2 * (d - delta**2) / delta**2, rel=1e-5)
    # with that many pairs the test finds the difference four times in five
    power = norm.cdf(delta / math.sqrt((d - delta**2) / needed) - norm.ppf(0.975))
    assert power == pytest.approx(0.8, abs=1e-5)


def test_the_normal_distribution(js):
    points = [-5.0, -1.3, 0.0, 0.2, 3.1]
    found = js("two-methods", f"{points}.map(below)")
    assert found == pytest.approx(norm.cdf(points).tolist(), abs=1e-9)
