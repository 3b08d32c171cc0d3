"""What columns show in one direction: residuals, their dependence on the cause, local shapes."""

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from ldyn.causal.columns import LEAST

BOUND = 4.0  # standard deviations at which a far value is cut off
WIDTHS = (0.06, 0.15, 0.3, 0.5)  # of the windows in the cause, in normal scores
WAVES, CENTRES, LEVELS = 7, 16, 24
COMMON = 4  # features at the end that know ranks and ties alone


def pair_features(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the features (k, f) of k pairs of columns, `x` and `y` (k, n), in both directions.

    Those of x → y first. Both come from the same operations on arrays of one shape: exchanging the
    columns exchanges the results to the last digit. Shift, scale and sign change nothing.
    Raises: ValueError for n < 10.
    Source: hoyer2009, def-direction-features.
    """
    if x.shape[1] < LEAST:
        raise ValueError(f"x must have at least {LEAST} rows, got {x.shape[1]}; measure more")
    a, b = _scales(x), _scales(y)
    return _direction(a, b), _direction(b, a)


def blind_features(features: Tensor) -> Tensor:
    """Return `features` (k, f) as they were, had the columns been normal scores of their ranks.

    Raises: ValueError for a number f that `pair_features` does not give.
    Source: tagasovska2020, def-direction-features.
    """
    half, odd = divmod(features.shape[1] - COMMON, 2)
    if half < 1 or odd:
        raise ValueError(f"features must be those of pair_features, got {features.shape[1]}")
    _, ranks, common = features.split([half, half, COMMON], 1)
    return torch.cat([ranks, ranks, common], 1)


def _scales(c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Columns standardised and as normal scores, (k, n), and their shares of distinct values."""
    n, c = c.shape[1], c.contiguous()
    values = c.sort(1).values.contiguous()
    ranks = torch.searchsorted(values, c) + torch.searchsorted(values, c, right=True) + 1
    scores = torch.special.ndtri(ranks.to(c.dtype) / (2 * (n + 1)))
    distinct = ((values.diff(dim=1) > 0).sum(1, keepdim=True) + 1) / n
    return _unit(c).clamp(-BOUND, BOUND), _unit(scores), distinct.to(c.dtype)


def _unit(c: Tensor) -> Tensor:
    c = c - c.mean(1, keepdim=True)
    return c / c.square().mean(1, keepdim=True).sqrt().clamp(min=torch.finfo(c.dtype).tiny)


def _direction(cause: Sequence[Tensor], effect: Sequence[Tensor]) -> Tensor:
    n, s = cause[1].shape[1], cause[1]
    waves, smooth = _centred_waves(s), [_bumps(s, 5), _bumps(s, 16)]
    windows, found = [_windows(s, h) for h in WIDTHS], []
    for c, e in zip(cause[:2], effect[:2], strict=True):
        powers = torch.stack([torch.ones_like(c), c, c**2, c**3], 1)
        found += [_residual(basis, smooth[0], e, waves) for basis in (powers, *smooth)]
        found += [_local(windows, e), _shape(c)]
    rho = (s * effect[1]).mean(1, keepdim=True).abs()
    return torch.cat([*found, cause[2], effect[2], rho, torch.full_like(rho, math.log(n))], 1)


def _bumps(c: Tensor, count: int) -> Tensor:
    """A basis (k, count + 2, n): one, the cause, and bumps along it."""
    centres = torch.linspace(-2.2, 2.2, count, dtype=c.dtype, device=c.device)[:, None]
    bumps = (-((c[:, None] - centres) * (count - 1) / 4.4).square_() / 2).exp_()
    return torch.cat([torch.ones_like(c)[:, None], c[:, None], bumps], 1)


def _left_out(basis: Tensor, target: Tensor, ridge: float = 1e-3) -> tuple[Tensor, Tensor]:
    """Fit (k, n) by ridge regression, and the residuals that leave-one-out would give."""
    p, n = basis.shape[1:]
    eye = torch.eye(p, dtype=basis.dtype, device=basis.device)
    pulled = torch.linalg.inv(basis @ basis.mT + n * ridge * eye) @ basis
    fit = ((target[:, None] @ basis.mT) @ pulled)[:, 0]
    return fit, (target - fit) / (1 - (pulled * basis).sum(1).clamp(max=0.95))


def _residual(basis: Tensor, scale: Tensor, effect: Tensor, waves: Tensor) -> Tensor:
    """Size, entropy, dependence and shape of the residual, plain and scaled by its spread."""
    fit, r = _left_out(basis, effect)
    level = r.square().mean(1, keepdim=True)
    r = _unit(r)
    spread = _left_out(scale, (r.square() + 1e-4).log())[0].clamp(-6, 6)
    scaled = r * (-spread / 2).exp()
    z, level, drift = _unit(scaled), (level + 1e-6).log(), spread.mean(1, keepdim=True)
    size = level + drift + scaled.square().mean(1, keepdim=True).log()
    plain = _waves(r)
    dependence = [(waves, plain), (waves, _waves(z)), (_centred_waves(_unit(fit)), plain)]
    out = [level, spread.std(1, keepdim=True), size]
    out += [_entropy(r) + level / 2, _entropy(z) + size / 2]
    out += [z.pow(3).mean(1, keepdim=True).abs(), z.pow(4).mean(1, keepdim=True).log()]
    return torch.cat([*out, *(_dependence(*pair) for pair in dependence)], 1)


@lru_cache
def _quadrature() -> tuple[Tensor, Tensor]:
    """Positive nodes and doubled weights of a Gauss–Hermite rule for E f(N(0, 1))."""
    steps = torch.arange(1, 2 * WAVES, dtype=torch.float64).sqrt()
    nodes, vectors = torch.linalg.eigh(torch.diag(steps, 1) + torch.diag(steps, -1))
    return nodes[WAVES:], 2 * vectors[0, WAVES:].square()


def _waves(c: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines (k, 7, n) whose weighted products are a Gaussian kernel of width 1."""
    angles = c[:, None] * _quadrature()[0].to(c)[:, None]
    return angles.cos(), angles.sin_()


def _centred_waves(c: Tensor) -> Tensor:
    waves = torch.cat(_waves(c), 1)
    return waves.sub_(waves.mean(2, keepdim=True))


def _dependence(centred: Tensor, other: tuple[Tensor, Tensor]) -> Tensor:
    """The logarithm of HSIC of two columns over its mean were they independent, (k, 1)."""
    n, weight = centred.shape[2], _quadrature()[1].to(centred)
    both = weight.repeat(2)
    squares = torch.stack([(centred @ w.mT / n).square() @ weight for w in other]).sum(0)
    free = 1 - torch.stack([w.mean(2).square() for w in other]).sum(0)
    chance = (centred.square().mean(2) @ both) * (free @ weight)
    return ((n * squares @ both + 1e-3) / (chance + 1e-3)).log()[:, None]


def _entropy(c: Tensor) -> Tensor:
    """The entropy of a column's law from spacings of order √n, up to a constant of n, (k, 1)."""
    s, m = c.sort(1).values, round(c.shape[1] ** 0.5)
    return (s[:, m:] - s[:, :-m] + 1e-2).log().mean(1, keepdim=True)


def _windows(c: Tensor, width: float) -> Tensor:
    """Weights (k, 16, n) that sum to 1, about sixteen equally likely values of the cause."""
    shares = (torch.arange(CENTRES, dtype=c.dtype, device=c.device) + 0.5) / CENTRES
    centres = torch.special.ndtri(shares)[:, None]
    return (((c[:, None] - centres) / width).square() / -2).softmax(2)


def _local(windows: Sequence[Tensor], e: Tensor) -> Tensor:
    """Mean absolute differences in windows, and how the law of the effect varies with the cause."""
    levels = (torch.arange(LEVELS, dtype=e.dtype, device=e.device) + 0.5) / LEVELS
    levels = torch.special.ndtri(levels)
    gaps = torch.cat([levels[:1] * 2, levels[:-1] + levels[1:], levels[-1:] * 2]).diff() / 2
    below = ((levels[:, None] - e[:, None]) * 10).sigmoid_().mT
    powers = torch.stack([e, e**2, e**3, e**4], 2)
    out = []
    for j, w in enumerate(windows):
        share, own = w @ below, 1 - w.square().sum(2)
        spread = (share * (1 - share) @ gaps).sum(1, keepdim=True)
        out.append((spread / own.sum(1, keepdim=True).clamp(min=1e-6)).clamp(min=1e-3).log())
        if j >= len(WIDTHS) - 2:
            out += _shapes((w @ powers).unbind(2), own)
            cells = torch.cat([share[..., :1], share.diff(dim=2), 1 - share[..., -1:]], 2)
            cells = cells.clamp(min=1e-4)
            out.append(-(cells * cells.log()).sum(2).mean(1, keepdim=True))
    return torch.cat(out, 1)


def _shapes(moments: Sequence[Tensor], own: Tensor) -> list[Tensor]:
    m1, m2, m3, m4 = moments
    var = (m2 - m1**2).clamp(min=1e-6) / own.clamp(min=0.05)
    third, fourth = m3 - 3 * m1 * m2 + 2 * m1**3, m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    skew = (third / var.clamp(min=1e-3).pow(1.5)).clamp(-3, 3)
    kurt = (fourth / var.clamp(min=1e-3).square()).clamp(0, 12)
    log = (var + 1e-4).log() / 2
    out = [f(1, keepdim=True) for f in (m1.std, log.std, log.mean, skew.std, kurt.std, kurt.mean)]
    return [*out, skew.mean(1, keepdim=True).abs()]


def _shape(c: Tensor) -> Tensor:
    """Of one column: skewness, kurtosis, range, entropy, and distances from a normal law."""
    n, s = c.shape[1], c.sort(1).values
    shares = (torch.arange(n, dtype=c.dtype, device=c.device) + 0.5) / n
    far = (torch.special.ndtr(s) - shares).abs().amax(1)
    off = (s - torch.special.ndtri(shares)).square().mean(1).sqrt()
    out = [c.pow(3).mean(1).abs(), c.pow(4).mean(1).log(), (s[:, -1] - s[:, 0]).log(), far, off]
    return torch.cat([torch.stack(out, 1), _entropy(c)], 1)
