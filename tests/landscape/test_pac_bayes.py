"""The bound and the prices of units against quadrature, sampling and numerical optimisation."""

import math

import pytest
import torch

from ldyn.core import log_slope, stream
from ldyn.landscape.pac_bayes import (
    binary_kl,
    exchange_rate,
    gaussian_divergence,
    gaussian_price,
    gibbs_price,
    inactive_probability,
    kl_inverse,
    pac_bayes_bound,
    sample_conditioned,
)

F64 = torch.float64


def moment(n):
    """ξ(n) = Σ_k C(n, k) (k/n)^k (1 − k/n)^(n−k)."""
    k = torch.arange(n + 1, dtype=F64)
    total = torch.lgamma(torch.tensor(n + 1.0, dtype=F64))
    binomial = total - torch.lgamma(k + 1) - torch.lgamma(n - k + 1)
    return (binomial + torch.xlogy(k, k / n) + torch.xlogy(n - k, 1 - k / n)).exp().sum().item()


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 8, 50, 1000])
def test_the_moment_is_within_its_bounds(n):
    """Source: lem-moment."""
    assert moment(n) <= 2 + math.sqrt(math.pi * n / 2) + 1e-12
    assert moment(n) <= 2 * math.sqrt(n) * (1 + 1e-12)
    assert moment(n) >= math.sqrt(n)


def test_small_kl_has_its_known_values():
    q = torch.tensor([0.0, 1.0, 0.3, 0.3, 0.5], dtype=F64)
    p = torch.tensor([0.2, 0.2, 0.3, 1.0, 0.25], dtype=F64)
    right = [math.log(1.25), math.log(5.0), 0.0, math.inf, 0.5 * math.log(4 / 3)]
    assert binary_kl(q, p).tolist() == pytest.approx(right, abs=1e-15)
    assert kl_inverse(0.0, 0.1).item() == pytest.approx(1 - math.exp(-0.1), rel=1e-12)
    assert binary_kl(1e-9, 2e-9).item() == pytest.approx(1e-9 * (1 - math.log(2)), rel=1e-6)


def test_the_inverse_undoes_small_kl():
    q, p = torch.rand(2, 500, generator=stream("kl"), dtype=F64).sort(0).values
    apart = p - q > 1e-3  # where they meet the divergence is flat
    assert torch.allclose(kl_inverse(q, binary_kl(q, p))[apart], p[apart], atol=1e-9)
    assert (kl_inverse(q, binary_kl(q, p) * 1.01) > p)[apart].all()
    assert kl_inverse(0.4, 0.0).item() == pytest.approx(0.4, abs=1e-7)


def test_the_exchange_rate_is_the_ratio_of_the_derivatives():
    """Source: lem-exchange."""
    q, e, h = 0.03, 0.05, 1e-6
    p = kl_inverse(q, e)
    in_q = (kl_inverse(q + h, e) - kl_inverse(q - h, e)) / (2 * h)
    in_e = (kl_inverse(q, e + h) - kl_inverse(q, e - h)) / (2 * h)
    assert in_q / in_e == pytest.approx(exchange_rate(q, p).item(), rel=1e-6)
    assert in_e.item() == pytest.approx((p * (1 - p) / (p - q)).item(), rel=1e-6)
    dq, de = torch.rand(2, 200, generator=stream("tangent"), dtype=F64) * 0.2
    assert (kl_inverse(q + dq, e + de) <= p + in_q * dq + in_e * de + 1e-9).all()


def test_the_bound_spends_its_whole_budget():
    """Source: thm-pac-bayes."""
    q, kl, n = 0.07, 12.5, 400
    for alpha in (0.05, 0.5):
        p = pac_bayes_bound(q, kl, n, confidence=1 - alpha)
        left = n * binary_kl(q, p).item() - kl
        assert left == pytest.approx(math.log(2 * 20 / alpha), rel=1e-9)


@pytest.mark.long
def test_the_bound_holds_for_posteriors_that_look_at_the_data():
    """Ten coins, uniform prior; Q chosen on 4,000 samples to break the bound. δ = 0.2."""
    draw = stream("coins")
    p = torch.linspace(0.05, 0.95, 10, dtype=F64)
    n, repetitions = 30, 4000
    found = torch.rand(repetitions, n, 10, generator=draw, dtype=F64) < p
    q = found.double().mean(1)
    bad = torch.zeros(repetitions, dtype=torch.bool)
    for heat in (0.0, 1.0, 30.0, 1e4):
        weights = torch.softmax(heat * binary_kl(q, p.expand_as(q)), 1)
        kl = torch.xlogy(weights, 10 * weights).sum(1).clamp(min=0)
        bound = pac_bayes_bound((weights * q).sum(1), kl, n, confidence=0.8)
        bad |= (weights * p).sum(1) > bound
    assert 0 < bad.double().mean() <= 0.2


def test_the_gaussian_divergence_is_an_integral():
    """Source: prop-gaussian-cost."""
    mean, scale = torch.tensor([0.7, -1.2], dtype=F64), torch.tensor([0.3, 1.5], dtype=F64)
    x = torch.linspace(-14, 14, 20001, dtype=F64)
    total = 0.0
    for m, s in zip(mean, scale, strict=True):
        q = torch.distributions.Normal(m, s).log_prob(x)
        p = torch.distributions.Normal(0 * m, 2 + 0 * m).log_prob(x)
        total += torch.trapezoid(q.exp() * (q - p), x).item()
    assert gaussian_divergence(mean, scale, 2.0).item() == pytest.approx(total, rel=1e-10)


