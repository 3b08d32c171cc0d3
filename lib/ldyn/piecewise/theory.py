"""What the theorems promise: exponents r of the worst-case risk n^(−r), and who has the largest."""

from fractions import Fraction
from numbers import Real

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
    """Return r of thresholded isotropic wavelets on a regular grid, up to logarithms.

    r = min((α ∧ 1) / D, 2β / (2β + D)) for D ≥ 2, where Haar is enough;
    r = 2β / (2β + 1) for D = 1, with more than β vanishing moments.

    Not to be compared with the other exponents, which are for random design: on a grid no method
    has an exponent above 1 / D (prop-grid-floor).

    Arguments: `alpha`, `beta` > 0, inf when analytic; fractions give a fraction.
    Raises: ValueError unless alpha, beta > 0 and dim ≥ 1.
    Source: donoho1998, prop-wavelet-rung.
    """
    _require(alpha, beta, dim)
    if dim == 1:
        return _parts(beta, dim)
    return min(_roughness(alpha) / dim, _parts(beta, dim))


def winner(alpha: Number, beta: Number, dim: int) -> tuple[str, ...]:
    """Return the names with the largest exponent among "networks" and "linear", random design.

    Networks are always among them, since no estimator has a larger exponent.
    Raises: ValueError unless alpha, beta > 0, inf allowed, and dim ≥ 1.
    Source: thm-phase.
    """
    exponents = {
        "networks": network_exponent(alpha, beta, dim),
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
