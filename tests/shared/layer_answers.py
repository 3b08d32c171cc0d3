"""Right answers to the exercises on resolutions, honest layers and image kernels, another way."""

import itertools
import math

import torch
from exercises import least

F64 = torch.float64


def contraction(width):
    return math.hypot(0.5, 1 / (math.pi * width))


def level_width():
    low, high = 0.1, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if contraction(middle) > 1 else (low, middle)
    return low


def level_order(width, levels=7):
    """From the bound itself after so many halvings."""
    return math.log(contraction(width) ** levels) / math.log(0.5**levels)


def two_sided_steps(reach, shift):
    """The share of pairs of steps that differ by `shift`."""
    steps = range(-int(reach), int(reach) + 1)
    return sum(b - a == shift for a in steps for b in steps) / len(steps) ** 2


def worst_steps(reach=20_000):
    """The least mean of cosines over −reach, …, reach, by golden section near the first dip."""

    def mean(angle):
        x = torch.arange(-reach, reach + 1, dtype=F64) * (2 * angle / (2 * reach + 1))
        return x.cos().mean().item()

    return mean(least(mean, 3.5, 5.5))


def shared_fits(folds, layers):
    """The sets of folds that are left when a chain of layers has taken one each."""
    chains = itertools.permutations(range(int(folds)), int(layers) - 1)
    return len({frozenset(range(int(folds))) - set(chain) for chain in chains})


def sag(width):
    """Half-way between two of 301 sites, in the middle."""
    x = torch.arange(301, dtype=F64)
    weights = torch.linalg.solve((-(x[:, None] - x).abs() / width).exp(), torch.ones_like(x))
    return 1 - (weights * (-(150.5 - x).abs() / width).exp()).sum()


def level_price():
    """Sites times the root of the condition number that the symbol has at its ends."""

    def price(width):
        levels = math.log(0.01) / math.log(contraction(width))
        r = math.exp(-1 / width)
        return 2**levels * (1 + r) / (1 - r)

    return least(price, 0.5, 6.0)


def backfitting(first, second, ridge):
    """The change of a sweep over the change of the sweep before, at one site."""
    f, g, steps = 0.0, 0.0, []
    for _ in range(3):
        f = first / (first + ridge) * (1 - g)
        steps.append(second / (second + ridge) * (1 - f) - g)
        g += steps[-1]
    return steps[2] / steps[1]


def cells_by_hand(cell, rows, noise):
    """The chance of a wrong cell by quadrature, the strip by the mean over its place."""
    z = torch.linspace(0.5, 0.5 + 12 * noise, 40_001, dtype=F64)  # means of a cell beyond ½
    density = (-cell * (z / noise) ** 2 / 2).exp() * math.sqrt(cell / (2 * math.pi)) / noise
    place = (torch.arange(20_000, dtype=F64) + 0.5) / 20_000
    strip = torch.minimum(place, 1 - place).mean() * cell / rows
    return (torch.trapezoid(density, z) + strip).item()


def more_folds(folds, places):
    """The variance of the slope by Isserlis' theorem, over all pairs of rows of a place."""
    k = int(folds)
    pairs = list(itertools.permutations(range(k), 2))
    fourth = sum((a == c) * (b == d) + (a == d) * (b == c) for a, b in pairs for c, d in pairs)
    top, bottom = fourth / (k - 1) ** 2, k / (k - 1)
    return top / (places * bottom**2) / (k - 1)


def lead_harm(lead):
    def gain(x):
        return -x * math.erfc((x + lead) / math.sqrt(2)) / 2

    return -gain(least(gain, 0.0, 2.0))


def sign_bits(angle, bits):
    """Random directions all around a circle, and when they have both vectors on one side."""
    w = (torch.arange(1_000_000, dtype=F64) + 0.5) * (2 * math.pi / 1_000_000)
    apart = ((w.cos() > 0) != ((w - angle).cos() > 0)).double()
    return math.pi * (apart.var(correction=0) / bits).sqrt().item()


def wedge(side):
    """The orbits of pixels under turns and mirrors, counted."""
    left, orbits = set(itertools.product(range(int(side)), repeat=2)), 0
    while left:
        i, j = left.pop()
        for a, b in ((i, j), (j, i)):
            left -= {(p, q) for p in (a, side - 1 - a) for q in (b, side - 1 - b)}
        orbits += 1
    return orbits


def two_mirrors(keep):
    """The matrix of one picture and its three images, told apart by the kernel entirely."""
    group = list(itertools.product((0, 1), repeat=2))
    weight = {(0, 0): keep, (0, 1): (1 - keep) / 2, (1, 0): (1 - keep) / 2, (1, 1): 0.0}
    rows = [[weight[a ^ c, b ^ d] for c, d in group] for a, b in group]
    return torch.linalg.eigvalsh(torch.tensor(rows, dtype=F64))[0]


def two_pixels(correlation, noise, ridge):
    eye = torch.eye(2, dtype=F64)
    s = (1 - correlation) * eye + correlation + noise * eye
    values, vectors = torch.linalg.eigh(s + ridge * eye)
    w = vectors @ values.rsqrt().diag() @ vectors.T
    return noise * (w @ w).trace() / (w @ s @ w).trace()


LAYER_RIGHT = {
    "ex-level-width": level_width(),
    "ex-level-order": level_order,
    "ex-two-sided-steps": two_sided_steps,
    "ex-worst-steps": worst_steps(),
    "ex-shared-fits": shared_fits,
    "ex-sag": sag,
    "ex-level-price": level_price(),
    "ex-backfitting": backfitting,
    "ex-cells-by-hand": cells_by_hand,
    "ex-more-folds": more_folds,
    "ex-lead": lead_harm,
    "ex-sign-bits": sign_bits,
    "ex-wedge": wedge,
    "ex-two-mirrors": two_mirrors,
    "ex-two-pixels": two_pixels,
}
