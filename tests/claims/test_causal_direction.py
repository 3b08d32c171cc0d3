"""Chapter 4, a method to use and small data: what direction(x, y) reaches."""

import pytest
import torch

from ldyn.causal import Evaluation, direction
from ldyn.core import frozen, share_interval, stream

F64 = torch.float64
SETS = ("AN", "LS", "SIM", "SIM-c", "tuebingen")
RIVALS = ("anm", "loci likelihood", "loci hsic")
OTHERS = ("quantiles", "heci", "reci unit", "reci standard", "igci slopes")


def weights(name):
    rows = [r for r in frozen("protocols").rows if r["pair"] not in (47, 70, 107)]
    w = [r["weight"] for r in rows] if name == "tuebingen" else [1.0] * 100
    return torch.tensor(w, dtype=F64)


def judged(name, margins="as they are"):
    (row,) = frozen("direction_scores").where(pairs=name, rows=0, margins=margins).rows
    support = torch.tensor(row["support"], dtype=F64)
    w = weights(name) if name in SETS else torch.ones_like(support)
    return Evaluation(support=support, weights=w)


def least(names, margins="as they are"):
    """The lowest accuracy in %, with its interval."""
    found = [judged(name, margins).interval() for name in names]
    worst = min(found, key=lambda f: f.value)
    return {"measured": 100 * worst.value, "low": 100 * worst.low, "high": 100 * worst.high}


def test_an_exchange_of_columns_turns_the_sign_and_no_digit(claim):
    largest = 0.0
    for n in (10, 50, 333, 1000, 20_000):
        g = stream("claims", "direction", n)
        x, e = (torch.randn(n, generator=g, dtype=F64) for _ in range(2))
        y = (x + x**2 + e).round() if n == 333 else x + x**2 + e
        largest = max(largest, abs(direction(x, y).score + direction(y, x).score))
    claim("direction-antisymmetric", measured=largest)
    assert largest == 0


def test_confidence_is_right_on_fresh_tasks(claim):
    """Each seed's own three networks, in ten classes of confidence."""
    study = frozen("direction_model")
    answers, right = (torch.tensor(study.column(c), dtype=F64).sum(0) for c in ("answers", "right"))
    middles = 0.525 + 0.05 * torch.arange(10, dtype=F64)
    off = 100 * (right / answers - middles)
    worst = int(off.abs().argmax())
    ends = share_interval(int(right[worst]), int(answers[worst]))
    shift = middles[worst].item()
    claim(
        "direction-calibrated",
        measured=off[worst].item(),
        low=100 * (ends.low - shift),
        high=100 * (ends.high - shift),
    )
    assert off.abs().max() < 8


@pytest.mark.xfail(strict=True, reason="99 pairs do not show it: the interval contains 0")
def test_confidence_is_too_high_on_the_real_pairs(claim):
    e = judged("tuebingen")
    excess = e.support.abs().sigmoid() - e.right
    draws = torch.randint(99, (4000, 99), generator=stream("claims", "excess"))
    w = e.weights
    means = (w * excess)[draws].sum(1) / w[draws].sum(1)
    low, high = (100 * means.quantile(torch.tensor([0.025, 0.975], dtype=F64))).tolist()
    value = 100 * (w * excess).sum().item() / w.sum().item()
    claim("direction-overconfident", measured=value, low=low, high=high)
    assert low > 0


@pytest.mark.parametrize(
    ("row", "names", "margins", "goal"),
    [
        ("direction-sim", ("SIM",), "as they are", 83),
        ("direction-sim-c", ("SIM-c",), "as they are", 84),
        ("direction-multi-net", ("multi", "net"), "as they are", 90),
        ("direction-an-ls", ("AN", "LS"), "as they are", 97),
        ("direction-an-ls-matched", ("AN", "LS"), "matched", 95),
        pytest.param(
            *("direction-tuebingen", ("tuebingen",), "as they are", 72),
            marks=pytest.mark.xfail(strict=True, reason="64 %; 72 is within the interval"),
        ),
    ],
)
def test_what_it_reaches(claim, row, names, margins, goal):
    found = least(names, margins)
    claim(row, **found)
    assert found["measured"] >= goal


