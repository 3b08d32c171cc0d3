"""The moved columns and the scores in the figure are those of the library."""

import json

import pytest
import torch

from ldyn.causal import (
    closer_to_normal,
    exchanged_marginals,
    reci,
    sample_pairs,
    standardised,
    wider_range,
)

F64 = torch.float64


def columns():
    return [standardised(c[0]) for c in sample_pairs("an", 1, 60, seed=5)]


def call(js, expression):
    x, y = (json.dumps(c.tolist()) for c in columns())
    return js("marginals", expression.replace("X", x).replace("Y", y))


@pytest.mark.parametrize("share", [0.0, 0.35, 0.5, 1.0])
def test_columns_move_as_in_the_library(js, share):
    found = call(js, f"[moved(X, Y, {share}), moved(Y, X, {share})]")
    exact = exchanged_marginals(*columns(), share=share)
    for a, b in zip(found, exact, strict=True):
        torch.testing.assert_close(torch.tensor(a, dtype=F64), b, rtol=0, atol=1e-12)


def test_scores_are_those_of_the_library(js):
    found, (x, y) = call(js, "scores(X, Y)"), columns()
    assert found["bell curve"] == pytest.approx(closer_to_normal(x, y), abs=1e-9)
    assert found["range"] == pytest.approx(wider_range(x, y), abs=1e-12)
    assert found["cubic errors"] == pytest.approx(reci(x, y, scale="standard"), abs=1e-9)


def test_halfway_the_rules_on_marginals_have_no_answer(js):
    found = call(js, "[moved(X, Y, 0.5), moved(Y, X, 0.5)].reduce(scores)")
    assert abs(found["bell curve"]) < 1e-12
    assert abs(found["range"]) < 1e-12
    assert abs(found["cubic errors"]) > 1e-3
