"""Intervals hold what they should as often as they say, on data whose truth is known."""

import math

import pytest
import torch
from scipy import stats

from ldyn.core import (
    crossed_interval,
    frozen,
    log_contrast,
    log_slope,
    mean_interval,
    share_interval,
    slope,
    slope_difference,
    stream,
    student_quantile,
)

F64 = torch.float64
TRIALS = 12_000
# Two standard errors of a share near 0.95 among TRIALS: 0.4 %.
CHANCE = 2 * math.sqrt(0.95 * 0.05 / TRIALS)
REPLICATIONS = [3, 6, 12, 24, 60]
SHAPES = [(3, 1), (1, 10), (3, 10)]


def weights(m):
    """The weights of a slope over m sizes that double."""
    u = math.log(2) * torch.arange(m, dtype=F64)
    return (u - u.mean()) / (u - u.mean()).square().sum()


def drawn(kind, spreads, replications, name, trials=TRIALS):
    """Risks of mean 1 with the standard deviations `spreads` (m,): (trials, r, m)."""
    shape = (trials, replications, len(spreads))
    z = torch.randn(shape, generator=stream("intervals", kind, name, *shape), dtype=F64)
    if kind == "normal":
        return 1 + spreads * z
    s = torch.log1p(spreads.square()).sqrt()
    return (s * z - s.square() / 2).exp()


def coverage(samples, truth=0.0, **options):
    value, half = log_contrast(samples, weights(samples.shape[-1]), **options)
    return ((value - truth).abs() <= half).double().mean().item()


def spread(first, last, m):
    return torch.logspace(math.log10(first), math.log10(last), m, dtype=F64)


@pytest.mark.parametrize("sizes", [4, 8])
@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [("normal", 0.1, 0.1), ("log", 0.5, 0.5), ("log", 0.1, 0.3), ("log", 0.3, 0.1)],
)
@pytest.mark.parametrize("r", REPLICATIONS)
def test_the_interval_of_a_slope_covers(r, kind, first, last, sizes):
    # Spreads as in the frozen studies of disks, blobs and boundaries, which grow or fall with n.
    trials = TRIALS if r < 60 else TRIALS // 2
    samples = drawn(kind, spread(first, last, sizes), r, f"{first} to {last}", trials)
    assert abs(coverage(samples) - 0.95) <= 0.01 + CHANCE * (TRIALS / trials) ** 0.5


@pytest.mark.parametrize(("r", "least", "most"), [(3, 0.92, 0.94), (24, 0.92, 0.94)])
def test_very_skewed_risks_are_covered_less(r, least, most):
    samples = drawn("log", torch.ones(6, dtype=F64), r, "skewed")
    assert least <= coverage(samples) <= most


@pytest.mark.parametrize(
    ("spreads", "least", "most"),
    [([0.1, 0.1, 0.1], 0.96, 0.975), ([0.05, 0.05, 0.05, 0.05, 0.05, 0.3], 0.92, 0.94)],
)
def test_three_replications_are_few_for_two_sizes_alike_and_for_one_alone(spreads, least, most):
    samples = drawn("log", torch.tensor(spreads, dtype=F64), 3, "few")
    assert least < coverage(samples) < most


def test_what_the_sizes_share_makes_the_interval_too_wide():
    samples = drawn("log", spread(0.2, 0.2, 6), 12, "own")
    samples = samples * drawn("log", spread(0.2, 0.2, 1), 12, "shared")
    assert coverage(samples) > 0.98


@pytest.mark.parametrize("r", REPLICATIONS[:4])
def test_the_interval_covers_when_the_rows_are_those_of_a_study(r):
    """Replications drawn from the 24 of each method on a disk, whose own slope is the truth."""
    rates, found = frozen("rates").where(target="disk"), []
    for method in rates.values("method"):
        _, _, rows = rates.where(method=method).table("oracle", columns="n", rows="seed")
        pick = stream("intervals", "rows", method, r)
        index = torch.randint(len(rows), (2000, r, rows.shape[1]), generator=pick)
        samples = rows.expand(2000, -1, -1).gather(1, index)
        found.append(coverage(samples, rows.mean(0).log() @ weights(rows.shape[1])))
    assert sum(found) / len(found) == pytest.approx(0.95, abs=0.01)
    assert min(found) >= 0.92