@pytest.mark.parametrize(("pull", "outputs"), [(0.0, 1), (3.0, 1), (500.0, 3)])
def test_the_gaussian_price_is_the_minimum(pull, outputs):
    """Source: prop-cost-tanh."""
    t = torch.logspace(-6, 1, 200001, dtype=F64)
    zero = torch.zeros(len(t), 1, dtype=F64)
    cost = outputs * (gaussian_divergence(zero, t.sqrt()[:, None], 1.0) + pull * t / 2)
    assert gaussian_price(pull, outputs).item() == pytest.approx(cost.min().item(), abs=1e-8)
    assert t[cost.argmin()].item() == pytest.approx(1 / (1 + pull), rel=1e-3)


def test_no_posterior_on_a_grid_undercuts_the_gibbs_price():
    """One output weight of N(0, 1) on a grid, three values of w; minimised by gradient descent."""
    v = torch.linspace(-6, 6, 401, dtype=F64)
    pulls = torch.tensor([0.0, 2.0, 40.0], dtype=F64)
    prior = (-v.square() / 2).softmax(0).expand(3, -1) / 3
    cost = pulls[:, None] * v.square() / 2
    logits = torch.zeros(3 * 401, dtype=F64, requires_grad=True)
    walk = torch.optim.LBFGS([logits], max_iter=500, tolerance_grad=1e-9)

    def price():
        q = logits.softmax(0).view(3, -1)
        return (q * (cost + q.log() - prior.log())).sum()

    def closure():
        walk.zero_grad()
        loss = price()
        loss.backward()
        return loss

    walk.step(closure)
    assert price().item() == pytest.approx(gibbs_price(pulls).item(), rel=1e-3)
    assert price().item() >= gibbs_price(pulls).item() - 1e-9


@pytest.mark.parametrize(("low", "high", "ratio"), [(-1, 1, 1.0), (0, 3, 0.5), (-2, 0.5, 4.0)])
def test_the_cone_has_its_probability(low, high, ratio):
    """Source: prop-cost-relu."""
    w = torch.randn(400_000, 2, generator=stream("cone"), dtype=F64)
    w[:, 1] *= ratio
    silent = (torch.maximum(low * w[:, 0], high * w[:, 0]) + w[:, 1] < 0).double()
    p = inactive_probability(low, high, ratio)
    assert abs(silent.mean() - p) < 4 * math.sqrt(p * (1 - p) / len(w))
    inside = w[silent.bool()]
    drawn = sample_conditioned(
        100_000, low, high, bias_ratio=ratio, scale=2.0, generator=stream("in the cone")
    )
    assert (torch.maximum(low * drawn[:, 0], high * drawn[:, 0]) + drawn[:, 1] < 0).all()
    for power in (1, 2):
        error = (inside**power).std(0) / len(inside) ** 0.5
        error += (drawn**power).std(0) / 2**power / len(drawn) ** 0.5
        gap = (drawn**power).mean(0) / 2**power - (inside**power).mean(0)
        assert (gap.abs() < 4 * error).all()


def test_the_known_cones():
    assert inactive_probability(-1, 1) == pytest.approx(0.25)
    assert inactive_probability(-1, 1, 1e9) == pytest.approx(0.5)
    assert inactive_probability(0.3, 0.3) == pytest.approx(0.5)


@pytest.mark.parametrize(("d", "m"), [(1, 1), (3, 1), (1, 3), (4, 2), (2, 2)])
def test_the_gibbs_price_grows_like_the_smaller_dimension(d, m):
    """c_w = n |w|² near w = 0 in D dimensions. Source: thm-unit-price."""
    n = torch.logspace(6, 10, 9, dtype=F64)
    r = torch.logspace(-9, 1, 100_001, dtype=F64)
    weight = r**d * (-r.square() / 2).exp()
    inner = torch.stack([(-gaussian_price(c * r**2, m)).exp() for c in n])
    prices = -torch.trapezoid(weight * inner, r.log()).log() + (d == m) * n.log().log()
    rise = prices.diff() / n.log().diff()
    assert rise[-1].item() == pytest.approx(min(d, m) / 2, abs=0.01)


@pytest.mark.parametrize(("d", "m", "theory"), [(1, 1, 0.5), (2, 1, 0.75), (1, 2, 0.5), (3, 1, 1)])
def test_the_price_of_a_copy_has_its_exponent(d, m, theory):
    """∫ exp(−n (|δ|²|η|² + |η|⁴)) over Gaussian δ, η. Source: prop-cost-copies."""
    n = torch.logspace(6, 12, 13, dtype=F64)
    r = torch.logspace(-9, 1, 200_001, dtype=F64)
    weight = r**d * (-r.square() / 2).exp()
    prices = []
    for c in n:
        inner = (-gaussian_price(2 * c * r**2, m) - c * r**4).exp()
        prices.append(-torch.trapezoid(weight * inner, r.log()).log())
    rise = log_slope(n, torch.stack(prices).exp())
    assert rise == pytest.approx(theory, abs=0.05)


@pytest.mark.parametrize(
    "call",
    [
        lambda: binary_kl(1.2, 0.5),
        lambda: kl_inverse(0.1, -0.1),
        lambda: pac_bayes_bound(0.1, 1.0, 10, confidence=1.0),
        lambda: gaussian_divergence(torch.zeros(2), 0.0, 1.0),
        lambda: gaussian_price(-1.0),
        lambda: inactive_probability(1.0, -1.0),
    ],
)
def test_bad_input_is_refused(call):
    with pytest.raises(ValueError, match=r"must be|expected"):
        call()
