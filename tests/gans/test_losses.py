"""Every row of the table of losses: the critic is the derivative, and the conjugate is tight."""

import math

import pytest
import torch
from torch.func import grad

from ldyn.core import stream
from ldyn.gans import LOSSES, gan_loss, half_squared_norm, kernel_norm, wasserstein_line

F64, M = torch.float64, 12
POINTS = torch.linspace(0, 3, M, dtype=F64)
GRAM = (-(POINTS[:, None] - POINTS).square() / (2 * 0.3**2)).exp()
ROWS = {
    **LOSSES,
    "half MMD²": half_squared_norm(GRAM),
    "MMD": kernel_norm(GRAM),
    "Wasserstein": wasserstein_line(POINTS),
}
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


@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_the_critic_of_a_line_is_inside_the_domain_whatever_it_rounded(dtype):
    """Sums of many gaps, of sizes from 1e-3 to 1e3: the conjugate at the critic is finite."""
    for seed in range(40):
        draw = stream("rounding", seed)
        points = (1e3 * torch.rand(200, generator=draw, dtype=F64)).sort().values.to(dtype)
        points = points.unique()
        pair = torch.rand(2, len(points), generator=draw, dtype=F64).to(dtype) + 1e-6
        mu, data = pair / pair.sum(1, keepdim=True)
        loss = wasserstein_line(points)
        phi = loss.critic(mu, data)
        gap = loss.value(mu, data) + loss.conjugate(phi, data) - phi @ mu
        assert abs(gap) < 1e3 * 200 * torch.finfo(dtype).eps
        assert loss.conjugate(1.01 * points, data) == math.inf


def test_at_the_data_the_norm_has_a_critic():
    data = weights("data")
    loss = kernel_norm(GRAM)
    assert loss.critic(data, data).tolist() == [0.0] * M
    assert loss.conjugate(loss.critic(data, data), data) == 0


@rows
def test_bad_measures_are_answered_with_what_to_try(name):
    loss, mu, data = ROWS[name], weights("mu"), weights("data")
    nan, half = torch.full_like(mu, torch.nan), mu[:6] / mu[:6].sum()
    for call in (loss.value, loss.critic):
        with pytest.raises(ValueError, match="NaN"):
            call(nan, data)
        with pytest.raises(ValueError, match="one value a point"):
            call(half, data)
        with pytest.raises(ValueError, match="one value a point"):  # would broadcast
            call(mu, data[:1])
        with pytest.raises(ValueError, match=r"try \.to"):
            call(mu.float(), data)
        with pytest.raises(ValueError, match="finite weights"):
            call(mu * math.inf, data)
        with pytest.raises(ValueError, match="one value a point"):
            call(mu[:0], data[:0])
    with pytest.raises(ValueError, match="NaN"):
        loss.conjugate(nan, data)
    with pytest.raises(ValueError, match="one value a point"):
        loss.conjugate(mu[:1], data)


@pytest.mark.parametrize("name", LOSSES)
def test_weights_of_a_divergence_are_positive(name):
    data = weights("data")
    for bad in (0 * data, -data):
        with pytest.raises(ValueError, match="weights > 0"):
            LOSSES[name].value(bad, data)
        with pytest.raises(ValueError, match="weights > 0"):
            LOSSES[name].critic(data, bad)


def test_bad_points_and_matrices_are_answered_with_what_to_try():
    with pytest.raises(ValueError, match="increase"):
        wasserstein_line(POINTS.flip(0))
    with pytest.raises(ValueError, match="same mass"):
        wasserstein_line(POINTS).value(2 * weights("mu"), weights("data"))
    for make in (half_squared_norm, kernel_norm):
        for bad, told in ((GRAM[:3], "m = 3"), (GRAM.triu(), "symmetric"),
                          (GRAM * torch.nan, "finite"), (-GRAM, "eigenvalues >= 0"),
                          (GRAM - 0.9, "eigenvalues >= 0")):  # fmt: skip
            with pytest.raises(ValueError, match=told):
                make(bad)
        flat = make(torch.ones_like(GRAM))  # two weights are one: no inverse
        with pytest.raises(ValueError, match="invertible"):
            flat.conjugate(weights("mu"), weights("data"))
