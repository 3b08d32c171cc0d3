"""Priors over mechanisms: the tasks that a method is trained on."""

import torch
from torch import Generator, Tensor

from ldyn.causal.generators import FAMILIES, sample_pairs
from ldyn.core import require_choice, require_count, stream
from ldyn.data.laws import log_uniform, normal, rows_standardised, uniform

# The shares of the families in a prior over mechanisms. Of the benchmarks "wide" holds net alone,
# but sim-like is a near relative of SIM.
PRIORS: dict[str, dict[str, float]] = {
    "narrow": {"multi": 1, "net": 1, "gp2": 1},
    "wide": {
        "anm": 2, "lsnm": 2, "multiplicative": 1.2, "pnl": 1.2, "net": 1.2, "preadditive": 1,
        "mixture": 1, "confounded": 1, "sim-like": 2.5, "gp2": 1, "quantile": 0.8,
        "chain": 0.8, "poisson": 0.6,
    },
}  # fmt: skip


def sample_tasks(prior: str, count: int, n: int, *, seed: int | str) -> tuple[Tensor, Tensor]:
    """Return `count` causes and effects, (count, n) each, of families drawn from a prior.

    In "wide" each column is standardised and gets a random sign; a third have measurement noise, a
    fifth are rounded. Arguments: `prior` a name in PRIORS or a family.
    Raises: ValueError for an unknown prior, no task or n < 2.
    Source: montagna2026, def-wide-prior.
    """
    require_choice(prior, (*PRIORS, *FAMILIES), "prior")
    require_count(count, "count")
    require_count(n, "n", at_least=2)
    shares = PRIORS.get(prior, {prior: 1})
    draw = stream("tasks", prior, n, seed)
    chance = torch.tensor([*shares.values()], dtype=torch.float64)
    which = torch.multinomial(chance, count, replacement=True, generator=draw)
    pair = torch.empty(2, count, n, dtype=torch.float64)
    for j, family in enumerate(shares):
        rows = (which == j).nonzero()[:, 0]
        if len(rows):
            pair[:, rows] = torch.stack(sample_pairs(family, len(rows), n, seed=f"{prior} {seed}"))
    x, y = pair if prior != "wide" else (_as_measured(column, draw) for column in pair)
    return x, y


def _as_measured(x: Tensor, draw: Generator) -> Tensor:
    """Each row standardised, with a random sign, a third with noise, a fifth rounded."""
    coin = lambda share: uniform(draw, len(x), 1) < share  # noqa: E731
    x = rows_standardised(x) * uniform(draw, len(x), 1).sub(0.5).sign()
    x = x + log_uniform(draw, len(x), 0.02, 0.3) * normal(draw, *x.shape) * coin(1 / 3)
    step = log_uniform(draw, len(x), 0.02, 0.8)  # below the deviation: no column gets constant
    return torch.where(coin(1 / 5), (x / step).round() * step, x)
