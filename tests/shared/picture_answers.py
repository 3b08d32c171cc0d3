"""Right answers to the exercises on recognition and generation, found another way."""

import math
from statistics import NormalDist

import torch
from torch.nn.functional import avg_pool1d, conv1d

from ldyn.core import stream
from ldyn.layers import PictureFeatures

F64 = torch.float64


def count_features():
    """Of pictures as large as asked, with fewer filters; the number is proportional to them."""
    few = PictureFeatures(filters=4, deep=8, precision="float32")
    draw = stream("count features")
    return 96 * len(few.fit(torch.rand(20, 28, 28, generator=draw)).signs_)


def two_pictures(x, noise):
    weights = torch.softmax(-((torch.tensor([-1.0, 1.0], dtype=F64) - x) ** 2) / (2 * noise**2), 0)
    return (weights[1] - weights[0]).item()


def chance_copy(pictures, blocks):
    """Whatever the first block, each of the others must come from the same picture."""
    chance = 1.0
    for _ in range(int(blocks) - 1):
        chance /= pictures
    return chance


def best_steps(steps):
    """Euler's steps themselves, variance 1, levels of equal angles from nearly infinite noise."""
    angles = torch.linspace(math.pi / 2 - 1e-7, 0, int(steps) + 1, dtype=F64)
    levels = angles.tan()
    steps = (1 + levels[:-1] * levels[1:]) / (1 + levels[:-1].square())
    return ((1 + levels[0] ** 2) * steps.square().prod()).item()


def receptive_field(patch, upper, layers):
    """Pixels with a slope, of one number of the last layer."""
    x = torch.ones(1, 1, 600, dtype=F64, requires_grad=True)
    y = conv1d(x, x.new_ones(1, 1, int(patch)))
    for _ in range(int(layers) - 1):
        y = conv1d(avg_pool1d(y, 2), x.new_ones(1, 1, int(upper)))
    y[0, 0, y.shape[2] // 2].backward()
    return x.grad.count_nonzero()


def factor_or_steps(classes, steps, pivots, components):
    low, high = 1.0, 1e7
    for _ in range(200):
        n = math.sqrt(low * high)
        pcg = steps * n**2 * classes + n * pivots * (pivots + components)
        pcg += 4 * n * pivots * classes * steps
        low, high = (low, n) if n**3 / 6 > pcg else (n, high)
    return low


def tell_apart(gap, differ):
    """Mean and variance of a picture's difference, which is 1, −1 or 0."""
    law = {1: (differ + gap) / 2, -1: (differ - gap) / 2, 0: 1 - differ}
    mean = sum(v * p for v, p in law.items())
    variance = sum((v - mean) ** 2 * p for v, p in law.items())
    return ((1.96 + 0.84) / mean) ** 2 * variance


def ten_moves(points=20_000):
    """The base by its quantiles."""
    normal, total = NormalDist(), 0.0
    for k in range(points):
        limit = math.sqrt(2) * 1.959964 + normal.inv_cdf((k + 0.5) / points)
        total += 1 - normal.cdf(limit) ** 10
    return total / points


def very_near(dim):
    """With exp(−rᴰ) rows further than r: half the median by bisection."""
    low, high = 0.0, 2.0
    for _ in range(100):
        r = (low + high) / 2
        low, high = (r, high) if math.exp(-(r**dim)) > 0.5 else (low, r)
    return -math.expm1(-((low / 2) ** dim))


def repeats(ratio, pool=1_000_000):
    """Draws with replacement from a large pool: at least three others are the same picture."""
    others, p = round(ratio * pool) - 1, 1 / pool
    few = (math.comb(others, k) * p**k * (1 - p) ** (others - k) for k in range(3))
    return 1 - sum(few)


def steps_unseen(dim, steps):
    """From the variance that Euler's steps keep; (d + 5)d/2n is the mean of two equal samples."""
    fault = dim * (1 - math.sqrt(best_steps(steps))) ** 2
    return dim * (dim + 5) / 2 / fault


def two_step_copies(level):
    """The least noise after which the second step ends within a hundredth, by bisection."""
    low, high = 0.0, 20.0
    for _ in range(100):
        z = (low + high) / 2
        low, high = (low, z) if two_pictures(level * z, level) > 0.99 else (z, high)
    return 2 * torch.special.ndtr(torch.tensor(-low, dtype=F64))


def mixture(x, noise, gap):
    """The posterior mean by quadrature over x₀."""
    at = torch.linspace(-20, 20, 80_001, dtype=F64)
    prior = (-((at - gap) ** 2) / 2).exp() + (-((at + gap) ** 2) / 2).exp()
    weight = prior * (-((x - at) ** 2) / (2 * noise**2)).exp()
    return (weight * at).sum() / weight.sum()


PICTURE_RIGHT = {
    "ex-two-pictures": two_pictures,
    "ex-chance-copy": chance_copy,
    "ex-best-steps": best_steps,
    "ex-count-features": count_features(),
    "ex-receptive-field": receptive_field,
    "ex-factor-or-steps": factor_or_steps,
    "ex-tell-apart": tell_apart,
    "ex-ten-moves": ten_moves(),
    "ex-very-near": very_near,
    "ex-repeats": repeats,
    "ex-steps-unseen": steps_unseen,
    "ex-two-step-copies": two_step_copies,
    "ex-mixture": mixture,
}
