"""Envelopes against closed forms, against the game they come from, and against quadrature."""

import math

import pytest
import torch
from torch.func import grad, hessian

from ldyn.core import stream
from ldyn.gans import LOSSES, huber_critic, huber_descent, moreau_envelope, penalty_series
from ldyn.kernels import Gaussian

F64 = torch.float64
LINE = torch.linspace(-6, 10, 81, dtype=F64)
GRAM = Gaussian(1.0)(LINE[:, None], LINE[:, None])


def normal(centre, width=1.0):
    return torch.softmax(-((LINE - centre) ** 2) / (2 * width**2), 0)


@pytest.mark.parametrize(("slope", "weight"), [(1.0, 0.5), (2.0, 3.0), (0.3, 10.0)])
def test_the_best_linear_critic_wins_the_game(slope, weight):
    theta = torch.linspace(-3, 3, 61, dtype=F64)
    psi = torch.linspace(-slope, slope, 200_001, dtype=F64)
    game = lambda t, p: p * t - p**2 / (4 * weight)  # noqa: E731
    found = huber_critic(theta, slope=slope, weight=weight)
    right = torch.stack([game(t, psi).max() for t in theta])
    assert torch.allclose(game(theta, found), right, rtol=0, atol=1e-9)
    corner = slope / (2 * weight)
    huber = torch.where(
        theta.abs() <= corner, weight * theta**2, slope * theta.abs() - slope**2 / (4 * weight)
    )
    assert torch.allclose(game(theta, found), huber, rtol=0, atol=1e-14)


def test_the_game_is_an_inf_convolution():
    """inf_s α|θ − s| + βs², searched. Source: prop-huber."""
    shift = torch.linspace(-4, 4, 400_001, dtype=F64)
    for theta in (-2.0, 0.1, 0.7):
        psi = huber_critic(torch.tensor(theta, dtype=F64), slope=1.5, weight=2.0)
        least = (1.5 * (theta - shift).abs() + 2.0 * shift**2).min()
        assert least.item() == pytest.approx((psi * theta - psi**2 / 8).item(), abs=1e-9)


def test_the_envelope_is_the_largest_lipschitz_function_below_the_square():
    """The largest α-Lipschitz function below βs² on a grid, lowered step by step until it is one.

    Source: prop-pasch-hausdorff.
    """
    s = torch.linspace(-3, 3, 601, dtype=F64)
    largest = 2.0 * s**2
    for _ in range(601):
        neighbours = torch.minimum(largest.roll(1), largest.roll(-1))
        neighbours[0], neighbours[-1] = largest[1], largest[-2]
        largest = torch.minimum(largest, neighbours + 1.5 * 0.01)
    psi = huber_critic(s, slope=1.5, weight=2.0)
    assert torch.allclose(largest, psi * s - psi**2 / 8, rtol=0, atol=1e-4)


def test_without_a_constraint_or_without_a_penalty():
    theta = torch.tensor([-2.0, 0.0, 0.5], dtype=F64)
    assert huber_critic(theta, slope=math.inf, weight=3.0).tolist() == [-12.0, 0.0, 3.0]
    assert huber_critic(theta, slope=2.0, weight=math.inf).tolist() == [-2.0, 0.0, 2.0]


@pytest.mark.parametrize("name", ["Kullback–Leibler", "non-saturating", "least squares"])
def test_the_moreau_envelope_is_below_the_loss_and_certified(name):
    """Its critic is one of the loss at ν*, and the data stay the minimum.

    Source: lem-infimal-critics, prop-minimiser-survives.
    """
    mu, data = normal(3.0), normal(0.0)
    found = moreau_envelope(LOSSES[name], mu, data, gram=GRAM, weight=0.5)
    assert abs(found.gap) < 1e-9
    assert found.value <= LOSSES[name].value(mu, data)
    own = LOSSES[name].critic(found.inner, data)  # the same function, up to a constant
    assert ((own - found.critic) - (own - found.critic)[30]).abs().max() < 1e-5
    least = LOSSES[name].value(data, data)
    at_data = moreau_envelope(LOSSES[name], data, data, gram=GRAM, weight=0.5)
    assert abs(at_data.value - least) < 1e-12


def test_the_critic_of_the_envelope_is_its_derivative():
    mu, data = normal(2.0, 2.0), normal(0.0)
    loss, e = LOSSES["Kullback–Leibler"], 1e-4
    move = normal(-1.0) - mu
    above, below, here = (
        moreau_envelope(loss, mu + s * move, data, gram=GRAM, weight=2.0) for s in (e, -e, 0.0)
    )
    slope = (above.value - below.value) / (2 * e)
    assert slope.item() == pytest.approx((here.critic @ move).item(), rel=1e-6)


