"""Random functions, one for each of many tasks: the mechanisms that generators of pairs draw."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from ldyn.data.laws import (
    choose,
    gamma,
    log_uniform,
    normal,
    random_fields,
    rows_standardised,
    uniform,
)  # fmt: skip


def _smooth(low: float, high: float) -> Callable[[Tensor, Generator], Tensor]:
    return lambda x, draw: random_fields(
        x[..., None], log_uniform(draw, len(x), low, high), draw=draw
    )


def _sums(shape: Callable[[Tensor], Tensor], units: int, steep: float) -> Callable[..., Tensor]:
    """Σ_k a_k shape(s_k (x − c_k)), the places c_k among the data."""

    def build(x: Tensor, draw: Generator) -> Tensor:
        out = torch.zeros_like(x)
        for _ in range(units):
            place, height = 1.5 * normal(draw, len(x), 1), normal(draw, len(x), 1)
            out += height * shape(log_uniform(draw, len(x), 0.3, steep) * (x - place))
        return out

    return build


def _polynomial(x: Tensor, draw: Generator) -> Tensor:
    a, z = normal(draw, 4, len(x), 1), x.clamp(-4, 4)
    return a[0] * z + a[1] * z**2 / 2 + a[2] * z**3 / 4 * (a[3] > 0)


def _growing(x: Tensor, draw: Generator) -> Tensor:
    """z + Σ_k a_k tanh(s_k (z − c_k)) with a_k ≥ 0, or its power: an increasing map."""
    bends = [log_uniform(draw, len(x), 0.5, 4.0) * (x - normal(draw, len(x), 1)) for _ in range(3)]
    grown = uniform(draw, len(x), 1) * x + sum(
        gamma(draw, 1, 1.0, len(x), 1) * b.tanh() for b in bends
    )
    power = log_uniform(draw, len(x), 0.5, 2.0)
    return grown.sign() * grown.abs() ** power


def _elementary(x: Tensor, draw: Generator) -> Tensor:
    a, z = log_uniform(draw, len(x), 0.5, 2.0), x.clamp(-6, 6)
    kinds = [(a * z).sin(), z.abs() ** a, (a * z / 2).exp(), (z**2 + a).log(), 1 / (1 + a * z**2)]
    which = torch.randint(len(kinds), (1, len(x), 1), generator=draw)
    return torch.stack(kinds).gather(0, which.expand(1, *x.shape))[0]


FUNCTIONS: tuple[Callable[[Tensor, Generator], Tensor], ...] = (
    _smooth(1.0, 4.0),
    _smooth(0.3, 1.0),
    _sums(torch.tanh, 8, 4.0),
    _sums(torch.sigmoid, 3, 8.0),
    _sums(torch.abs, 4, 1.0),
    _polynomial,
    _growing,
    _elementary,
)


def random_functions(x: Tensor, *, draw: Generator) -> Tensor:
    """Return a function from FUNCTIONS at each task's points (count, n), standardised there.

    Source: montagna2026, def-wide-prior.
    """
    return rows_standardised(choose(FUNCTIONS, [1.0] * len(FUNCTIONS), draw, x), 1e-6)
