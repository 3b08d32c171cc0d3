"""What the regularisers give to a loss, in one dimension and on a line of points."""

import math

import pytest
import torch

from ldyn.core import stream
from ldyn.gans import LOSSES, huber_descent, moreau_envelope
from ldyn.kernels import Gaussian

F64 = torch.float64
ALPHA, BETA = 1.5, 2.0
STARTS = 6 * torch.rand(400, generator=stream("huber", "starts"), dtype=F64) - 3


def ends(gamma, *, slope, weight, steps=4000):
    """The last 100 places of each start, (100, n)."""
    path = huber_descent(STARTS, step=gamma, steps=steps, slope=slope, weight=weight)
    return path[-100:]


def test_a_lipschitz_critic_alone_chatters(claim):
    """Two-cycles of amplitude between γα/2 and γα, for every step. Source: prop-huber."""
    ratios = []
    for gamma in (0.01, 0.1, 0.3, 1.0):
        last = ends(gamma, slope=ALPHA, weight=math.inf)
        assert torch.allclose(last[2:], last[:-2], rtol=0, atol=1e-12)
        ratios.append(last.abs().amax(0) / (gamma * ALPHA))
    ratios = torch.cat(ratios)
    claim("huber-chatter", measured=ratios.min(), high=ratios.max())
    assert ratios.min() >= 0.5 - 1e-9
    assert ratios.max() <= 1 + 1e-9


def test_a_penalty_alone_has_one_limit(claim):
    """Contraction by |1 − 2γβ|: the limit is 2/L, L = 2β. Source: cor-descent, prop-huber."""
    low, high = 0.1 / BETA, 10 / BETA
    for _ in range(40):
        gamma = math.sqrt(low * high)
        end = huber_descent(STARTS[:1], step=gamma, steps=3000, slope=math.inf, weight=BETA)[-1]
        low, high = (gamma, high) if abs(end) < abs(STARTS[0]) else (low, gamma)
    claim("huber-limit", measured=low * BETA)
    assert low * BETA == pytest.approx(1, rel=1e-6)


def test_both_together_converge_below_the_limit_and_stay_bounded_beyond(claim):
    """Source: prop-huber."""
    worst = max(
        ends(f / BETA, slope=ALPHA, weight=BETA).abs().max().item() for f in (0.1, 0.5, 0.9, 0.99)
    )
    ratios = []
    for factor in (1.01, 1.5, 4.0):
        gamma = factor / BETA
        last = ends(gamma, slope=ALPHA, weight=BETA)
        assert torch.allclose(last[2:], last[:-2], rtol=0, atol=1e-12)
        amplitude = last.abs().amax(0)
        assert (amplitude <= gamma * ALPHA - ALPHA / (2 * BETA) + 1e-9).all()
        ratios.append((amplitude / (gamma * ALPHA)).min().item())
    claim("huber-both", measured=worst)
    assert worst < 1e-9
    assert min(ratios) >= 0.5 - 1e-9


def test_the_envelope_of_a_loss_without_conditions_has_all_three(claim):
    """Slope, curvature, sensitivity over the bounds of thm-envelope and prop-kernel-alone."""
    sigma, weight = 1.0, 2.0
    line = torch.linspace(-8, 8, 161, dtype=F64)
    gram = Gaussian(sigma)(line[:, None], line[:, None])
    step = (line[1] - line[0]).item()
    bounds = (
        2 * math.exp(-0.5) * weight / sigma,
        (1 + 2 * math.exp(-1.5)) * weight / sigma**2,
        weight / sigma**2,
    )
    worst = [0.0, 0.0, 0.0]
    for seed in range(12):
        draw = torch.rand(4, generator=stream("envelope", seed), dtype=F64)
        centre, width, move = 8 * draw[0] - 4, 0.5 + draw[1], 0.02 + draw[2]
        normal = lambda c, w: torch.softmax(-((line - c) ** 2) / (2 * w**2), 0)  # noqa: E731
        data = normal(0.0, 0.5 + draw[3])
        first, second = normal(centre, width), normal(centre + move, width)
        slopes = [
            moreau_envelope(
                LOSSES["Kullback–Leibler"], mu, data, gram=gram, weight=weight, steps=3000
            ).critic.diff()
            / step
            for mu in (first, second)
        ]
        distance = (first - second).cumsum(0).abs().sum() * step
        found = (
            slopes[0].abs().max(),
            (slopes[0].diff() / step).abs().max(),
            (slopes[0] - slopes[1]).abs().max() / distance,
        )
        worst = [max(w, (f / b).item()) for w, f, b in zip(worst, found, bounds, strict=True)]
    claim("envelope-conditions", measured=max(worst), low=min(worst))
    assert all(0.05 < w <= 1 for w in worst), worst


