"""The first steps of the research exercises show what their solutions say of them."""

import pytest
from solutions import run


@pytest.mark.long
def test_definite_forms_are_the_rule_for_numbers_and_seldom_for_matrices(monkeypatch):
    shares = run("landscape", "ex-definite", monkeypatch)[0]["shares"]
    assert shares[1, False][0] == 1
    assert 0.05 < shares[2, False][0] < 0.4
    assert max(shares[3, False][0], shares[1, True][0]) < 0.1


@pytest.mark.long
def test_adam_stays_at_minima_and_is_quick_to_leave_saddles(monkeypatch):
    medians = run("landscape", "ex-adam", monkeypatch)[0]["medians"]
    assert medians[0.5, "Adam"] == medians[0.5, "SGD"] == 6000
    assert 5 * medians[1.2, "Adam"] < medians[1.2, "SGD"]


@pytest.mark.long
def test_the_unit_that_gets_away_is_the_late_one(monkeypatch):
    trapped = run("landscape", "ex-slip", monkeypatch)[0]["trapped"]
    held = [trapped(units)[0].double().mean() for units in (2, 4, 8)]
    assert held[0] > 0.8
    assert held[1] < 0.4
    assert held[2] < 0.1
    held, laggard = trapped(2)
    assert laggard[~held].max() < laggard[held].median()
