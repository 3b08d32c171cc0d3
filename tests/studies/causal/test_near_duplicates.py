"""Sources from weights, and twins that decide for one another."""

import torch

from ldyn.core import stream
from ldyn.data import Pair
from ldyn.studies.causal import near_duplicates
from ldyn.studies.causal.near_duplicates import cells, run, sources


def pair(name, weight, target=1, like=None):
    g = stream("twins", like or name)
    x, y = torch.randn(2, 60, generator=g, dtype=torch.float64)
    made = Pair(name=name, x=x.exp(), y=y, target=target, weight=weight)
    return made.swapped() if torch.rand(1, generator=stream("side", name)) < 0.5 else made


def test_pairs_of_one_weight_that_follow_one_another_are_a_source():
    weights = [1 / 2, 1, 0.334, 0.333, 1 / 2, 0.332, 1, 1 / 2]
    found = sources([pair(str(k), w) for k, w in enumerate(weights)])
    assert found == [(2, 0), (1, 0), (3, 0), (3, 0), (2, 0), (3, 0), (1, 1), (2, 1)]


def test_twins_help_unless_their_source_is_left_out(monkeypatch):
    """Twenty sources of two pairs with the same columns; directions differ between sources."""
    coins = (torch.rand(20, generator=stream("coins")) < 0.5).tolist()
    made = [
        pair(f"{k} {i}", 0.5, 1 if coins[k] else -1, like=f"source {k}")
        for k in range(20)
        for i in (0, 1)
    ]
    monkeypatch.setattr(near_duplicates, "cause_effect_pairs", lambda name: made)
    alone, whole = (run(cell) for cell in cells("laptop"))
    assert alone["accuracy"] == alone["plain"] == 1
    assert 0.2 < whole["accuracy"] < 0.8
    assert whole["low"] < whole["accuracy"] < whole["high"]
    assert set(whole["right"]) <= set("01")
