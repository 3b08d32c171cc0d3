"""The self-checks: right answers found another way, wrong ones told what is wrong with them."""

import math

import pytest
import torch
from exercises import ExerciseContract, hint, least
from layer_answers import LAYER_RIGHT
from picture_answers import PICTURE_RIGHT

from ldyn.kernels import Gaussian
from ldyn.lowcost import bill, box_discrepancy, effective_dimension
from ldyn.solvers import feature_variance, loo_residuals

F64 = torch.float64


def apart(value):
    """A displacement at which the Gaussian kernel of bandwidth 1 has this value."""
    return math.sqrt(-2 * math.log(value))


def pairs_variance(value, pairs):
    delta = torch.tensor([[apart(value)]], dtype=F64)
    return feature_variance(Gaussian(1.0), delta, count=int(pairs)).item()


def phases_variance(value, features):
    """E over ω by quadrature and over the phase by equally spaced ones, at x = 0.3."""
    w = torch.linspace(-9, 9, 4001, dtype=F64)[:, None, None]
    density = (-w.square() / 2).exp() / math.sqrt(2 * math.pi) * (18 / 4000)
    phase = torch.arange(16, dtype=F64) * (2 * math.pi / 16)
    x = 0.3
    products = 2 * (w * x + phase).cos() * (w * (x + apart(value)) + phase).cos()
    mean, square = ((density * p).sum() / 16 for p in (products, products.square()))
    return (square - mean**2) / features


def one_frequency(box):
    return box_discrepancy(torch.zeros(1, 1, dtype=F64), kernel=Gaussian(1.0), box=box).item()


def square_decay(rows, ridge):
    i = torch.arange(1, 3_000_000, dtype=F64)
    tail = rows / ridge / 3e6  # Σ of n/λi² beyond
    return effective_dimension(rows / i.square(), ridge=ridge).item() + tail + 0.5


def first_pivot(large, small):
    """Both pivots of a matrix with these eigenvalues, each with its probability."""
    turn = torch.tensor([[0.8, -0.6], [0.6, 0.8]], dtype=F64)
    k = turn @ torch.diag(torch.tensor([large, small], dtype=F64)) @ turn.T
    trace, total = k.diagonal().sum(), 0.0
    for i in (0, 1):
        left = k - torch.outer(k[i], k[i]) / k[i, i]
        total += k[i, i] / trace * left.diagonal().sum()
    return total


def rare_group():
    draws, missed = 0, 1.0
    while missed > 0.05:
        draws, missed = draws + 1, missed * 0.99
    return draws


def steps_needed():
    t, bound = 0, 2.0
    while bound > 1e-6:
        t, bound = t + 1, bound * (3 - 1) / (3 + 1)
    return t


def tail_rank(rows, ridge):
    r, tail = 0, rows
    while tail > ridge:
        r, tail = r + 1, tail / 2
    return r


def two_filters():
    def minus_ratio(a, t=1_000_000):
        return -(1 - (1 - a / t) ** t) * (1 + a) / a

    return -minus_ratio(least(minus_ratio, 0.5, 5.0))


def twins(ridge):
    x = torch.tensor([[0.0], [0.0], [90.0]], dtype=F64)
    y = torch.tensor([1.0, 1.0, 0.0], dtype=F64)
    return loo_residuals(Gaussian(1.0)(x, x), y, ridge=ridge)[0]


def half_precision(ridge):
    """From the rounding of numbers in [¼, ½) as it is."""
    v = 0.25 + 0.25 * (torch.arange(2_000_003, dtype=F64) + 0.5) / 2_000_003
    variance = (v.half().double() - v).square().mean().item()
    return (ridge / 2) ** 2 / variance


def triangle_memory():
    filled, n = 4, 1
    while filled + 4 * (n + 1) <= 10 * 1024**3:
        filled, n = filled + 4 * (n + 1), n + 1
    return n


def merged_spread(first, second, gap):
    x = torch.cat([torch.zeros(int(first)), torch.full((int(second),), gap)]).double()
    return (x - x.mean()).square().sum()


def gamma(columns):
    """The bandwidth at which the Gaussian kernel has the value e⁻¹ at distance √d."""
    low, high = 0.1, 1e3
    for _ in range(80):
        middle = (low * high) ** 0.5
        at = Gaussian(middle).profile(torch.tensor(math.sqrt(columns) / middle, dtype=F64))
        low, high = (middle, high) if at < math.exp(-1) else (low, middle)
    return low


def break_even_hours(kernel, each, network, network_each, wage, answers):
    """By bisection: the hours at which the two bills of the library meet."""
    ours = bill(rows=0, label=0, hours=1, wage=kernel, seconds=0, answer=3600 * each, core=1)
    low, high = -1e6, 1e6
    for _ in range(200):
        hours = (low + high) / 2
        if network + hours * wage + answers * network_each < ours.after(answers):
            low = hours
        else:
            high = hours
    return low


RIGHT = {
    **LAYER_RIGHT,
    **PICTURE_RIGHT,
    "ex-gaussian-pairs": pairs_variance,
    "ex-phases": phases_variance,
    "ex-one-frequency": one_frequency,
    "ex-square-decay": square_decay,
    "ex-first-pivot": first_pivot,
    "ex-rare-group": rare_group(),
    "ex-steps-needed": steps_needed(),
    "ex-tail-rank": tail_rank,
    "ex-two-filters": two_filters(),
    "ex-twins": twins,
    "ex-half-precision": half_precision,
    "ex-merged-spread": merged_spread,
    "ex-billion": sum(20_000.0 for _ in range(20_000)) * 1e9 / 50e12 / 3600,
    "ex-gamma": gamma,
    "ex-equal-error": 1 / (2 * 5),
    "ex-triangle-memory": triangle_memory(),
    "ex-break-even-hours": break_even_hours,
}


class TestExercises(ExerciseContract):
    room = "lowcost"
    right = RIGHT


@pytest.mark.parametrize(
    ("exercise", "answer", "says"),
    [
        ("ex-gaussian-pairs", lambda k, q: (1 - k * k) / (2 * q), "k(δ)⁴"),
        ("ex-phases", lambda k, m: (1 - k * k) ** 2 / (2 * m), "phase"),
        (
            "ex-one-frequency",
            lambda box: one_frequency(box) * math.pi / box,
            "mean squared error",
        ),
        ("ex-first-pivot", lambda large, small: small, "best"),
        ("ex-rare-group", 298, "Round up"),
        ("ex-steps-needed", 20, "begins at 2"),
        ("ex-twins", lambda ridge: ridge / (2 + ridge), "with both"),
        ("ex-half-precision", lambda ridge: 0.75 * 2**24 * ridge**2, "library's limit"),
        ("ex-gamma", lambda columns: columns**0.5, "multiplies"),
        ("ex-break-even-hours", lambda k, s, n, t, w, m: m * (s - t) / w, "first answer"),
    ],
)
def test_typical_mistakes_get_their_hint(exercise, answer, says):
    assert says in hint("lowcost", exercise, answer)
