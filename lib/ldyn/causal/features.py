"""What a pair of columns shows in one direction: residuals, their dependence, local shapes."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ldyn.core import stream
from ldyn.causal.columns import mid_ranks

MOST = 1000  # rows looked at; more add time, and little else
BOUND = 4.0  # standard deviations at which a far value is cut off
WIDTHS = (0.06, 0.15, 0.3, 0.5)  # of the windows in the cause, in normal scores
CENTRES = 16


def thinned(x: Tensor, y: Tensor, most: int = MOST) -> tuple[Tensor, Tensor]:
    """Return the columns (n,) or `most` of their rows, drawn once and for all for each n."""
    if len(x) <= most:
        return x, y
    rows = torch.randperm(len(x), generator=stream("thinned", len(x)))[:most].to(x.device)
    return x[rows], y[rows]


def pair_features(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the features (k, f) of k pairs (k, n) for x → y, and those for y → x.

    Each direction's are computed by the same operations on arrays of the same shape, so that
    exchanging the columns exchanges the results to the last bit.
    Source: hoyer2009, def-direction-features.
    """
    a, b = _scales(x), _scales(y)
    return _direction(a, b), _direction(b, a)


def blind_features(forward: Tensor) -> Tensor:
    """Return features in which the columns' own scale is replaced by that of normal scores."""
    half = (forward.shape[1] - SHARED) // 2
    parts = forward.split([half, half, SHARED], 1)
    return torch.cat([parts[1], parts[1], parts[2]], 1)


SHARED = 29


