"""Every row of the table of losses: the critic is the derivative, and the conjugate is tight."""

import math

import pytest
import torch
from torch.func import grad

from ldyn.core import stream
from ldyn.gans import LOSSES, gan_loss, half_squared_norm, wasserstein_line

F64, M = torch.float64, 12
POINTS = torch.linspace(0, 3, M, dtype=F64)
GRAM = (-(POINTS[:, None] - POINTS).square() / (2 * 0.3**2)).exp()
ROWS = {**LOSSES, "half MMD²": half_squared_norm(GRAM), "Wasserstein": wasserstein_line(POINTS)}
rows = pytest.mark.parametrize("name", ROWS)


def weights(*name):
    w = torch.rand(M, generator=stream("losses", *name), dtype=F64) + 0.05
    return w / w.sum()


@rows
def test_the_critic_is_the_derivative(name):
    mu, data = weights("mu"), weights("data")
    found = ROWS[name].critic(mu, data)
    assert torch.allclose(found, grad(ROWS[name].value)(mu, data), rtol=0, atol=1e-14)


@rows
@pytest.mark.parametrize("seed", range(5))
def test_the_inequality_of_fenchel_and_young_is_tight_at_the_critic_and_nowhere_wrong(name, seed):
    loss, data = ROWS[name], weights("data", seed)
    mu, nu = weights("mu", seed), weights("nu", seed)
    phi = loss.critic(mu, data)
    tight = loss.value(mu, data) + loss.conjugate(phi, data) - phi @ mu
    assert abs(tight) < 1e-13
    assert loss.value(nu, data) + loss.conjugate(phi, data) - phi @ nu > -1e-13
    low = phi - torch.rand(M, generator=stream("low", seed), dtype=F64)
    if name != "Wasserstein":  # there φ must stay 1-Lipschitz
        assert loss.value(mu, data) + loss.conjugate(low, data) - low @ mu > 1e-6


@rows
def test_a_loss_is_convex_and_least_at_the_data(name):
    mu, nu, data = weights("mu"), weights("nu"), weights("data")
    value = ROWS[name].value
    assert value((mu + nu) / 2, data) < (value(mu, data) + value(nu, data)) / 2 + 1e-15
    assert value(data, data) < value(mu, data)


@pytest.mark.parametrize(
    ("name", "beyond"),
    [("minimax", 0.5 * math.log(2)), ("least squares", 0.5), ("hinge", 1.0)],
)
def test_a_critic_beyond_the_domain_costs_infinity(name, beyond):
    data, zero = weights("data"), torch.zeros(M, dtype=F64)
    inside, outside = (gan_loss(name).conjugate(zero + beyond + e, data) for e in (-1e-3, 1e-3))
    assert inside.isfinite()
    assert outside == math.inf


def test_a_steep_critic_is_outside_of_wassersteins_domain():
    loss, data = wasserstein_line(POINTS), weights("data")
    assert loss.conjugate(1.01 * POINTS, data) == math.inf
    assert loss.conjugate(-POINTS, data).item() == pytest.approx(-(POINTS @ data).item())


def test_the_nonsaturating_loss_is_a_difference_of_two():
    """2 KL(m‖μ_0) = KL(μ‖μ_0) − 2 JS, for probabilities."""
    mu, data = weights("mu"), weights("data")
    value = {name: LOSSES[name].value(mu, data) for name in LOSSES}
    assert (2 * value["non-saturating"]).item() == pytest.approx(
        (value["Kullback–Leibler"] - 2 * value["minimax"]).item(), rel=1e-12
    )


def test_the_hinge_is_twice_the_total_variation_and_the_transport_on_a_line_is_exact():
    mu, data = weights("mu"), weights("data")
    twice = (mu - data).abs().sum()
    assert gan_loss("hinge").value(mu, data).item() == pytest.approx(twice.item(), abs=1e-15)
    from scipy.stats import wasserstein_distance

    right = wasserstein_distance(POINTS, POINTS, mu, data)
    assert wasserstein_line(POINTS).value(mu, data).item() == pytest.approx(right, rel=1e-12)


def test_an_unknown_loss_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="minimax"):
        gan_loss("goodfellow")
