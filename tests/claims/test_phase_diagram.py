"""Regions of the phase diagram against brute force over rational points, exactly."""

import itertools
from fractions import Fraction

from ldyn.piecewise import (
    conservative_linear_exponent,
    linear_exponent,
    network_exponent,
    wavelet_exponent,
)

GRID = [Fraction(k, 8) for k in range(1, 65)]
POINTS = [(a, b, d) for a, b in itertools.product(GRID, GRID) for d in (2, 3, 5, 10)]


def exceptions(other, region):
    return sum(
        (network_exponent(a, b, d) > other(a, b, d)) != region(a, b, d) for a, b, d in POINTS
    )


def test_networks_against_linear_methods(claim):
    def region(a, b, d):
        rough = min(a, 1)
        return b > rough * d / (2 * (rough + d - 1))

    found = exceptions(linear_exponent, region)
    claim("phase-networks-linear", measured=found)
    assert found == 0
    smooth = [p for p in POINTS if p[0] >= 1]
    assert all(
        (network_exponent(*p) > linear_exponent(*p)) == (p[1] > Fraction(1, 2)) for p in smooth
    )


def test_networks_against_wavelets(claim):
    def region(a, b, d):
        rough = min(a, 1)
        return a != 1 and b > rough * d / (2 * (d - rough))

    found = exceptions(wavelet_exponent, region)
    claim("phase-networks-wavelets", measured=found)
    assert found == 0


def test_what_the_bound_of_2022_can_tell(claim):
    def region(a, b, d):
        return 2 * b >= d or a < 2 * b * (d - 1) / (d - 2 * b)

    found = exceptions(conservative_linear_exponent, region)
    claim("phase-conservative", measured=found)
    assert found == 0
    assert exceptions(conservative_linear_exponent, lambda a, b, d: a < 2 * b * (d - 1) / d) > 0
