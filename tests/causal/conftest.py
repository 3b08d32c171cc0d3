"""The list of all scores; a new one joins it, or the first test of the suite fails."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
import torch

from ldyn.causal import (
    anm,
    closer_to_normal,
    heci,
    igci,
    lingam,
    loci,
    more_values,
    quantile_score,
    reci,
    wider_range,
)
from ldyn.core import stream

F64 = torch.float64


@dataclass(frozen=True, kw_only=True)
class Score:
    """A score; whether turning a column round leaves it alone; whether it has an answer for a
    cause without ties; and whether it finds the direction of the clear pair."""

    of: Callable
    turns: bool = True
    untied: bool = True
    clear: bool = True


SCORES = {
    "igci": Score(of=igci, clear=False),
    "igci normal": Score(of=partial(igci, reference="normal")),
    "igci slope": Score(of=partial(igci, estimator="slope"), clear=False),
    "reci": Score(of=reci, clear=False),
    "reci standard": Score(of=partial(reci, scale="standard")),
    "anm": Score(of=anm),
    "lingam": Score(of=lingam, clear=False),
    "loci": Score(of=loci),
    "loci hsic": Score(of=partial(loci, criterion="hsic")),
    "heci": Score(of=heci, turns=False),  # ranges are made from the left
    "quantile_score": Score(of=quantile_score),
    "wider_range": Score(of=wider_range, clear=False),
    "closer_to_normal": Score(of=closer_to_normal),
    "more_values": Score(of=more_values, untied=False, clear=False),
}


@pytest.fixture
def scores():
    return SCORES


@pytest.fixture(params=SCORES)
def score(request):
    return SCORES[request.param]


@pytest.fixture
def clear_pair():
    """Return a function that gives n rows of a cause, normal, and an effect, curved with noise."""

    def draw(n, dtype=F64, name="clear pair"):
        g = stream(name, n)
        x, noise = (torch.randn(n, generator=g, dtype=F64) for _ in range(2))
        return x.to(dtype), (x + x.pow(3) / 2 + torch.cos(2 * x) + noise / 3).to(dtype)

    return draw
