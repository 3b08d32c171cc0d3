"""The self-checks: right answers found another way, wrong ones told what is wrong with them."""

import math
from itertools import product

import pytest
import torch
from exercises import ExerciseContract, hint, least

F64 = torch.float64
LINE = torch.linspace(-12, 12, 24_001, dtype=F64)


def normal(x, mean=0.0, spread=1.0):
    return (-(((x - mean) / spread) ** 2) / 2).exp() / (spread * math.sqrt(2 * math.pi))


def over_line(f):
    return torch.trapezoid(f, LINE).item()


def backward_noise(slope, noise):
    """The root of the determinant over the variance of y, a Schur complement."""
    cov = torch.tensor([[1.0, slope], [slope, slope**2 + noise**2]], dtype=F64)
    return (torch.linalg.det(cov) / cov[1, 1]).sqrt()


def third_moment(skew, noise):
    """X of two values with mean 0, variance 1 and this skewness; E by three-point quadrature."""
    ratio = (skew + math.sqrt(skew**2 + 4)) / 2
    places = ((ratio, 1 / (1 + ratio**2)), (-1 / ratio, ratio**2 / (1 + ratio**2)))
    noises = ((-math.sqrt(3) * noise, 1 / 6), (0.0, 2 / 3), (math.sqrt(3) * noise, 1 / 6))
    c = 1 / (1 + noise**2)
    cells = product(places, noises)
    return sum(p * q * (x + e) ** 2 * (x - c * (x + e)) for (x, p), (e, q) in cells)


def mean_given(y, size):
    x = torch.linspace(-1, 1, 400_001, dtype=F64)
    weight = ((y - x).abs() < size).to(F64)
    return (weight * x).sum() / weight.sum()


def mean_of_logs(x, rho):
    density = normal(LINE, rho * math.log(x), math.sqrt(1 - rho**2))
    return over_line(density * LINE.exp())


def best_bandwidth():
    def distance(bandwidth, shift=0.01):
        spread = bandwidth**2 + 2
        return -(2 * bandwidth / spread**0.5) * -math.expm1(-(shift**2) / (2 * spread))

    return least(distance, 0.1, 5)


def two_by_two(both, first, second):
    """Twenty rows with these shares, the two matrices as they are."""
    n = 20
    cells = [round(n * s) for s in (both, first - both, second - both)]
    rows = [(1, 1)] * cells[0] + [(1, 0)] * cells[1] + [(0, 1)] * cells[2]
    rows += [(0, 0)] * (n - len(rows))
    a, b = torch.tensor(rows, dtype=F64).T
    centre = torch.eye(n, dtype=F64) - 1 / n
    same = [(c[:, None] == c).to(F64) for c in (a, b)]
    return torch.trace(same[0] @ centre @ same[1] @ centre) / n**2


def point_mass(bandwidth):
    """The three means of the kernel by quadrature."""
    x = torch.linspace(-9, 9, 901, dtype=F64)
    weight = normal(x) * (x[1] - x[0])
    kernel = normal(x[:, None] - x, 0, bandwidth) * bandwidth * math.sqrt(2 * math.pi)
    middle = len(x) // 2
    return weight @ kernel @ weight + kernel[middle, middle] - 2 * kernel[middle] @ weight


def temperature(mean, spread):
    """From the log-odds at one score."""
    s = torch.tensor(0.7, dtype=F64)
    return s / (normal(s, mean, spread) / normal(s, -mean, spread)).log()


def decided(mean, spread, limit):
    x = torch.linspace(limit, limit + 60, 200_001, dtype=F64)
    right, wrong = (torch.trapezoid(normal(x, m, spread), x) for m in (mean, -mean))
    return right / (right + wrong)


def four_times():
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if math.erf(middle / 2**0.5) < 0.2 else (low, middle)
    return (1 + math.erf(2 * low / 2**0.5)) / 2


def excess_of_mixture():
    v = torch.linspace(1, 2, 100_001, dtype=F64)
    moments = [torch.trapezoid(v**k, v) for k in (1, 2)]
    return 3 * moments[1] / moments[0] ** 2 - 3


def pairs_needed(difference, discordant):
    """The first number of pairs at which the exact standard error is small enough."""
    variance = discordant - difference**2
    k = 1
    while difference < 1.96 * math.sqrt(variance / k):
        k += 1
    return k + 1.96**2  # the exact variance is smaller by δ²


RIGHT = {
    "ex-backward-noise": backward_noise,
    "ex-third-moment": third_moment,
    "ex-uniform-line": mean_given,
    "ex-log-normal": mean_of_logs,
    "ex-best-bandwidth": best_bandwidth(),
    "ex-two-by-two": two_by_two,
    "ex-point-mass": point_mass,
    "ex-temperature": temperature,
    "ex-abstain": decided,
    "ex-four-times": four_times(),
    "ex-scale-mixture": excess_of_mixture(),
    "ex-how-many-pairs": pairs_needed,
    "ex-nine-pairs": sum(sum(g) <= 2 or sum(g) >= 7 for g in product((0, 1), repeat=9)) / 512,
}


class TestExercises(ExerciseContract):
    room = "causal"
    right = RIGHT


@pytest.mark.parametrize(
    ("exercise", "answer", "says"),
    [
        ("ex-backward-noise", lambda b, t: t**2 / (b**2 + t**2), "variance"),
        ("ex-third-moment", lambda k, t: k, "E[Y³]"),
        ("ex-log-normal", lambda x, r: x**r, "median"),
        ("ex-two-by-two", lambda b, p, q: (b - p * q) ** 2, "squared covariance"),
        (
            "ex-point-mass",
            lambda b: b / math.sqrt(b**2 + 2) - 2 * b / math.hypot(b, 1),
            "k(0, 0)",
        ),
        ("ex-scale-mixture", 28 / 9, "Subtract"),
        ("ex-nine-pairs", 23 / 256, "one side"),
    ],
)
def test_typical_mistakes_get_their_hint(exercise, answer, says):
    assert says in hint("causal", exercise, answer)
