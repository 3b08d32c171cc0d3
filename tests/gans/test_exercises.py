"""The self-checks: right answers found another way, wrong ones told what is wrong with them."""

import math

import numpy as np
import pytest
import torch
from exercises import ExerciseContract, hint, least
from torch.func import grad, vmap
from torch.nn import functional

from ldyn.gans import TinyGAN, neighbour_scores, play, step_matrix
from ldyn.gans.exercises import affine_speed, box_norm, mean_play, waiting_time

F64 = torch.float64


def mean_of_states(step, steps):
    start = torch.tensor([1.0, 0.0], dtype=F64)
    field = TinyGAN(loss="wasserstein").field
    path = play(field, start, step=step, steps=int(steps), rule="simultaneous")
    return path[:-1].mean(0).norm()


def quickest_pair():
    """The γ and h with the least spectral radius, on finer and finer grids."""
    middle, reach = torch.tensor([1.5, 1.5], dtype=F64), 1.4
    for _ in range(12):
        axes = [m + reach * torch.linspace(-1, 1, 15, dtype=F64) for m in middle]
        pairs = torch.cartesian_prod(*axes)
        radii = []
        for gamma, h in pairs.tolist():
            step = step_matrix(TinyGAN(penalty=gamma).jacobian(), rule="simultaneous", step=h)
            radii.append(torch.linalg.eigvals(step[:2, :2]).abs().max())
        middle, reach = pairs[torch.stack(radii).argmin()], reach / 2
    return middle


def distance_under_fading_noise(noise, time):
    """Heun's rule for the linear game with the damping σ²/2 of the moment."""
    theta, psi, h = 1.0, 0.0, 0.05
    move = lambda theta, psi, s: (  # noqa: E731
        -psi / 2,
        theta / 2 - noise**2 / 2 * math.exp(-s / time) * psi,
    )
    for k in range(int(10 * time / h)):
        a, b = move(theta, psi, k * h)
        c, d = move(theta + h * a, psi + h * b, (k + 1) * h)
        theta, psi = theta + h * (a + c) / 2, psi + h * (b + d) / 2
    return math.hypot(theta, psi)


def hellinger_conjugate(s):
    best = least(lambda u: (math.exp(u) - 1) ** 2 - s * math.exp(2 * u), -6, 6)
    return s * math.exp(2 * best) - (math.exp(best) - 1) ** 2


def speed_of_two_noises(mean, spread):
    rows = torch.tensor([[1, mean - spread], [1, mean + spread]], dtype=F64)
    return torch.linalg.matrix_norm(rows, 2) ** 2 / 2


def amplitude(c):
    theta = 0.37
    for _ in range(3000):
        theta -= c * theta / math.sqrt(1 + theta**2)
    return abs(theta)


def longest_safe(q, constant):
    """The longest step at which no error of relative size q makes the quadratic bound rise."""
    turn = torch.linspace(0, 2 * math.pi, 721, dtype=F64)
    g = torch.stack([1 + q * turn.cos(), q * turn.sin()])
    low, high = 0.0, 4 / constant
    for _ in range(60):
        step = (low + high) / 2
        worst = (-step * g[0] + constant * step**2 / 2 * g.square().sum(0)).max()
        low, high = (step, high) if worst < 0 else (low, step)
    return low


def matern_constants():
    r = torch.linspace(-12, 12, 480_001, dtype=F64)
    kernel = lambda u: (1 + u.abs()) * (-u.abs()).exp()  # noqa: E731
    slope, bend = (vmap(f)(r) for f in (grad(kernel), grad(grad(kernel))))
    bend = bend[r != 0]
    return torch.stack([2 * slope.abs().max(), bend.max() - bend.min(), bend.abs().max()])


def mended(t, weight):
    place = least(lambda s: s + weight / 2 * (t - s) ** 2, 0, t)
    return place + weight / 2 * (t - place) ** 2


def bends():
    x = torch.linspace(-3, 3, 600_000, dtype=F64)  # no 0
    kinds = (torch.atan, lambda x: x / (1 + x.abs()), lambda x: functional.softplus(8 * x) / 8)
    return torch.stack([vmap(grad(grad(a)))(x).abs().max() for a in kinds])


def curvature_of_blocks(blocks, bend):
    """ELU attains it, just left of zero."""

    def chain(x):
        for _ in range(int(blocks)):
            x = x + functional.elu(bend * x) / bend
        return x

    return grad(grad(chain))(torch.tensor(-1e-9, dtype=F64))


def dense_norm(taps, stride):
    k, n = int(taps), 12
    units = torch.eye(n * n, dtype=F64).view(-1, 1, n, n)
    wrapped = functional.pad(units, (0, k - 1, 0, k - 1), mode="circular")
    box = torch.full((1, 1, k, k), 1 / k, dtype=F64)
    return torch.linalg.matrix_norm(
        functional.conv2d(wrapped, box, stride=int(stride)).flatten(1), 2
    )


def shortest_arriving(distance, steps, speed, slope):
    """f = Aθ under a critic of constant slope, walked."""

    def way(step):
        theta = 0.0
        for _ in range(int(steps)):
            theta += step * speed * slope
        return speed * theta

    return least(lambda u: abs(way(math.exp(u)) - distance), -14, 4)


