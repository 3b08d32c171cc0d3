"""Generators of pairs whose direction is known: published families, and a wide prior."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from ldyn.causal.functions import random_functions
from ldyn.core import require_choice, require_count, stream
from ldyn.data.laws import (
    Process,
    distributions,
    gamma,
    log_uniform,
    normal,
    random_fields,
    random_laws,
    rows_standardised,
    uniform,
)
from ldyn.data.laws import gaussian_processes as exact

Family = Callable[[int, int, Generator], tuple[Tensor, Tensor]]


def _tagasovska(count: int, n: int, draw: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Cause, mechanism and noise of AN and LS: normal scale mixtures, a GP of length 1."""
    x = uniform(draw, count, n, low=1, high=2).sqrt() * normal(draw, count, n)
    f = exact(x[..., None], x.new_ones(count, 1), draw=draw)
    return x, f, 0.2 * uniform(draw, count, n, low=1, high=2).sqrt() * normal(draw, count, n)


def _an(count: int, n: int, draw: Generator) -> tuple[Tensor, Tensor]:
    x, f, e = _tagasovska(count, n, draw)
    return x, f + e


def _ls(count: int, n: int, draw: Generator) -> tuple[Tensor, Tensor]:
    x, f, e = _tagasovska(count, n, draw)
    return x, f + (f - f.min(1, keepdim=True).values) * e


def _multi_kinds(count: int, draw: Generator) -> Tensor:
    """Five coins a task, (5, count, 1): uniform cause, uniform noise, parabola, noise inside,
    product. All tails, linear with normal noise, is drawn again; f(x + e) with a line f, which is
    the same with other numbers, is kept."""
    kinds = torch.randint(2, (5, count, 1), generator=draw).bool()
    while (tails := ~kinds.any(0)[:, 0]).any():
        kinds[:, tails] = torch.randint(2, (5, int(tails.sum()), 1), generator=draw).bool()
    return kinds


def _multi(count: int, n: int, draw: Generator) -> tuple[Tensor, Tensor]:
    """CE-Multi: f(x) + e, f(x) e, f(x + e) or f(x e) with a line or a parabola f."""
    *flat, bent, inside, product = _multi_kinds(count, draw)
    a, b = normal(draw, 2, 3, count, 1)
    columns = []
    for i in range(2):
        even, bell = rows_standardised(uniform(draw, count, n)), normal(draw, count, n)
        columns.append(a[i] * torch.where(flat[i], even, bell) + b[i])
    x, e = columns
    z = torch.where(inside, torch.where(product, x * e, x + e), x)
    f = a[2] * torch.where(bent, z**2, z) + b[2]
    y = torch.where(inside, f, torch.where(product, f * e, f + e))
    return rows_standardised(x, 1e-3), rows_standardised(y, 1e-3)


def _net(count: int, n: int, draw: Generator) -> tuple[Tensor, Tensor]:
    x, e = random_laws(count, n, draw=draw), normal(draw, count, n)
    return x, rows_standardised(_random_net(x, e, draw))


def _random_net(x: Tensor, e: Tensor, draw: Generator) -> Tensor:
    a = normal(draw, 4, len(x), 20, 1)
    y = torch.zeros_like(x)
    for k in range(20):
        y += a[3, :, k] * (a[0, :, k] * x + a[1, :, k] * e + a[2, :, k]).tanh()
    return y


def _gauss(count: int, n: int, draw: Generator) -> tuple[Tensor, Tensor]:
    """CE-Gauss: both noises mixtures of normals, both mechanisms Gaussian processes."""
    noises = []
    for _ in "xy":
        part = torch.randint(3, (count, n), generator=draw)
        places = 2 * normal(draw, count, 3)
        noises.append(rows_standardised(places.gather(1, part) + normal(draw, count, n)))
    one = torch.ones(count, 2, dtype=torch.float64)
    x = exact(noises[0][..., None], 1.5 * one[:, :1], draw=draw)
    x = rows_standardised(x)
    y = exact(torch.stack([x, noises[1]], 2), 1.5 * one, draw=draw)
    return x, rows_standardised(y)


def _sim(
    count: int, n: int, draw: Generator, *, confounded: bool = False, process: Process = exact
) -> tuple[Tensor, Tensor]:
    """SIM and SIM-c: the length of x in f_Y is Γ(5, 1), which reproduces the published files."""
    ex, ey, *z = (
        rows_standardised(distributions(count, n, draw=draw, process=process))
        for _ in range(3 if confounded else 2)
    )
    far = lambda: gamma(draw, 2, 15.0, count, 1)  # noqa: E731
    lengths = torch.cat([gamma(draw, 2, 1.5, count, 1), *(far() for _ in z)], 1)
    x = rows_standardised(process(torch.stack([ex, *z], 2), lengths, draw=draw))
    lengths = torch.cat([gamma(draw, 5, 1.0, count, 1), far(), *(far() for _ in z)], 1)
    y = rows_standardised(process(torch.stack([x, ey, *z], 2), lengths, draw=draw))
    blurs = (gamma(draw, 2, 0.1, count, 1) * normal(draw, count, n) for _ in "xy")
    x, y = (column + blur for column, blur in zip((x, y), blurs, strict=True))
    return x, y


