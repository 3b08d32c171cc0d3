import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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

F = Fraction
EXPONENTS = [
    network_exponent,
    wavelet_exponent,
    linear_exponent,
    conservative_linear_exponent,
]
LATTICE = [F(k, 12) for k in range(1, 61)]


@pytest.mark.parametrize(
    ("alpha", "beta", "dim", "expected"),
    [
        (1, 1, 2, (F(1, 2), F(1, 2), F(1, 3), F(1, 3))),
        (2, 2, 2, (F(2, 3), F(1, 2), F(1, 3), F(2, 5))),
        (4, 4, 2, (F(4, 5), F(1, 2), F(1, 3), F(4, 9))),
        (2, 2, 3, (F(1, 2), F(1, 3), F(1, 4), F(1, 3))),
        (2, 2, 5, (F(1, 3), F(1, 5), F(1, 6), F(1, 4))),
        (F(1, 2), 9, 2, (F(1, 3), F(1, 4), F(1, 4), F(1, 4))),
        (F(1, 4), 9, 2, (F(1, 5), F(1, 8), F(1, 6), F(1, 6))),
        (2, F(1, 4), 2, (F(1, 5), F(1, 5), F(1, 5), F(1, 5))),
        (3, 2, 1, (F(4, 5), F(4, 5), F(1, 2), F(1, 2))),
    ],
)
def test_the_table_of_exponents_exactly(alpha, beta, dim, expected):
    found = tuple(r(F(alpha), F(beta), dim) for r in EXPONENTS)
    assert found == expected
    assert all(isinstance(r, Fraction) for r in found)
    floats = [r(float(alpha), float(beta), dim) for r in EXPONENTS]
    assert floats == pytest.approx([float(r) for r in expected], rel=1e-15)


def test_analytic_pieces_and_edges_are_the_limit_of_smooth_ones():
    for dim, r in itertools.product((1, 2, 3, 7), EXPONENTS):
        assert r(math.inf, math.inf, dim) == pytest.approx(r(1e12, 1e12, dim), abs=1e-10)
    assert network_exponent(math.inf, math.inf, 5) == 1
    assert linear_exponent(math.inf, math.inf, 5) == pytest.approx(1 / 6)


@pytest.mark.parametrize("dim", [1, 2, 3, 7])
def test_no_method_beats_the_minimax_exponent_and_each_order_is_the_proved_one(dim):
    for alpha, beta in itertools.product(LATTICE, LATTICE):
        networks, wavelets, linear, of_2022 = (r(alpha, beta, dim) for r in EXPONENTS)
        assert networks >= max(wavelets, linear)
        assert (networks > linear) == (beta > linear_boundary(alpha, dim))
        assert (networks > of_2022) == (beta > conservative_boundary(alpha, dim))
        beaten = alpha != 1 and beta > wavelet_boundary(alpha, dim)
        assert (networks > wavelets) == beaten
        if dim > 1:
            assert (wavelets > linear) == (alpha > F(1, 2) and beta > linear_boundary(alpha, dim))
            assert (linear > wavelets) == (alpha < F(1, 2) and beta > wavelet_boundary(alpha, dim))
        names = winner(alpha, beta, dim)
        assert names[0] == "networks"
        assert ("wavelets" in names, "linear" in names) == (not beaten, networks == linear)
        assert winner(float(alpha), float(beta), dim)[0] == "networks"


def crossing(other, alpha, dim):
    """The least β at which networks lead, by bisection."""
    low, high = 1e-9, 1e3
    if not network_exponent(alpha, high, dim) - other(alpha, high, dim) > 1e-12:
        return math.inf
    for _ in range(80):
        middle = (low + high) / 2
        ahead = network_exponent(alpha, middle, dim) - other(alpha, middle, dim) > 1e-12
        low, high = (low, middle) if ahead else (middle, high)
    return high


@pytest.mark.parametrize("dim", [1, 2, 3, 7])
@pytest.mark.parametrize("alpha", [0.2, 0.5, 0.9, 1.1, 2.0, 5.0])
def test_boundaries_are_where_bisection_finds_them(alpha, dim):
    for boundary, other in (
        (linear_boundary, linear_exponent),
        (conservative_boundary, conservative_linear_exponent),
        (wavelet_boundary, wavelet_exponent),
    ):
        assert boundary(alpha, dim) == pytest.approx(crossing(other, alpha, dim), abs=1e-8)


def test_both_linear_boundaries_fork_at_alpha_one_and_beta_one_half():
    for dim in (1, 2, 5):
        assert linear_boundary(F(1), dim) == conservative_boundary(F(1), dim) == F(1, 2)
        assert linear_boundary(F(9), dim) == F(1, 2)
        assert linear_boundary(F(1, 3), dim) == conservative_boundary(F(1, 3), dim)
        assert conservative_boundary(math.inf, dim) == dim / 2


numbers = st.fractions(min_value=F(1, 50), max_value=50)


@settings(max_examples=25)
@given(numbers, numbers, numbers, st.integers(1, 30))
def test_exponents_grow_with_smoothness_and_fall_with_dimension(alpha, beta, more, dim):
    for r in EXPONENTS:
        here = r(alpha, beta, dim)
        assert 0 < here <= 1
        assert r(alpha + more, beta, dim) >= here
        assert r(alpha, beta + more, dim) >= here
        assert r(alpha, beta, dim + 1) <= here


def test_samples_for_a_tenth_of_the_error():
    assert samples_factor(0.5) == pytest.approx(100)
    assert samples_factor(F(1, 3), 2) == pytest.approx(8)
    r = network_exponent(2.0, 3.0, 2)
    n = 50 * samples_factor(r, 7)
    assert (n / 50) ** -r == pytest.approx(1 / 7)


@settings(max_examples=25)
@given(st.sampled_from([0, -1, math.nan, -math.inf, "1", None, 1j]))
def test_bad_smoothness_is_refused(bad):
    for f in (*EXPONENTS, winner):
        for pair in ((bad, 1.0), (1.0, bad)):
            with pytest.raises(
                ValueError,
                match=r"must be .*(> 0, inf allowed|or a Fraction), got .*; try",
            ):
                f(*pair, 2)
    for f in (linear_boundary, conservative_boundary, wavelet_boundary):
        with pytest.raises(ValueError, match=r"alpha must be a (finite )?number"):
            f(bad, 2)


@pytest.mark.parametrize("dim", [0, -1, 1.5, True])
def test_bad_dimensions_and_gains_are_refused(dim):
    for f in (*EXPONENTS, winner):
        with pytest.raises(ValueError, match="dim must be an integer"):
            f(1.0, 1.0, dim)
    with pytest.raises(ValueError, match="exponent must be"):
        samples_factor(0)
