"""The table of losses on random measures: critics are derivatives, conjugates are tight."""

import torch
from torch.func import grad

from ldyn.core import stream
from ldyn.gans import LOSSES, f_divergence, half_squared_norm, kernel_norm, wasserstein_line
from ldyn.kernels import Gaussian

F64 = torch.float64
PEARSON = f_divergence(
    lambda r: (r - 1) ** 2 / 2,
    lambda r: r - 1,
    lambda s: s.clamp(min=-1) + s.clamp(min=-1) ** 2 / 2,
)


def rows(points):
    gram = Gaussian(0.3)(points[:, None], points[:, None])
    kernels = {"half MMD²": half_squared_norm(gram), "MMD": kernel_norm(gram)}
    return {**LOSSES, "Pearson": PEARSON, **kernels, "Wasserstein": wasserstein_line(points)}


def draw(seed):
    """Increasing points and three probabilities, some of whose weights are far below others."""
    source = stream("table", seed)
    m = int(torch.randint(2, 31, (1,), generator=source))
    points = (0.15 + torch.rand(m, generator=source, dtype=F64)).cumsum(0)
    heights = torch.rand(3, m, generator=source, dtype=F64) ** 4 + 1e-4
    return points, heights / heights.sum(1, keepdim=True)


def test_critics_are_derivatives(claim):
    """Source: prop-loss-table."""
    worst, count = 0.0, 0
    for seed in range(100):
        points, (mu, data, _) = draw(seed)
        for loss in rows(points).values():
            apart = loss.critic(mu, data) - grad(loss.value)(mu, data)
            worst, count = max(worst, (apart - apart.mean()).abs().max().item()), count + 1
    claim("gan-critics", measured=f"{'below' if worst < 1e-8 else 'above'} 1e-8 in {count}")
    assert count == 900
    assert worst <= 1e-8


def test_fenchel_and_young_are_tight_at_the_critic_alone(claim):
    """J(ν) + J*(φ) ≥ ⟨φ, ν⟩ for critics of μ, and other functions. Source: lem-fenchel-young."""
    tight, below = 0.0, 0.0
    for seed in range(100):
        points, (mu, data, nu) = draw(seed)
        for loss in rows(points).values():
            phi = loss.critic(mu, data)
            gap = lambda at, f, loss=loss, data=data: (  # noqa: E731
                loss.value(at, data) + loss.conjugate(f, data) - f @ at
            ).item()
            tight = max(tight, abs(gap(mu, phi)))
            other = (phi + loss.critic(nu, data)) / 2  # the domain of a conjugate is convex
            below = max(below, -gap(nu, phi), -gap(mu, other), -gap(nu, other - 0.5))
    claim("gan-fenchel-young", measured=f"{'below' if max(tight, below) < 1e-8 else 'above'} 1e-8")
    assert tight <= 1e-8
    assert below <= 1e-8