@pytest.mark.xfail(strict=True, reason="neither attempt gains")
def test_two_attempts_on_the_real_pairs(claim):
    study, w = frozen("direction_attempts"), weights("tuebingen")
    right = {
        arm: torch.tensor(
            [[int(c) for c in r["tuebingen right"]] for r in study.where(arm=arm).rows], dtype=F64
        ).mean(0)
        for arm in ("same", "windows", "coarse")
    }
    draws = torch.randint(99, (4000, 99), generator=stream("claims", "attempts"))
    found = []
    for arm in ("windows", "coarse"):
        d = w * (right[arm] - right["same"])
        ends = (d[draws].sum(1) / w[draws].sum(1)).quantile(torch.tensor([0.025, 0.975]).double())
        found.append((100 * d.sum().item() / w.sum().item(), *(100 * ends).tolist()))
    value, low, high = max(found)
    claim("direction-attempts", measured=value, low=low, high=high)
    assert low > 0


def test_features_agree_less_on_the_real_pairs(claim):
    study = frozen("direction_attempts").where(arm="same")
    tasks, sim, real = (
        torch.tensor(study.column(f"{name} larger"), dtype=F64).mean(0) - 0.5
        for name in ("tasks", "SIM", "tuebingen")
    )
    agree = [torch.cosine_similarity(tasks, v, dim=0).item() for v in (sim, real)]
    claim("direction-features", measured=agree[1] - agree[0])
    assert agree[1] < agree[0]


def lead(rows, margins, method):
    """Points by which direction is ahead, the mean over five sets, and its interval."""
    g, whole = stream("claims", "lead", rows, margins, method), []
    for name in SETS:
        told = [
            study.where(pairs=name, rows=rows, margins=margins).rows[0]["right"]
            for study in (frozen("direction_scores"), frozen("baselines").where(method=method))
        ]
        one, other = (torch.tensor([int(c) for c in t], dtype=F64) / 6 for t in told)
        d, w = one - other, weights(name)
        drawn = torch.randint(len(d), (4000, len(d)), generator=g)
        means = [(w * d).sum()[None] / w.sum(), (w * d)[drawn].sum(1) / w[drawn].sum(1)]
        whole.append(100 * torch.cat(means))
    found = torch.stack(whole).mean(0)
    low, high = found[1:].quantile(torch.tensor([0.025, 0.975], dtype=F64)).tolist()
    return found[0].item(), low, high


@pytest.mark.parametrize(
    ("row", "margins", "rivals"),
    [
        ("small-lead", "as they are", RIVALS),
        pytest.param(
            *("small-lead-matched", "matched", RIVALS),
            marks=pytest.mark.xfail(
                strict=True, reason="LOCI's likelihood at 50 rows: the interval contains 0"
            ),
        ),
        ("small-lead-others", "as they are", OTHERS),
        pytest.param(
            *("small-lead-others-matched", "matched", OTHERS),
            marks=pytest.mark.xfail(strict=True, reason="HECI and RECI: the intervals contain 0"),
        ),
    ],
)
def test_it_is_ahead_where_rows_are_few(claim, row, margins, rivals):
    found = [lead(rows, margins, method) for rows in (50, 100) for method in rivals]
    value, low, high = min(found)
    claim(row, measured=value, low=low, high=high)
    assert low > 0


def test_known_laws_are_within_the_bounds(claim):
    """Parabolas with normal noise, their law against that with exchanged columns."""
    grid, count, worst = torch.linspace(-8, 8, 801, dtype=F64), 2000, -float("inf")

    def log_density(x, y, c):
        size = (1 + 2 * c**2 + 0.36) ** 0.5
        e = (size * y - x - c * (x**2 - 1)) / 0.6
        return -(x**2 + e**2) / 2 + torch.tensor(size / 0.6 / (2 * torch.pi)).log()

    for c in (0.05, 0.2, 0.4):
        both = log_density(grid[:, None], grid, c) + log_density(grid, grid[:, None], c)
        rho = (both / 2).exp().sum().item() * (grid[1] - grid[0]).item() ** 2
        for n in (12, 50, 400):
            g = stream("claims", "rows", c, n)
            x, e = (torch.randn(count, n, generator=g, dtype=F64) for _ in range(2))
            y = (x + c * (x**2 - 1) + 0.6 * e) / (1 + 2 * c**2 + 0.36) ** 0.5
            ratio = (log_density(x, y, c) - log_density(y, x, c)).sum(1)
            found = (ratio > 0).double().mean().item()
            error = max(found * (1 - found), 1 / count) ** 0.5 / count**0.5
            low, high = 1 - rho**n / 2, (1 + (1 - rho ** (2 * n)) ** 0.5) / 2
            worst = max(worst, (found - high) / error, (low - found) / error)
    claim("rows-known", measured=worst)
    assert worst <= 3