@pytest.mark.parametrize("dim", [1, 2, 7])
def test_the_series_of_penalties_sums_to_the_norm(dim):
    x = torch.randn(6, dim, generator=stream("series", dim), dtype=F64)
    c = torch.randn(6, generator=stream("series", "c"), dtype=F64)
    terms = penalty_series(x, c, bandwidth=0.8, terms=90)
    assert (terms > 0).all()
    assert terms.sum().item() == pytest.approx((c @ Gaussian(0.8)(x, x) @ c).item(), rel=1e-10)


@pytest.mark.parametrize("dim", [1, 2])
def test_the_first_terms_are_integrals_of_derivatives(dim):
    """(2πσ²)^(−d/2) σ^2j/(2^j j!) ∫‖∇^j f‖², by sums over a grid. Source: prop-penalty-series."""
    sigma = 0.7
    x = torch.randn(3, dim, generator=stream("integrals", dim), dtype=F64)
    c = torch.randn(3, generator=stream("integrals", "c"), dtype=F64)
    f = lambda z: c @ (-((z - x) ** 2).sum(-1) / (2 * sigma**2)).exp()  # noqa: E731
    axis = torch.linspace(-7, 7, 141, dtype=F64)
    grid = torch.cartesian_prod(*[axis] * dim).reshape(-1, dim)
    cell = (axis[1] - axis[0]).item() ** dim
    unit = (2 * math.pi * sigma**2) ** (-dim / 2)
    found = penalty_series(x, c, bandwidth=sigma, terms=3)
    for j, derivative in enumerate((f, grad(f), hessian(f))):
        integral = cell * torch.func.vmap(derivative)(grid).square().sum()
        right = unit * sigma ** (2 * j) / (2**j * math.factorial(j)) * integral
        assert found[j].item() == pytest.approx(right.item(), rel=1e-9)


def test_one_bump_keeps_the_shares_of_a_negative_binomial():
    """Two terms hold 2^(−d/2) (1 + d/4) of the norm. Source: prop-penalty-series."""
    for dim in (1, 2, 8, 32):
        bump = torch.zeros(1, dim, dtype=F64), torch.ones(1, dtype=F64)
        two = penalty_series(*bump, bandwidth=1.3, terms=2).sum().item()
        assert two == pytest.approx(2 ** (-dim / 2) * (1 + dim / 4), rel=1e-12)


def test_bad_input_is_answered_with_what_to_try():
    theta, w = torch.ones(2, dtype=F64), normal(0.0)
    for bad in ({"slope": -1.0, "weight": 1.0}, {"slope": math.inf, "weight": math.inf}):
        with pytest.raises(ValueError, match=r"try slope=1\.0"):
            huber_critic(theta, **bad)
    with pytest.raises(ValueError, match="step must be"):
        huber_descent(theta, step=math.nan, steps=3, slope=1.0, weight=1.0)
    with pytest.raises(ValueError, match=r"try mu / mu\.sum"):
        moreau_envelope(LOSSES["minimax"], 2 * w, w, gram=GRAM, weight=1.0)
    with pytest.raises(ValueError, match="weight must be"):
        moreau_envelope(LOSSES["minimax"], w, w, gram=GRAM, weight=0.0)
    for bad in (theta * math.nan, torch.ones(2, dtype=torch.int64)):
        told = (
            "without NaN|(theta|start) must be finite"
            if bad.is_floating_point()
            else r"try \w+\.double"
        )
        with pytest.raises(ValueError, match=told):
            huber_critic(bad, slope=1.0, weight=1.0)
        with pytest.raises(ValueError, match=told):
            huber_descent(bad, step=0.1, steps=3, slope=1.0, weight=1.0)
    for bad, told in (
        (GRAM[:5, :5], "as in mu"), (GRAM.float(), "share their"), (GRAM * math.nan, "finite"),
        (3 * GRAM, r"try gram / gram\.max"), (GRAM.triu(), "symmetric"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=told):
            moreau_envelope(LOSSES["minimax"], w, w, gram=bad, weight=1.0)
    with pytest.raises(ValueError, match="as in mu"):
        moreau_envelope(LOSSES["minimax"], w, w[:1] / w[:1], gram=GRAM, weight=1.0)
    for bad in (w[:3], w.float(), w * math.nan):
        with pytest.raises(ValueError, match=r"weights.* must|share"):
            penalty_series(LINE[:, None], bad, bandwidth=1.0, terms=2)