def _classical(form: Callable[[Tensor, Tensor, Generator], Tensor]) -> Family:
    """The effect is form(x, σe): x and e of one law of laws, σ log-uniform on [0.05, 2]."""

    def family(count: int, n: int, draw: Generator) -> tuple[Tensor, Tensor]:
        x, e = random_laws(count, n, draw=draw), random_laws(count, n, draw=draw)
        return x, form(x, log_uniform(draw, count, 0.05, 2.0) * e, draw)

    return family


def _f(x: Tensor, draw: Generator) -> Tensor:
    return random_functions(x, draw=draw)


def _additive(x: Tensor, e: Tensor, draw: Generator) -> Tensor:
    return _f(x, draw) + e


def _post_nonlinear(x: Tensor, e: Tensor, draw: Generator) -> Tensor:
    z = rows_standardised(_f(x, draw) + e)
    kinds = torch.stack(
        [z**3 + z, (z.clamp(max=6) / 1.5).exp(), (2 * z).sigmoid(), (1.5 * z).tanh()]
    )
    which = torch.randint(len(kinds), (1, len(x), 1), generator=draw)
    return kinds.gather(0, which.expand(1, *x.shape))[0]


def _location_scale(x: Tensor, e: Tensor, draw: Generator) -> Tensor:
    return _f(x, draw) + _f(x, draw).clamp(-3, 3).exp() * e


def _latent_class(x: Tensor, e: Tensor, draw: Generator) -> Tensor:
    share = uniform(draw, len(x), 1, low=0.2, high=0.8)
    return torch.where(uniform(draw, *x.shape) < share, _f(x, draw), _f(x, draw)) + e


def _field(x: Tensor, e: Tensor, draw: Generator) -> Tensor:
    lengths = torch.cat([log_uniform(draw, len(x), 0.5, 3.0) for _ in "xe"], 1)
    return random_fields(torch.stack([x, e], 2), lengths, draw=draw)


def _poisson(x: Tensor, e: Tensor, draw: Generator) -> Tensor:
    level = uniform(draw, len(x), 1, low=1.0, high=3.0)
    return torch.poisson((level + _f(x, draw).clamp(-4, 2)).exp(), generator=draw)


def _flow(x: Tensor, e: Tensor, draw: Generator) -> Tensor:
    """Quantile functions of e that change with x in place, scale, skewness and tails."""
    tail, skew = (0.3 * _f(x, draw).clamp(-3, 3) for _ in "ab")
    bent = torch.sinh(tail.exp() * torch.asinh(e) + skew)
    return _f(x, draw) + (0.5 * _f(x, draw).clamp(-3, 3)).exp() * bent


def _chain(count: int, n: int, draw: Generator) -> tuple[Tensor, Tensor]:
    x, between = _classical(_additive)(count, n, draw)
    e = log_uniform(draw, count, 0.05, 2.0) * random_laws(count, n, draw=draw)
    return x, _additive(rows_standardised(between), e, draw)


def _confounded(count: int, n: int, draw: Generator) -> tuple[Tensor, Tensor]:
    """A third column acts on both, and x on y all the same."""
    z, own, e = (random_laws(count, n, draw=draw) for _ in range(3))
    x = rows_standardised(_f(z, draw) + log_uniform(draw, count, 0.5, 3.0) * own)
    e = _f(z, draw) + log_uniform(draw, count, 0.5, 3.0) * e
    return x, _f(x, draw) + log_uniform(draw, count, 0.05, 1.0) * e


FAMILIES: dict[str, Family] = {
    "an": _an,
    "ls": _ls,
    "multi": _multi,
    "net": _net,
    "gauss": _gauss,
    "sim": _sim,
    "sim-c": lambda count, n, draw: _sim(count, n, draw, confounded=True),
    "sim-like": lambda count, n, draw: _sim(count, n, draw, process=random_fields),
    "anm": _classical(_additive),
    "pnl": _classical(_post_nonlinear),
    "lsnm": _classical(_location_scale),
    "multiplicative": _classical(lambda x, e, draw: _f(x, draw) * (1 + e)),
    "preadditive": _classical(lambda x, e, draw: _f(x + e, draw)),
    "mixture": _classical(_latent_class),
    "chain": _chain,
    "confounded": _confounded,
    "gp2": _classical(_field),
    "poisson": _classical(_poisson),
    "quantile": _classical(_flow),
}


def sample_pairs(family: str, count: int, n: int, *, seed: int | str) -> tuple[Tensor, Tensor]:
    """Return `count` causes and their effects, (count, n) each, of one family as it is specified.

    Raises: ValueError for an unknown family, no pair or n < 2.
    Source: mooij2016, tagasovska2020, goudet2018, def-pair-families.
    """
    require_choice(family, FAMILIES, "family")
    require_count(count, "count")
    require_count(n, "n", at_least=2)
    return FAMILIES[family](count, n, stream("pairs", family, n, seed))
