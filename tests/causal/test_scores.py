"""What every score of a direction promises."""

import inspect

import pytest
import torch

import ldyn.causal
from ldyn.core import stream

F64 = torch.float64


def test_no_score_is_missing_from_the_list(scores):
    """A public function of two columns that returns a float is a score."""
    listed = {getattr(s.of, "func", s.of).__name__ for s in scores.values()}
    public = [getattr(ldyn.causal, name) for name in ldyn.causal.__all__]
    found = {
        f.__name__
        for f in public
        if inspect.isfunction(f)
        and list(inspect.signature(f).parameters)[:2] == ["x", "y"]
        and inspect.signature(f).return_annotation in (float, "float")
    }
    assert found - {"relative_hsic"} == listed  # which is symmetric: a dependence, no direction


@pytest.mark.parametrize("n", [10, 23, 300])
def test_exchanging_the_columns_turns_the_sign_to_the_last_bit(score, clear_pair, n):
    x, y = clear_pair(n)
    found = score.of(x, y)
    assert isinstance(found, float)
    assert score.of(y, x) == -found
    if score.untied:
        assert found != 0


def test_a_column_against_itself_scores_zero(score, clear_pair):
    x, _ = clear_pair(40)
    assert score.of(x, x) == 0


def test_units_do_not_matter(score, clear_pair):
    x, y = clear_pair(200)
    found = score.of(x, y)
    for a, b, c, d in ((1e-3, 5.0, 1.0, 0.0), (1.0, 0.0, 400.0, -7.0), (30.0, 1.0, 0.2, 1.0)):
        assert score.of(a * x + b, c * y + d) == pytest.approx(found, rel=1e-6, abs=1e-9)


def test_turning_a_column_round_does_not_matter(score, clear_pair):
    if not score.turns:
        pytest.skip("this score reads from the left to the right")
    x, y = clear_pair(200)
    found = score.of(x, y)
    assert score.of(-x, y) == pytest.approx(found, rel=1e-6, abs=1e-9)
    assert score.of(x, -y) == pytest.approx(found, rel=1e-6, abs=1e-9)


def test_single_precision_is_read_as_it_is(score, clear_pair):
    x, y = clear_pair(100, torch.float32)
    assert score.of(x, y) == score.of(x.double(), y.double())


def test_lists_and_whole_numbers_will_do(score):
    x, y = [1, 4, 2, 8, 5, 7, 3, 9, 6, 0, 11, 10], [0, 3, 3, 9, 4, 6, 2, 9, 5, 1, 12, 8]
    assert score.of(x, y) == score.of(torch.tensor(x), torch.tensor(y))


@pytest.mark.parametrize("step", [1.0, 0.25])
def test_the_order_of_the_rows_does_not_matter(score, clear_pair, step):
    """With ties in both columns, and rows that occur twice."""
    x, y = ((c / step).round() * step for c in clear_pair(300))
    order = torch.randperm(300, generator=stream("order"))
    found = score.of(x, y)
    assert score.of(x[order], y[order]) == pytest.approx(found, rel=1e-6, abs=1e-9)
    assert score.of(y, x) == -found


@pytest.mark.parametrize("n", [10, 12, 40])
def test_two_values_are_enough(score, n):
    """The coarsest columns: an answer or zero, and no error."""
    x = (torch.arange(n) % 2).double()
    for y in (torch.arange(n).double(), (torch.arange(n) < 3).double(), x):
        found = score.of(x, y)
        assert abs(found) < float("inf")
        assert score.of(y, x) == -found


def test_a_function_without_noise_is_answered(score):
    x = torch.linspace(0, 1, 200, dtype=F64)
    for y in (2 * x, x**3, torch.sin(9 * x)):
        assert abs(score.of(x, y)) < float("inf")
        assert score.of(y, x) == -score.of(x, y)


def test_one_row_far_away_is_answered(score, clear_pair):
    x, y = clear_pair(200)
    x[3], y[7] = 1e6, -1e9
    assert abs(score.of(x, y)) < float("inf")


def test_a_hundred_thousand_rows_are_answered(score, clear_pair):
    x, y = clear_pair(100_000)
    found = score.of(x, y)
    assert score.of(y, x) == -found
    if score.clear:
        assert found > 0


def test_the_clear_pair_is_clear(score, clear_pair):
    if not score.clear:
        pytest.skip("this score looks at something else")
    right = sum(score.of(*clear_pair(500, name=f"clear {k}")) > 0 for k in range(8))
    assert right >= 7


@pytest.mark.parametrize(
    ("x", "y", "told"),
    [
        (torch.arange(12.0), torch.ones(12), "constant"),
        (torch.arange(9.0), torch.arange(9.0), "at least 10"),
        (torch.arange(12.0), torch.arange(13.0), "one length"),
        (torch.tensor([float("nan")] + [1.0, 2.0] * 6), torch.arange(13.0), "finite"),
        (["a"] * 12, torch.arange(12.0), "numbers"),
        (torch.arange(24.0).reshape(12, 2), torch.arange(12.0), "column"),
    ],
)
def test_bad_columns_are_refused(score, x, y, told):
    with pytest.raises(ValueError, match=told):
        score.of(x, y)
    with pytest.raises(ValueError, match=told):
        score.of(y, x)
