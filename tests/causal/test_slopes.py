"""Information-geometric inference."""

import pytest
import torch

from ldyn.causal import igci
from ldyn.core import stream

F64 = torch.float64


def curved(n=400, power=3.0):
    x = torch.rand(n, generator=stream("igci"), dtype=F64)
    return x, x**power


@pytest.mark.parametrize("power", [2.0, 3.0, 0.4])
def test_without_noise_the_score_is_an_integral(power):
    """x uniform, y = x^p: C(x→y) = ∫ log(p x^(p−1)) dx = log p − (p − 1), and the score −2C."""
    x = torch.arange(20001, dtype=F64) / 20000
    y = x**power
    exact = -2 * (torch.tensor(power).log().item() - (power - 1))
    assert igci(x, y, estimator="entropy") == pytest.approx(exact, abs=0.02)
    assert igci(x, y) > 0


@pytest.mark.parametrize("reference", ["uniform", "normal"])
def test_both_estimators_agree_on_an_increasing_function(reference):
    x, y = curved()
    slope, entropy = (igci(x, y, reference=reference, estimator=e) for e in ("slope", "entropy"))
    assert slope == pytest.approx(entropy, rel=1e-12)


def test_unknown_choices_are_refused():
    x, y = curved()
    with pytest.raises(ValueError, match="normal, uniform"):
        igci(x, y, reference="gauss")
    with pytest.raises(ValueError, match="entropy, slope"):
        igci(x, y, estimator="spacing")


def test_ties_do_not_depend_on_the_order_of_rows():
    x, y = ((10 * c).round() for c in curved(300, 1.5))
    order = torch.randperm(300, generator=stream("order"))
    for estimator in ("slope", "entropy"):
        assert igci(x[order], y[order], estimator=estimator) == pytest.approx(
            igci(x, y, estimator=estimator), rel=1e-12
        )
