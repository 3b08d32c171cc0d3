import itertools
import json

import pytest

from ldyn.piecewise import (
    conservative_boundary,
    conservative_linear_exponent,
    linear_boundary,
    linear_exponent,
    network_exponent,
    samples_factor,
    wavelet_boundary,
    wavelet_exponent,
    winner,
)

NAME = "phase-diagram"
SMOOTHNESS = [0.05, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0]
POINTS = list(itertools.product(SMOOTHNESS, SMOOTHNESS, (1, 2, 3, 10)))


def each(js, call):
    return js(NAME, f"{json.dumps(POINTS)}.map(([alpha, beta, dim]) => {call})")


def test_the_exponents_under_the_pointer_are_those_of_the_library(js):
    for point, r in zip(POINTS, each(js, "exponents(alpha, beta, dim)"), strict=True):
        assert r["networks"] == pytest.approx(network_exponent(*point), rel=1e-14)
        assert r.keys() == {"networks", "wavelets", "linear", "old"}
        assert r["wavelets"] == pytest.approx(wavelet_exponent(*point), rel=1e-14)
        assert r["linear"] == pytest.approx(linear_exponent(*point), rel=1e-14)
        assert r["old"] == pytest.approx(conservative_linear_exponent(*point), rel=1e-14)


def test_the_colours_are_those_of_the_winners(js):
    for point, names in zip(POINTS, each(js, "leaders(alpha, beta, dim)"), strict=True):
        assert tuple(names) == winner(*point)


def test_every_strip_of_colour_has_a_name_and_the_strips_fill_the_plane(js):
    found = js(
        NAME,
        "[1, 2, 3, 10].flatMap((d) => [0.1, 0.4, 0.9, 1.1, 3].map((a) => "
        "[strips(a, d), strips(a, d).every(([, , names]) => names in REGIONS)]))",
    )
    for parts, named in found:
        assert named
        assert parts[0][0] == 0
        assert parts[-1][1] == 2
        assert all(a[1] == b[0] for a, b in itertools.pairwise(parts))


@pytest.mark.parametrize("dim", [1, 2, 3, 10])
def test_a_name_stands_where_its_methods_win(js, dim):
    found = js(NAME, f"places({dim})")
    assert "networks" in found if dim > 1 else "networks wavelets" in found
    assert ("networks linear" in found) == (dim > 1)
    for names, (alpha, beta, _) in found.items():
        assert tuple(names.split()) == winner(alpha, beta, dim)


def test_the_drawn_boundaries_are_those_of_the_library(js):
    found = each(js, "[boundaries(alpha, dim)].map((b) => [b.linear, b.old, b.wavelets])[0]")
    for (alpha, _, dim), (linear, old, wavelets) in zip(POINTS, found, strict=True):
        assert linear == pytest.approx(linear_boundary(alpha, dim))
        assert old == pytest.approx(conservative_boundary(alpha, dim))
        # JSON writes null for infinity.
        assert (wavelets or float("inf")) == pytest.approx(wavelet_boundary(alpha, dim))


def test_factors_of_samples_and_how_they_are_written(js):
    assert js(NAME, "samplesFactor(0.4, 10)") == pytest.approx(samples_factor(0.4, 10))
    assert js(NAME, "[31.6, 12345, 1e6, 3.16e7].map(times)") == [
        "32",
        "12,000",
        "1.0 × 10⁶",
        "3.2 × 10⁷",
    ]