@pytest.mark.parametrize("r", REPLICATIONS)
def test_the_interval_of_a_mean_covers(r):
    z = torch.randn(TRIALS, r, generator=stream("intervals", "mean", r), dtype=F64)
    # The function takes one sample at a time; the law of the others is that of its limits.
    t = z.mean(1) / z.std(1) * r**0.5
    one = mean_interval(z[0])
    reach = (one.high - one.low) / 2 / z[0].std().item() * r**0.5
    assert (t.abs() <= reach).double().mean().item() == pytest.approx(0.95, abs=0.005)
    assert (one.value, one.low + one.high) == (
        pytest.approx(z[0].mean().item()),
        pytest.approx(2 * z[0].mean().item()),
    )


@pytest.mark.parametrize("r", REPLICATIONS)
def test_the_interval_of_the_logarithm_of_a_mean_covers(r):
    samples = drawn("log", torch.tensor([0.3], dtype=F64), r, "mean")
    value, half = log_contrast(samples, torch.ones(1, dtype=F64))
    assert (value.abs() <= half).double().mean().item() == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize("r", REPLICATIONS)
def test_the_interval_of_a_difference_of_slopes_covers_for_paired_rows(r):
    shared = drawn("log", spread(0.3, 0.3, 6), r, "sample", 10_000)
    ours, theirs = (shared * drawn("log", spread(0.1, 0.1, 6), r, n, 10_000) for n in "ab")
    assert coverage(ours, over=theirs) == pytest.approx(0.95, abs=0.01 + 2**0.5 * CHANCE)
    value, half = log_contrast(ours[0], weights(6), over=theirs[0])
    found = slope_difference(2.0 ** torch.arange(6), ours[0], theirs[0])
    assert found.value == pytest.approx(value.item())
    assert found.high - found.low == pytest.approx(2 * half.item())
    # what the two share is far wider, and would be counted twice
    apart = slope_difference(2.0 ** torch.arange(6), ours[0], theirs[0], paired=False)
    assert apart.value == pytest.approx(found.value)
    assert apart.high - apart.low > 2 * half
    assert half < log_contrast(ours[0], weights(6))[1]


@pytest.mark.parametrize("total", [50, 400])
def test_the_interval_of_a_share_covers_in_the_mean_over_shares(total):
    ends = [share_interval(k, total) for k in range(total + 1)]
    found = []
    for p in torch.linspace(0.02, 0.98, 97).tolist():
        chances = stats.binom.pmf(range(total + 1), total, p)
        inside = [i.low <= p <= i.high for i in ends]
        found.append(sum(c for c, good in zip(chances, inside, strict=True) if good))
    assert sum(found) / len(found) == pytest.approx(0.95, abs=0.005)
    assert min(found) > 0.9


def test_a_share_has_wilsons_limits():
    found = share_interval(7, 20)
    for end in (found.low, found.high):
        z = (0.35 - end) / math.sqrt(end * (1 - end) / 20)
        assert abs(z) == pytest.approx(stats.norm.ppf(0.975), rel=1e-9)
    assert share_interval(0, 9).low == 0
    assert share_interval(9, 9).high == 1


@pytest.mark.parametrize("degrees", [1, 1.02, 1.3, 2, 2.5, 7.3, 59, 1e3, 1e5])
def test_quantiles_are_those_of_scipy(degrees):
    for p, tolerance in ((0.6, 1e-9), (0.95, 1e-9), (0.975, 1e-9), (0.995, 1e-8), (0.9995, 1e-5)):
        found = student_quantile(p, degrees).item()
        assert found == pytest.approx(stats.t.ppf(p, degrees), rel=tolerance)
    assert student_quantile(0.5, degrees).item() == 0


@pytest.mark.parametrize(
    ("rows", "columns", "rest", "least", "most"),
    [(0, 1, 0, 0.945, 0.955), (1, 0, 0, 0.945, 0.955), (0, 1, 1, 0.95, 0.97),
     (1, 1, 1, 0.925, 0.955), (0, 0, 1, 0.98, 1)],
)  # fmt: skip
def test_the_interval_of_a_table_covers(rows, columns, rest, least, most):
    """Three rows and ten columns, with effects of their own; 3,000 tables."""
    scale = torch.tensor([rows, columns, rest], dtype=F64)
    draw = stream("intervals", "table", rows, columns, rest)
    parts = [torch.randn(3000, *shape, generator=draw, dtype=F64) for shape in SHAPES]
    tables = sum(s * part for s, part in zip(scale, parts, strict=True))
    found = [crossed_interval(table) for table in tables]
    held = sum(i.low <= 0 <= i.high for i in found) / len(found)
    assert least - 0.008 <= held <= most + 0.008  # two standard errors of a share of 3,000
    assert found[0].value == pytest.approx(tables[0].mean().item())