def time_by_quadrature(distance):
    r = torch.linspace(1, distance, 400_001, dtype=F64)
    return torch.trapezoid((r**2 / 2).exp() / r, r)


def precision(different, twice):
    x = torch.randn(int(different), 3, generator=torch.Generator().manual_seed(0), dtype=F64)
    x = torch.cat([x, x[: int(twice)]])
    return neighbour_scores(x, x, neighbours=1)["precision"]


def frechet_of_one_law(n, dim, draws=60_000):
    """Mean of simulated distances: normal means, covariances by Bartlett's factors."""
    n, dim, rng = int(n), int(dim), np.random.default_rng(5)
    factors = []
    for _ in range(2):
        factor = np.tril(rng.standard_normal((draws, dim, dim)), -1)
        for i in range(dim):
            factor[:, i, i] = np.sqrt(rng.chisquare(n - 1 - i, draws))
        factors.append(factor / math.sqrt(n - 1))
    s, t = factors
    crossed = np.linalg.svd(s.transpose(0, 2, 1) @ t, compute_uv=False).sum(1)
    apart = 2 / n * rng.chisquare(dim, draws)
    return float((apart + (s**2).sum((1, 2)) + (t**2).sum((1, 2)) - 2 * crossed).mean())


RIGHT = {
    "ex-mean-play": mean_of_states,
    "ex-two-steps": quickest_pair(),
    "ex-fading-noise": distance_under_fading_noise,
    "ex-bytes": (255 / 2) ** 2 * 4 / 8,
    "ex-hellinger": hellinger_conjugate,
    "ex-affine-generator": speed_of_two_noises,
    "ex-just-beyond": amplitude,
    "ex-relative-error": longest_safe,
    "ex-matern": matern_constants(),
    "ex-mended-mmd": mended,
    "ex-bends": bends(),
    "ex-residual": curvature_of_blocks,
    "ex-box-stride": dense_norm,
    "ex-left-wall": lambda *given: math.exp(shortest_arriving(*given)),
    "ex-waiting-time": time_by_quadrature,
    "ex-repeated": precision,
    "ex-frechet-bias": frechet_of_one_law,
}


class TestExercises(ExerciseContract):
    room = "gans"
    right = RIGHT


@pytest.mark.parametrize(
    ("exercise", "answer", "says"),
    [
        ("ex-mean-play", lambda h, t: (1 + h**2) ** (t / 2), "last state"),
        ("ex-mean-play", lambda h, t: mean_play(h, t) * t, "Wrong dependence on steps"),
        ("ex-two-steps", torch.tensor([2.0, 1.0]), "Entry 0: Too large. Entry 1: Too small"),
        ("ex-fading-noise", lambda s, t: math.exp(-(s**2) * t / 2), "Only the critic"),
        ("ex-bytes", 63.75, "squared distance"),
        ("ex-bytes", 255**2 / 2, "two units"),
        ("ex-hellinger", lambda s: 1 / (1 - s), "constant"),
        ("ex-affine-generator", lambda m, s: 1 + m**2 + s**2, "E‖Df‖²"),
        ("ex-affine-generator", lambda m, s: max(1, m**2 + s**2), "both parameters"),
        ("ex-affine-generator", lambda m, s: affine_speed(m, s) ** 0.5, "Right at"),
        ("ex-just-beyond", lambda c: c / 2, "√(1 + θ²)"),
        ("ex-just-beyond", lambda c: math.sqrt(c**2 - 4), "distance between"),
        ("ex-relative-error", lambda q, b: 2 * (1 - q) / (1 + q) ** 2 / b, "not worst together"),
        ("ex-relative-error", lambda q, b: 2 / b, "Wrong dependence on q"),
        ("ex-matern", torch.tensor([2 / math.e, 1, 1]), "Entry 1: Too small"),
        ("ex-mended-mmd", lambda t, b: b * t**2 / 2, "near measures"),
        ("ex-bends", torch.tensor([0.65, 2, 8]), "Entry 2: Too large"),
        ("ex-residual", lambda n, t: n * t, "without shortcuts"),
        ("ex-residual", lambda n, t: t * (2**n - 1) * 2**n, "only a constant factor"),
        ("ex-box-stride", lambda k, r: math.ceil(k / r), "That is the bound"),
        ("ex-box-stride", lambda k, r: box_norm(k, r) ** 0.5, "Right at"),
        ("ex-left-wall", lambda d, t, a, s: d / (t * a * s), "A counts twice"),
        ("ex-waiting-time", lambda d: math.exp(d**2 / 2), "first speed"),
        ("ex-waiting-time", lambda d: -waiting_time(d), "The sign is wrong"),
        ("ex-repeated", lambda n, m: (n - m) / n, "N + M"),
        ("ex-frechet-bias", lambda n, d: d * (d + 1) / (2 * n), "means"),
        ("ex-frechet-bias", lambda n, d: 2 * d / n, "covariances"),
        ("ex-frechet-bias", lambda n, d: d * (d + 5) / (4 * n), "Both samples"),
    ],
)
def test_typical_mistakes_get_their_hint(exercise, answer, says):
    assert says in hint("gans", exercise, answer)
