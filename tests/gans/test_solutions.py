"""The first step of the project on penalties shows what its solution says of it."""

import pytest
from solutions import run


@pytest.mark.long
def test_the_left_edge_follows_the_penalty_only_if_the_critic_is_quick(monkeypatch):
    moves = run("gans", "ex-penalty-project", monkeypatch)[0]["moves"]
    left, right = moves["usual", 1 / 16]
    assert left.high < 1 < right.high
    assert right.low < 1
    for pair in (moves["quick", 1 / 16], moves["usual", 1 / 4]):
        assert all(edge.low < 1 < edge.high for edge in pair)
    assert moves["quick", 1 / 16][0].low > left.value
