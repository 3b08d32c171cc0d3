"""The method to use: direction(x, y), its confidence, and the reasons to doubt it."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from ldyn.causal.antisymmetric import AntisymmetricNets
from ldyn.causal.columns import Column, normal_scores, require_columns, standardised
from ldyn.causal.features import blind_features, pair_features
from ldyn.core import few_threads, results_folder, stream

MOST, PARTS = 1000, 3  # rows of a part, and parts, whose log-odds are averaged


@dataclass(frozen=True, kw_only=True)
class Direction:
    """What two columns say of their direction.

    Fields: `score`, log-odds, positive if x causes y; `confidence` in [½, 1], the share of right
    answers among synthetic tasks with this score; `doubts`, reasons to trust it less.
    Source: guo2017, prop-proper-scoring.
    """

    score: float
    confidence: float
    doubts: tuple[str, ...] = ()


def direction(x: Column, y: Column) -> Direction:
    """Return which of `x`, `y` (n,) is the likelier cause, how sure that is, and what to doubt.

    Exchanging the columns turns the sign of the score and changes no digit. Shift, scale and sign
    of a column change nothing but rounding. Of more than 1,000 rows whole thousands are looked at,
    at most three.

    Raises: ValueError for bad columns; FileNotFoundError without the trained networks.
    Source: ton2021, def-antisymmetric-score.
    """
    x, y = require_columns(x, y)
    odds, blind = (v.mean(1) for v in network_scores(long_columns(x), long_columns(y)))
    score = odds.mean().item()
    doubts = [*_column_doubts("x", x), *_column_doubts("y", y), *_pair_doubts(x, y)]
    agree = (odds * score > 0).double().mean().item()
    if agree < 0.8:
        doubts.append(f"the networks disagree: {100 * agree:.0f} % of them give this answer")
    if blind.mean().item() * score < 0:
        doubts.append("on ranks alone the answer is the other: it rests on the columns' own laws")
    confidence = torch.tensor(abs(score), dtype=x.dtype).sigmoid().item()
    return Direction(score=score, confidence=confidence, doubts=tuple(doubts))


def network_scores(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the log-odds of x → y from each of m networks for k pairs of columns.

    A pair of (m, k): from the columns as they are, and from their ranks alone.

    Arguments: `x`, `y` (k, n), n ≥ 10, none constant.
    Raises: ValueError for other columns; FileNotFoundError without the trained networks.
    Source: ton2021, def-antisymmetric-score.
    """
    for name, columns in (("x", x), ("y", y)):
        if (columns.amin(1) == columns.amax(1)).any():
            raise ValueError(f"{name} must have no constant column, got some; drop those pairs")
    nets = load_networks(results_folder() / "causal")
    with few_threads():
        plain = pair_features(x, y)
        ranks = blind_features(plain[0]), blind_features(plain[1])
        a, b = (torch.cat([net.scores(*v) for net in nets]) for v in (plain, ranks))
    return a, b


@lru_cache(maxsize=4)
def load_networks(folder: Path) -> list[AntisymmetricNets]:
    """Return the networks in the files direction-*.npz of a folder.

    Raises: FileNotFoundError when there is none, with what to try.
    """
    if files := sorted(folder.glob("direction-?.npz")):
        return [AntisymmetricNets.load(file) for file in files]
    raise FileNotFoundError(
        f"{folder} has no trained networks, direction-0.npz; run inside a clone of the book, or "
        "train them with `make study NAME=direction_model SCALE=laptop`"
    )


def long_columns(c: Tensor) -> Tensor:
    """Return a column (n,) as a row (1, n), or of a long one up to three rows of 1,000.

    Which, is drawn once for each n, so that rows of two columns stay together.
    """
    n, parts = len(c), min(PARTS, len(c) // MOST)
    if n <= MOST:
        return c[None]
    order = torch.randperm(n, generator=stream("rows looked at", n)).to(c.device)
    return c[order[: parts * MOST]].reshape(parts, MOST)


def _column_doubts(name: str, c: Tensor) -> list[str]:
    values, far = len(c.unique()), standardised(c).abs().max().item()
    told = [f"{name} has a value {far:.0f} standard deviations from its mean"] * (far > 10)
    if values <= max(20, len(c) / 2) and values < len(c):
        told.append(f"{name} has ties: {values} different values in {len(c)} rows")
    return told


def _pair_doubts(x: Tensor, y: Tensor) -> list[str]:
    n, a, b = len(x), standardised(normal_scores(x)), standardised(normal_scores(y))
    told = [f"only {n} rows"] * (n < 100)
    orders = torch.pi * torch.arange(1, 6, dtype=x.dtype, device=x.device)[:, None]
    u, v = ((orders * torch.special.ndtr(c)).cos() for c in (a, b))
    if 4 / n * (u @ v.T).square().sum() < 37.7:  # the 95 % point of χ² with 25 degrees of freedom
        told.append("x and y may be independent")
    if (a * b).mean().abs() > 0.9995:
        told.append("each column is nearly a function of the other: there is no noise to judge by")
    elif _distance_from_normal(standardised(x), standardised(y)) < 16.9:  # the same with 9
        told.append("it may be a normal pair, linear with normal noise, which has no direction")
    return told


def _distance_from_normal(x: Tensor, y: Tensor) -> float:
    """n Σ (mean H_i(u) H_j(v))²/(i! j!) over i + j = 3 and 4: about χ²_9 for a normal pair.

    u and v are the sum and the difference of the columns, standardised.
    """
    basis = []
    for c in (standardised(x + y), standardised(x - y)):
        hermite = [c**0, c, c**2 - 1, c**3 - 3 * c, c**4 - 6 * c**2 + 3]
        basis.append(torch.stack(hermite) / torch.tensor([1, 1, 2, 6, 24]).to(c).sqrt()[:, None])
    means = (basis[0] @ basis[1].T).square() / len(x)
    return sum(means[i, k - i].item() for k in (3, 4) for i in range(k + 1))