def _scales(c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """A column standardised and as normal scores, both (k, n), and its share of distinct values."""
    n = c.shape[1]
    values = c.sort(1).values.contiguous()
    below = torch.searchsorted(values, c.contiguous())
    up_to = torch.searchsorted(values, c.contiguous(), right=True)
    scores = torch.special.ndtri((below + up_to + 1).to(c.dtype) / (2 * (n + 1)))
    distinct = ((values.diff(dim=1) > 0).sum(1, keepdim=True) + 1) / n
    plain = _unit(c)
    return plain.clamp(-BOUND, BOUND), _unit(scores), distinct


def _unit(c: Tensor) -> Tensor:
    c = c - c.mean(1, keepdim=True)
    return c / c.square().mean(1, keepdim=True).sqrt().clamp(min=1e-150)


def _direction(cause: tuple[Tensor, ...], effect: tuple[Tensor, ...]) -> Tensor:
    n = cause[0].shape[1]
    waves = _centred_waves(cause[1])
    smooth = [_bumps(cause[1], 5), _bumps(cause[1], 16)]
    windows = [_windows(cause[1], h) for h in WIDTHS]
    found = []
    for c, e in zip(cause[:2], effect[:2], strict=True):
        powers = torch.stack([torch.ones_like(c), c, c**2, c**3], 1)
        parts = [_residual(basis, smooth[0], e, waves) for basis in (powers, *smooth)]
        found += [*parts, _local(windows, e), _shape(c)]
    tied = [cause[2], effect[2]]
    rho = (cause[1] * effect[1]).mean(1, keepdim=True).abs()
    moments = (_cosines(cause[1]) @ _cosines(effect[1]).mT / n).abs().flatten(1)
    return torch.cat([*found, *tied, rho, torch.full_like(rho, math.log(n)), moments], 1)


def _cosines(s: Tensor) -> Tensor:
    """√2 cos(πju), j = 1, …, 5, of the ranks u: orthonormal if the law of u is uniform."""
    orders = math.pi * torch.arange(1, 6, dtype=s.dtype, device=s.device)
    return 2**0.5 * (orders[:, None] * torch.special.ndtr(s)[:, None]).cos()


def _bumps(c: Tensor, count: int) -> Tensor:
    """A basis (k, count + 2, n): one, the cause, and bumps along it."""
    centres = torch.linspace(-2.2, 2.2, count, dtype=c.dtype, device=c.device)
    step = 4.4 / (count - 1)
    bumps = (-((c[:, None] - centres[:, None]) / step).square_() / 2).exp_()
    return torch.cat([torch.ones_like(c)[:, None], c[:, None], bumps], 1)


def _left_out(basis: Tensor, target: Tensor, ridge: float = 1e-3) -> tuple[Tensor, Tensor]:
    """Fit (k, n) by ridge regression, and the residuals that leave-one-out would give."""
    p, n = basis.shape[1:]
    eye = torch.eye(p, dtype=basis.dtype, device=basis.device)
    inverse = torch.linalg.inv(basis @ basis.mT + n * ridge * eye)
    pulled = inverse @ basis
    fit = ((target[:, None] @ basis.mT) @ pulled)[:, 0]
    lever = (pulled.mul_(basis)).sum(1).clamp(max=0.95)
    return fit, (target - fit) / (1 - lever)


def _residual(basis: Tensor, scale: Tensor, effect: Tensor, waves: Tensor) -> Tensor:
    fit, r = _left_out(basis, effect)
    level = r.square().mean(1, keepdim=True)
    r = r / level.sqrt()
    spread, _ = _left_out(scale, (r.square() + 1e-4).log())
    spread = spread.clamp(-6, 6)
    scaled = r * (-spread / 2).exp()
    left = scaled.square().mean(1, keepdim=True)
    level, z = (level + 1e-6).log(), _unit(scaled)
    whole = _waves(_unit(r))
    out = [
        level,
        _dependence(waves, whole),
        _dependence(waves, _waves(z)),
        spread.std(1, keepdim=True),
        level + spread.mean(1, keepdim=True) + left.log(),
        z.pow(3).mean(1, keepdim=True).abs(),
        (z * z).square().mean(1, keepdim=True).log(),
        _dependence(_centred_waves(_unit(fit)), whole),
        _entropy(_unit(r)) + level / 2,
        _entropy(z) + (spread.mean(1, keepdim=True) + level + left.log()) / 2,
    ]
    return torch.cat(out, 1)


def _waves(c: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines (k, 7, n) whose products are a Gaussian kernel of width 1."""
    angles = c[:, None] * _quadrature()[0].to(c)[:, None]
    return angles.cos(), angles.sin_()


def _centred_waves(c: Tensor) -> Tensor:
    waves = torch.cat(_waves(c), 1)
    return waves.sub_(waves.mean(2, keepdim=True))


def _quadrature(count: int = 7) -> tuple[Tensor, Tensor]:
    """Positive nodes and doubled weights of the rule with 2·count nodes for E f(N(0, 1))."""
    steps = torch.arange(1, 2 * count, dtype=torch.float64).sqrt()
    nodes, vectors = torch.linalg.eigh(torch.diag(steps, 1) + torch.diag(steps, -1))
    return nodes[count:], 2 * vectors[0, count:].square()


def _dependence(centred: Tensor, other: tuple[Tensor, Tensor]) -> Tensor:
    """log(n HSIC) of two columns, over its mean were they independent, (k, 1)."""
    n = centred.shape[2]
    weight = _quadrature()[1].to(centred)
    rows = weight.repeat(2)
    squares = sum((centred @ w.mT / n).square() for w in other)
    free = 1 - sum(w.mean(2).square() for w in other)
    chance = (centred.square().mean(2) @ rows) * (free @ weight)
    found = n * (squares @ weight @ rows)
    return ((found + 1e-3) / (chance + 1e-3)).log()[:, None]


def _entropy(c: Tensor) -> Tensor:
    """The entropy of a column's law from spacings of order √n, up to a constant of n, (k, 1)."""
    s = c.sort(1).values
    m = max(1, round(c.shape[1] ** 0.5))
    return (s[:, m:] - s[:, :-m] + 1e-2).log().mean(1, keepdim=True)


def _windows(c: Tensor, width: float) -> Tensor:
    """Weights (k, 16, n) that sum to 1 about sixteen equally likely values of the cause."""
    shares = (torch.arange(CENTRES, dtype=c.dtype, device=c.device) + 0.5) / CENTRES
    centres = torch.special.ndtri(shares)[:, None]
    logs = -((c[:, None] - centres) / width).square() / 2
    return logs.softmax(2)


def _local(windows: Sequence[Tensor], e: Tensor) -> Tensor:
    """Mean absolute differences in windows, and how the shape of the effect varies with the cause."""
    levels = torch.special.ndtri((torch.arange(24, dtype=e.dtype, device=e.device) + 0.5) / 24)
    below = ((levels[:, None] - e[:, None]) / 0.1).sigmoid_().mT
    gaps = torch.cat([levels.diff(), levels.diff()[-1:]])
    out, shares = [], [w @ below for w in windows]
    for w, share in zip(windows, shares, strict=True):
        own = 1 - w.square().sum(2)
        spread = (share * (1 - share) * gaps).sum(2)
        out.append((spread.sum(1, keepdim=True) / own.sum(1, keepdim=True).clamp(min=1e-6)).clamp(min=1e-3).log())
    for w, share in zip(windows[2:], shares[2:], strict=True):
        out += _shapes(w, share, e)
    return torch.cat(out, 1)


def _shapes(w: Tensor, share: Tensor, e: Tensor) -> list[Tensor]:
    m1, m2, m3, m4 = (w @ torch.stack([e, e**2, e**3, e**4], 2)).unbind(2)
    own = (1 - w.square().sum(2)).clamp(min=0.05)
    var = (m2 - m1**2).clamp(min=1e-6) / own
    skew = (m3 - 3 * m1 * m2 + 2 * m1**3) / var.clamp(min=1e-3).pow(1.5)
    kurt = (m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4) / var.clamp(min=1e-3).square()
    skew, kurt = skew.clamp(-3, 3), kurt.clamp(0, 12)
    log = (var + 1e-4).log() / 2
    out = [f(1, keepdim=True) for f in (m1.std, log.std, log.mean, skew.std, kurt.std, kurt.mean)]
    out.append(skew.mean(1, keepdim=True).abs())
    steps = torch.cat([share[..., :1], share.diff(dim=2), 1 - share[..., -1:]], 2).clamp(min=1e-4)
    out.append(-(steps * steps.log()).sum(2).mean(1, keepdim=True))
    return out


def _shape(c: Tensor) -> Tensor:
    """Of one column: skewness, kurtosis, range, and distances from a normal law."""
    n = c.shape[1]
    s = c.sort(1).values
    normal = torch.special.ndtri((torch.arange(n, dtype=c.dtype, device=c.device) + 0.5) / n)
    far = (torch.special.ndtr(s) - torch.special.ndtr(normal)).abs()
    out = [c.pow(3).mean(1).abs(), c.pow(4).mean(1).log(), (s[:, -1] - s[:, 0]).log()]
    out += [far.amax(1), (s - normal).square().mean(1).sqrt()]
    return torch.cat([torch.stack(out, 1), _entropy(c)], 1)
