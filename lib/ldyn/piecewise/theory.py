"""What the theorems promise: exponents r of the worst-case risk n^(−r), and who has the largest."""

import math
from fractions import Fraction
from numbers import Real
from statistics import NormalDist

from ldyn.core import require_count, require_positive

Number = float | Fraction


def network_exponent(alpha: Number, beta: Number, dim: int) -> Number:
    """Return r of ReLU networks, up to logarithms, which no estimator exceeds.

    r = min(α / (α + D − 1), 2β / (2β + D)).

    Arguments: `alpha`, `beta` > 0, inf when analytic; fractions give a fraction.
    Raises: ValueError unless alpha, beta > 0 and dim ≥ 1.
    Source: imaizumi2022, thm-upper.
    """
    _require(alpha, beta, dim)
    return min(1 / (1 + (dim - 1) / alpha), _parts(beta, dim))


def linear_exponent(alpha: Number, beta: Number, dim: int) -> Number:
    """Return r that no linear estimator exceeds, and that some attain.

    r = min(a / (2a + D − 1), 2β / (2β + D)),  a = α ∧ 1.

    Arguments: `alpha`, `beta` > 0, inf when analytic; fractions give a fraction.
    Raises: ValueError unless alpha, beta > 0 and dim ≥ 1.
    Source: thm-linear-sharp, thm-linear-rough, prop-linear-attained.
    """
    _require(alpha, beta, dim)
    return min(1 / (2 + (dim - 1) / _roughness(alpha)), _parts(beta, dim))


def conservative_linear_exponent(alpha: Number, beta: Number, dim: int) -> Number:
    """Return the bound of 2022 on r of linear estimators, which grows with α beyond 1.

    r = min(α / (2α + D − 1), 2β / (2β + D)).

    Arguments: `alpha`, `beta` > 0, inf when analytic; fractions give a fraction.
    Raises: ValueError unless alpha, beta > 0 and dim ≥ 1.
    Source: imaizumi2022, thm-linear-rough.
    """
    _require(alpha, beta, dim)
    return min(1 / (2 + (dim - 1) / alpha), _parts(beta, dim))


def wavelet_exponent(alpha: Number, beta: Number, dim: int) -> Number:
    """Return r of thresholded Haar wavelets and dyadic trees, up to logarithms.

    r = min((α ∧ 1) / D, 2β / (2β + D)) for D ≥ 2, which no method by cells exceeds;
    r = 2β / (2β + 1) for D = 1, with wavelets of more than β vanishing moments.

    Arguments: `alpha`, `beta` > 0, inf when analytic; fractions give a fraction.
    Raises: ValueError unless alpha, beta > 0 and dim ≥ 1.
    Source: donoho1998, prop-wavelet-rung, prop-haar-rung.
    """
    _require(alpha, beta, dim)
    if dim == 1:
        return _parts(beta, dim)
    return min(_roughness(alpha) / dim, _parts(beta, dim))


def winner(alpha: Number, beta: Number, dim: int) -> tuple[str, ...]:
    """Return the names with the largest exponent among "networks", "wavelets" and "linear".

    Networks are always among them, since no estimator has a larger exponent.
    Raises: ValueError unless alpha, beta > 0, inf allowed, and dim ≥ 1.
    Source: thm-phase.
    """
    exponents = {
        "networks": network_exponent(alpha, beta, dim),
        "wavelets": wavelet_exponent(alpha, beta, dim),
        "linear": linear_exponent(alpha, beta, dim),
    }
    best = max(exponents.values())
    return tuple(name for name, r in exponents.items() if r == best)


def linear_boundary(alpha: Number, dim: int) -> Number:
    """Return the β above which networks have a larger exponent than every linear method.

    β = a D / (2 (a + D − 1)),  a = α ∧ 1, which is 1/2 for all α ≥ 1.

    Raises: ValueError unless alpha > 0, inf allowed, and dim ≥ 1.
    Source: thm-phase.
    """
    _require(alpha, 1, dim)
    return conservative_boundary(_roughness(alpha), dim)


def conservative_boundary(alpha: Number, dim: int) -> Number:
    """Return the β above which the bound of 2022 tells networks from linear methods.

    β = α D / (2 (α + D − 1)), that is α = 2β (D − 1) / (D − 2β).

    Raises: ValueError unless alpha > 0, inf allowed, and dim ≥ 1.
    Source: imaizumi2022, cor-conservative.
    """
    _require(alpha, 1, dim)
    return dim / (2 + 2 * (dim - 1) / alpha)


def wavelet_boundary(alpha: Number, dim: int) -> Number:
    """Return the β above which networks have a larger exponent than thresholded wavelets, α ≠ 1.

    β = a D / (2 (D − a)),  a = α ∧ 1, for D ≥ 2; inf for D = 1. For α = 1 the two tie.

    Raises: ValueError unless alpha > 0 and dim ≥ 1.
    Source: thm-phase.
    """
    _require(alpha, 1, dim)
    return math.inf if dim == 1 else dim / (2 * dim / _roughness(alpha) - 2)


def grid_risk_floor(n: int, dim: int, *, noise: float) -> float:
    """Return v(σ) n^(−1/D), below which no risk in the norm of the n points of a grid gets.

    v(σ) = E P(ε = 1 | Y) P(ε = 0 | Y) for a fair coin ε seen once, Y = ε + σ z, z ∼ N(0, 1).

    Raises: ValueError unless n, dim ≥ 1 and noise > 0.
    Source: prop-grid-floor.
    """
    normal = NormalDist(0, require_positive(noise, "noise"))
    step = noise / 64
    at = [k * step for k in range(-64 * 9, round(1 / step) + 64 * 9)]
    both = [(normal.pdf(y), normal.pdf(y - 1)) for y in at]
    bit = step * sum(p * q / (p + q) for p, q in both if p + q > 0) / 2
    return bit * require_count(n, "n") ** (-1 / require_count(dim, "dim"))


def samples_factor(exponent: Number, gain: float = 10) -> float:
    """Return gain^(1/r), by how much n must grow to divide the risk n^(−r) by `gain`.

    Raises: ValueError unless exponent and gain are > 0.
    Source: thm-phase.
    """
    require_positive(gain, "gain")
    return float(gain ** (1 / require_positive(float(exponent), "exponent")))


def _parts(beta: Number, dim: int) -> Number:
    return 1 / (1 + dim / (2 * beta))


def _roughness(alpha: Number) -> Number:
    return min(alpha, Fraction(1) if isinstance(alpha, Fraction) else 1.0)


def _require(alpha: Number, beta: Number, dim: int) -> None:
    require_count(dim, "dim")
    for name, value in (("alpha", alpha), ("beta", beta)):
        if not (isinstance(value, Real) and value > 0):
            raise ValueError(f"{name} must be a number > 0, inf allowed, got {value!r}; try 1.0")
