"""The descent in the page is that of the library, and its words are the proposition's."""

import math

import pytest
import torch

from ldyn.gans import huber_critic, huber_descent

CASES = {"both": (1.2, 0.8), "slope": (1.2, math.inf), "weight": (math.inf, 0.8)}


@pytest.mark.parametrize("which", CASES)
def test_walk_and_envelope_in_the_page_are_those_of_the_library(js, which):
    slope, weight = CASES[which]
    start = torch.tensor(1.63, dtype=torch.float64)
    right = huber_descent(start, step=0.7, steps=12, slope=slope, weight=weight)
    numbers = ", ".join("Infinity" if v == math.inf else str(v) for v in (slope, weight))
    assert js("huber", f"walk(1.63, 0.7, {numbers}, 12)") == pytest.approx(
        right.tolist(), abs=1e-12
    )
    psi = huber_critic(start, slope=slope, weight=weight).item()
    value = psi * 1.63 - psi**2 / (4 * weight)
    assert js("huber", f"envelope(1.63, {numbers})") == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("which", "gamma", "word"),
    [
        ("slope", 0.1, "0.060 to 0.12"),
        ("both", 1.2, "convergence"),
        ("both", 1.3, "neither farther than 0.81"),  # γα − α/2β
        ("weight", 1.2, "convergence, since"),
        ("weight", 1.3, "no convergence"),
    ],
)
def test_the_verdict_knows_the_limit(js, which, gamma, word):
    assert word in js("huber", f"verdict('{which}', {gamma}, 1.2, 0.8)")


def test_a_path_is_drawn_until_it_leaves_the_picture(js):
    assert js("huber", "seen([1, -2, 3, -4], 2.4)") == [1, -2, 3]
    assert js("huber", "seen([1, -1], 2.4)") == [1, -1]
