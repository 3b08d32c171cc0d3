"""The figure's partial Cholesky and its rules, against the library."""

import json

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian
from ldyn.lowcost import greedy_pivots
from ldyn.solvers import rpcholesky

H, N = 0.2, 40
X = torch.rand(N, 2, generator=stream("pivots figure"), dtype=torch.float64)
AFTER = "({pivots}.reduce((s, i) => take(s, i, {points}, {h}), nothing({points})))"


def after(pivots):
    return AFTER.format(pivots=json.dumps(list(pivots)), points=json.dumps(X.tolist()), h=H)


def test_the_steps_are_those_of_the_library(js):
    found = rpcholesky(X, kernel=Gaussian(H), rank=12, generator=stream("rule"))
    drawn = js("pivots", after(found.chosen.tolist()))
    factor = torch.tensor(drawn["rows"], dtype=torch.float64)
    assert torch.allclose(factor, found.factor, atol=1e-9)
    assert drawn["left"][-1] * N == pytest.approx(found.left, abs=1e-9)
    assert len(drawn["left"]) == 13
    rest = 1 - found.factor.square().sum(0)
    assert torch.allclose(torch.tensor(drawn["rest"], dtype=torch.float64), rest, atol=1e-9)


def test_the_greedy_rule_is_that_of_the_library(js):
    step = f"(s) => take(s, drawn(s, 'greedy', 0), {json.dumps(X.tolist())}, {H})"
    run = f"[...Array(9)].reduce({step}, nothing({json.dumps(X.tolist())})).chosen"
    assert js("pivots", run) == greedy_pivots(Gaussian(H)(X, X), count=9).tolist()


@pytest.mark.parametrize("rule", ["rpcholesky", "uniform"])
def test_pivots_are_drawn_from_what_is_left(js, rule):
    state = js("pivots", after([3, 17]))
    rest = torch.tensor(state["rest"], dtype=torch.float64)
    law = rest if rule == "rpcholesky" else (rest > 0).double()
    ends = (law / law.sum()).cumsum(0)
    coins = [0.0, 0.01, 0.3, 0.5, 0.77, 0.999]
    expression = f"((s) => {coins}.map((u) => drawn(s, '{rule}', u)))({after([3, 17])})"
    expected = [int((ends > u).nonzero()[0]) for u in coins]
    assert js("pivots", expression) == expected
    assert not {3, 17} & set(js("pivots", expression))


def test_nothing_is_taken_twice_and_the_end_is_seen(js):
    assert js("pivots", after([5, 5]) + ".chosen") == [5]
    for rule in ("rpcholesky", "uniform", "greedy"):
        end = f"drawn({{ rest: [0, 0], chosen: [0, 1] }}, '{rule}', 0.5)"
        assert js("pivots", end) == -1