def test_a_table_of_equal_columns_has_the_interval_of_its_rows():
    x = torch.tensor([1.0, 2.0, 4.0], dtype=F64)
    one = mean_interval(x)
    for table in (x[:, None].expand(3, 5), x[None].expand(5, 3)):
        found = crossed_interval(table)
        assert (found.low, found.high) == (pytest.approx(one.low), pytest.approx(one.high))
    flat = crossed_interval(torch.full((3, 5), 2.0))
    assert (flat.low, flat.high) == (2, 2)


def test_a_quantile_is_taken_of_many_degrees_at_once():
    degrees = torch.tensor([[1.0, 2.0], [5.5, 40.0]], dtype=F64)
    expected = torch.from_numpy(stats.t.ppf(0.975, degrees))
    torch.testing.assert_close(student_quantile(0.975, degrees), expected)


def test_columns_alike_add_up_their_degrees_of_freedom():
    x = torch.tensor([[1.0], [2.0], [4.0]], dtype=F64)
    _, half = log_contrast(x, torch.ones(1, dtype=F64))
    assert half.item() == pytest.approx(
        stats.t.ppf(0.975, 2) * (x.std() / x.mean()).item() / 3**0.5
    )
    _, half = log_contrast(x.expand(3, 50), torch.ones(50, dtype=F64))
    error = (50 / 3) ** 0.5 * (x.std() / x.mean()).item()
    assert half.item() == pytest.approx(stats.t.ppf(0.975, 2 * 50) * error)


def test_rows_that_are_all_alike_have_an_interval_of_no_width():
    value, half = log_contrast(torch.full((3, 2), 2.0), torch.tensor([1.0, 1.0]))
    assert (value.item(), half.item()) == (pytest.approx(2 * math.log(2)), 0)


def test_a_slope_of_numbers_is_that_of_their_logarithms():
    assert log_slope([1, 2, 4], [3.0, 1.5, 0.75]) == pytest.approx(-1)
    assert log_slope([1, 2, 4, 8], [9.0, 3, 1.5, 0.75], upper_half=True) == pytest.approx(-1)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: mean_interval([1.0]), "2 replications, got 1; repeat with other seeds"),
        (lambda: mean_interval([[1.0, 2.0]]), r"shape \(r\), got \(1, 2\)"),
        (lambda: mean_interval([1.0, math.nan]), "must be finite; leave out"),
        (lambda: crossed_interval([[1.0, 2.0]]), "2 replications, got 1"),
        (lambda: crossed_interval([1.0, 2.0]), r"shape \(r, m\), got \(2,\)"),
        (lambda: mean_interval("ab"), "must be numbers, got str; try torch.tensor"),
        (lambda: mean_interval([1.0, 2.0], level=95), "try 0.95"),
        (lambda: share_interval(3, 2), "count <= total, got 3 of 2; exchange"),
        (lambda: share_interval(0, 0), "total must be an integer >= 1"),
        (lambda: log_contrast(torch.ones(1, 2), torch.ones(2)), "log_slope"),
        (lambda: log_contrast(torch.ones(3, 2), torch.ones(3)), "pair them row by row"),
        (lambda: log_contrast(torch.zeros(3, 2), torch.ones(2)), "> 0"),
        (lambda: student_quantile(0.3, 2), r"in \[0.5, 0.9995\]"),
        (lambda: student_quantile(0.9, 0.5), "degrees >= 1"),
        (lambda: slope([1, 2], [[1.0, 2.0]]), "take log_slope"),
        (lambda: slope([2, 1], [[1.0, 2.0]] * 2), "sizes must increase"),
        (lambda: log_slope([1], [1.0]), "m >= 2"),
    ],
)
def test_what_has_no_interval_is_refused_with_advice(call, says):
    with pytest.raises(ValueError, match=says):
        call()
