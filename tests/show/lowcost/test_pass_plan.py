"""The arithmetic of the dial is that of the library."""

import json
from dataclasses import asdict

import pytest

from ldyn.lowcost import Rates, pass_plan

RATES = Rates(products=5e13, waves=4e12, reading=2e9, sending=2.5e10, solving=1e12)


@pytest.mark.parametrize(("features", "devices"), [(100, 1), (20_000, 8)])
def test_the_dial_computes_what_the_library_does(js, features, devices):
    found = js("pass-plan", f"passPlan(1e9, 9, {features}, {devices}, {json.dumps(asdict(RATES))})")
    plan = pass_plan(rows=10**9, columns=9, features=features, devices=devices, rates=RATES)
    assert found == pytest.approx(plan)


@pytest.mark.parametrize(
    ("seconds", "said"), [(8000, "2.2 hours"), (0.5, "500 ms"), (90, "90 seconds")]
)
def test_times_are_said_in_units_that_fit(js, seconds, said):
    assert js("pass-plan", f"duration({seconds})") == said
    assert js("pass-plan", "bytes(3.2e9)") == "3.20 GB"
