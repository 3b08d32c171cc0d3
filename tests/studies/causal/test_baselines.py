"""The study of the literature's scores: samples of rows, moved marginals, what a row says."""

from dataclasses import replace

import pytest
import torch

from ldyn.causal import exchanged_marginals, mid_ranks, standardised
from ldyn.core import stream
from ldyn.data import Pair
from ldyn.studies.causal import baselines
from ldyn.studies.causal.baselines import MARGINS, cells, run, small_sample, with_margins


def made(target=1, n=200, name="made"):
    g = stream("made pair", name)
    cause, noise = (torch.randn(n, generator=g, dtype=torch.float64) for _ in range(2))
    pair = Pair(name=name, x=cause.exp(), y=cause.sin() + noise / 5, target=1, weight=0.5)
    return pair if target == 1 else pair.swapped()


def test_every_method_is_tried_on_every_set_at_every_size():
    found = cells("laptop")
    assert len(set(found)) == len(found)
    plain = {(c.rows, c.pairs, c.method) for c in found if c.margins == "as they are"}
    assert len(plain) == 5 * len(baselines.SETS) * len(baselines.METHODS)
    assert {c.margins for c in found if c.rows == 0} == set(MARGINS)
    assert {c.margins for c in found if c.rows} == {"as they are", "matched"}


def test_small_samples_are_rows_of_both_columns():
    pair = made()
    few = [small_sample(pair, 25, k) for k in (0, 0, 1)]
    assert torch.equal(few[0].x, few[1].x)
    assert not torch.equal(few[0].x, few[2].x)
    rows = [(pair.x == value).nonzero().item() for value in few[2].x]
    assert len(set(rows)) == 25
    assert torch.equal(pair.y[rows], few[2].y)
    assert (few[0].target, few[0].weight) == (1, 0.5)
    assert len(small_sample(pair, 300, 0).x) == 200


def test_samples_with_a_constant_column_are_passed_over():
    pair = made()
    rare = torch.zeros_like(pair.x)
    rare[:20] = 1
    pair = replace(pair, x=rare)
    assert all(len(small_sample(pair, 10, k).x.unique()) == 2 for k in range(20))


@pytest.mark.parametrize("target", [1, -1])
def test_cause_and_effect_move_as_the_name_says(target):
    pair = made(target)
    cause, effect = (pair.x, pair.y)[::target]
    for margins in MARGINS:
        moved = with_margins(pair, margins)
        found = (moved.x, moved.y)[::target]
        for before, after in zip((cause, effect), found, strict=True):
            assert torch.equal(mid_ranks(before), mid_ranks(after))
        laws = {"cause": standardised(cause), "effect": standardised(effect)}
        same = lambda a, b: torch.allclose(a.sort().values, b.sort().values, atol=1e-12)  # noqa: E731
        assert same(found[0], found[1]) == (margins in {"matched", "cause moved", "effect moved"})
        assert same(found[0], laws["effect"]) == (margins in {"cause moved", "exchanged"})
        assert same(found[1], laws["cause"]) == (margins in {"effect moved", "exchanged"})
    half = exchanged_marginals(pair.x, pair.y)
    assert torch.equal(with_margins(pair, "matched").x, half[0])


def test_a_row_says_what_was_right(monkeypatch):
    pairs = [made(1, name="one"), made(-1, name="two"), made(1, name="three")]
    monkeypatch.setattr(baselines, "cause_effect_pairs", lambda name: pairs)
    cell = cells("smoke")[0]
    few = run(cell)
    assert len(few["right"]) == 3
    share = sum(int(r) for r in few["right"]) / (2 * 3 * baselines.SAMPLES)
    assert few["accuracy"] == pytest.approx(share)
    assert few["support"] is None
    monkeypatch.setitem(baselines.METHODS, "known", lambda x, y: float((x > 0).all()) - 0.5)
    whole = run(replace(cell, rows=0, method="known"))
    assert whole["support"] == [1, 1, 1]
    assert (whole["right"], whole["accuracy"], whole["area"]) == ("222", 1, 1)
