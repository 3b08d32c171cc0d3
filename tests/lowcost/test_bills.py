"""Learning curves read backwards, and bills that meet."""

import math

import pytest

from ldyn.lowcost import Bill, Road, between, bill, break_even, road, rows_for_error

ROWS, ERRORS = [100, 1000, 10_000], [0.3, 0.03, 0.01]


def test_between_sizes_a_curve_is_a_power_of_the_rows():
    power = [7 * n**-0.4 for n in ROWS]
    for n in (100, 345.0, 1000, 9999.0):
        assert between(ROWS, power, n) == pytest.approx(7 * n**-0.4)
        assert rows_for_error(ROWS, power, 7 * n**-0.4) == pytest.approx(n)


def test_a_curve_is_read_at_its_first_descent_and_not_beyond_its_ends():
    assert rows_for_error(ROWS, ERRORS, 0.5) == 100
    assert rows_for_error(ROWS, ERRORS, 0.03) == pytest.approx(1000)
    assert rows_for_error(ROWS, ERRORS, math.sqrt(0.3 * 0.03)) == pytest.approx(math.sqrt(1e5))
    assert rows_for_error(ROWS, ERRORS, 0.0099) is None
    assert rows_for_error([100, 200, 400], [0.2, 0.1, 0.15], 0.1) == pytest.approx(200)
    assert rows_for_error([100], [0.2], 0.3) == between([100], [100], 100) == 100


def test_a_road_pools_the_answers_of_a_size_and_reads_its_costs_where_the_error_is_reached():
    fits = [
        {"n": 0, "right": 990, "tested": 1000, "seconds": 400.0},
        {"n": 100, "right": 60, "tested": 100, "seconds": 2.0},
        {"n": 100, "right": 360, "tested": 500, "seconds": 6.0},
    ]
    found = road(fits, whole=10_000, costs={"time": lambda fit: fit["seconds"]})
    assert found.rows == [100, 10_000]
    assert found.errors == pytest.approx([0.3, 0.01])
    assert found.costs["time"] == pytest.approx([4, 400])
    assert found.to(0.4) == pytest.approx({"rows": 100, "time": 4})
    assert found.to(math.sqrt(0.3 * 0.01)) == pytest.approx({"rows": 1000, "time": 40})
    assert found.to(0.005) is None
    assert isinstance(found, Road)


def given(**other):
    asked = {"rows": 1000, "label": 0.1, "hours": 4, "wage": 30, "seconds": 7200, "answer": 3.6,
             "core": 0.5}  # fmt: skip
    return bill(**(asked | other))


def test_a_bill_is_labels_a_person_and_a_machine():
    found = given()
    assert (found.labels, found.person, found.machine) == pytest.approx((100, 120, 1))
    assert found.each == pytest.approx(0.0005)
    assert found.before == pytest.approx(221)
    assert found.after(2000) == pytest.approx(222)


def test_two_bills_meet_where_they_are_equal_or_not_at_all():
    ours, theirs = given(hours=0), given(answer=0.36)
    meet = break_even(ours, theirs)
    assert meet == break_even(theirs, ours) > 0
    assert ours.after(meet) == pytest.approx(theirs.after(meet))
    assert ours.after(0.9 * meet) < theirs.after(0.9 * meet)
    assert break_even(ours, given(answer=36)) is None
    assert break_even(ours, given()) is None
    assert break_even(ours, given(hours=0, answer=1)) == 0


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: rows_for_error([1, 2], [0.1], 0.1), "a value a size"),
        (lambda: rows_for_error([], [], 0.1), "a value a size"),
        (lambda: rows_for_error([2, 1], [0.1, 0.2], 0.1), "grow"),
        (lambda: rows_for_error([1, 2], [0.1, 0.0], 0.1), "logarithms"),
        (lambda: rows_for_error([1, 2], [0.2, 0.1], 0.0), "error must be"),
        (lambda: between([1, 2], [0.2, 0.1], 3), "between 1 and 2 rows, got 3"),
        (lambda: road([], whole=1, costs={}), "a value a size"),
        (lambda: given(hours=-1), "hours must be finite and not negative, got -1; try"),
        (lambda: given(core=math.nan), "core must be a finite number"),
        (lambda: Bill(labels=math.nan, person=0, machine=0, each=0), "labels must be finite"),
        (lambda: Bill(labels=0, person=0, machine=0, each=-1), "each must be finite and not"),
        (lambda: break_even(given(), 3.0), "second must be a Bill, got 3.0"),
        (lambda: Road(rows=[1, math.nan], errors=[0.2, 0.1], costs={}).to(0.1), "grow"),
        (lambda: Road(rows=[1, 2], errors=[0.2, math.nan], costs={}).to(0.1), "logarithms"),
        (lambda: road([], whole=0, costs={}), "whole must be an integer >= 1"),
    ],
)
def test_bad_input_says_what_was_expected(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_a_bill_is_a_record():
    assert Bill(labels=1, person=2, machine=3, each=4).after(5) == 26
