"""The features in the figure are those that `direction` looks at, for any rows and any scale."""

import json

import pytest
import torch

from ldyn.causal import blind_features, pair_features
from ldyn.core import stream

F64 = torch.float64
NAME = "feature-votes"
PLACES = [10, 12, 17, 18, 16, 53]  # of the figure's features among all


def pair(n, *, turned=False):
    x, e = torch.randn(2, n, generator=stream("figure", "votes", n), dtype=F64)
    x[0], x[3] = 9.0, x[4]  # beyond four standard deviations; a tie
    y = x + 0.4 * (x.square() - 1) + 0.5 * (0.4 * x).exp() * e
    return (y, x) if turned else (x, y)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("n", [30, 101])
def test_features_in_the_page_are_those_of_the_library(js, n, turned):
    x, y = pair(n, turned=turned)
    plain = pair_features(x[None], y[None])
    for ranks, exact in (("false", plain), ("true", [blind_features(f) for f in plain])):
        made = f"bothDirections({json.dumps(x.tolist())}, {json.dumps(y.tolist())}, {ranks})"
        found = js(NAME, f"(({{ forth, back }}) => [forth.features, back.features])({made})")
        for mine, right in zip(found, exact, strict=True):
            assert mine == pytest.approx(right[0, PLACES].tolist(), abs=1e-7)


def test_a_vote_is_the_fall_of_a_feature_in_standard_deviations(js):
    found = js(NAME, "votes({ forth: { features: [1, 5] }, back: { features: [2, 2] } }, [0.5, 6])")
    assert found == [2, -0.5]


def test_exchanging_the_columns_turns_every_vote_and_no_digit(js):
    x, y = (json.dumps(c.tolist()) for c in pair(40))
    one, other = js(
        NAME,
        f"[[{x}, {y}], [{y}, {x}]].map(([a, b]) => "
        "votes(bothDirections(a, b, false), [1, 1, 1, 1, 1, 1]))",
    )
    assert one == [-v for v in other]


def test_the_effect_is_made_as_the_caption_says(js):
    x, e = torch.randn(2, 5, generator=stream("figure", "effect"), dtype=F64)
    found = js(NAME, f"effect({x.tolist()}, {e.tolist()}, [0.3, 0.5, 0.4])")
    exact = x + 0.3 * (x.square() - 1) + 0.5 * (0.4 * x).exp() * e
    assert found == pytest.approx(exact.tolist(), abs=1e-12)


def test_what_is_said_of_a_decision(js):
    found = js(NAME, "[verdict([1, -1, 0], 2, true), verdict([1, 1, 1], -9, false)]")
    assert found[0] == (
        "1 of 2 features point to x → y. direction on ranks alone: x → y, right, "
        "with confidence 88 %."
    )
    assert found[1].endswith("direction: y → x, wrong, with confidence above 99.9 %.")