SHORT = torch.linspace(-3, 3, 31, dtype=F64)
H = (SHORT[1] - SHORT[0]).item()
KERNEL = Gaussian(1.0)(SHORT[:, None], SHORT[:, None])
FLOWS = torch.cat([torch.eye(31, dtype=F64).diff(dim=0), torch.eye(31, dtype=F64).diff(n=2, dim=0)])


def mend(xi, alpha, beta, weight, steps=3000):
    """inf R_1(ξ′) + R_2(ξ″) + R_3(ξ − ξ′ − ξ″) on a line: the critic λKξ‴, the value, the gap.

    Moving mass u_i from a point to the next costs αh|u_i|; second differences v_i cost βh²|v_i|:
    an ℓ₁ problem, by accelerated steps with restarts. The gap to the dual bounds the error.
    """
    price = torch.cat([torch.full((30,), alpha * H), torch.full((29,), beta * H**2)]).double()
    pull = weight * FLOWS @ KERNEL
    rate = 1 / torch.linalg.eigvalsh(pull @ FLOWS.T)[-1]
    w = v = torch.zeros(59, dtype=F64)
    t = 1.0
    for _ in range(steps):
        new = v + rate * pull @ (xi - FLOWS.T @ v)
        new = new.sign() * (new.abs() - rate * price).clamp(min=0)
        turns = ((v - new) @ (new - w)) > 0
        after = 1.0 if turns else (1 + (1 + 4 * t * t) ** 0.5) / 2
        v = new if turns else new + (t - 1) / after * (new - w)
        w, t = new, after
    rest = xi - FLOWS.T @ w
    critic, square = weight * KERNEL @ rest, weight * rest @ KERNEL @ rest / 2
    shrink = max(1.0, ((FLOWS @ critic).abs() / price).max().item())
    dual = critic @ xi / shrink - square / shrink**2
    return critic, square + price @ w.abs(), square + price @ w.abs() - dual


def test_all_three_regularisers_give_all_three_conditions(claim):
    """The loss that is infinite off μ_0; (D1) and (D2) are active. Source: thm-envelope."""
    alpha, beta, weight = 0.4, 0.5, 2.0
    worst, gaps = [0.0, 0.0, 0.0], []
    normal = lambda c, w: torch.softmax(-((SHORT - c) ** 2) / (2 * w**2), 0)  # noqa: E731
    for seed in range(8):
        draw = torch.rand(5, generator=stream("three", seed), dtype=F64)
        data, centre = normal(0.0, 0.3 + draw[0]), 4 * draw[1] - 2
        pair = [normal(centre + e, 0.3 + draw[2]) for e in (0.0, 0.02 + draw[3])]
        found = [mend(mu - data, alpha, beta, weight) for mu in pair]
        slopes = [critic.diff() / H for critic, _, _ in found]
        distance = (pair[0] - pair[1]).cumsum(0).abs().sum() * H
        ratios = (
            slopes[0].abs().max() / alpha,
            (slopes[0].diff() / H).abs().max() / beta,
            (slopes[0] - slopes[1]).abs().max() / distance / weight,
        )
        worst = [max(w, r.item()) for w, r in zip(worst, ratios, strict=True)]
        gaps += [gap.item() for _, _, gap in found]
        tangent = found[1][1] - found[0][1] - found[0][0] @ (pair[1] - pair[0])
        assert tangent > -1e-9  # the critic supports the envelope
    claim("envelope-three", measured=worst[2], high=max(worst))
    assert max(map(abs, gaps)) < 1e-9
    assert worst[:2] == pytest.approx([1, 1], rel=1e-6)
    assert 0.05 < worst[2] <= 1
