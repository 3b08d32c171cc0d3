"""What the page on the literature proves about the drift of a kernel."""

import torch
from torch.func import grad, jacrev

POINTS = torch.tensor([0.0, 1.0, 2.0], dtype=torch.float64)
GRAM = (-(POINTS[:, None] - POINTS).square() / 2).exp()
DATA = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64)
NEAR = torch.tensor([1 - 2e-9, 1e-9, 1e-9], dtype=torch.float64)


def drift_critic(mu):
    """log(m_μ/m_μ₀), of whose gradient the drift is the negative."""
    return ((GRAM @ mu) / (GRAM @ DATA)).log()


def smoothed_divergence(mu):
    return (GRAM @ mu) @ drift_critic(mu)


def round_trip(derivative):
    """The antisymmetric part summed round the three points: zero for every loss."""
    part = derivative - derivative.T
    return part[0, 1] + part[1, 2] + part[2, 0]


def test_the_drift_of_a_kernel_is_no_critic():
    """prop-drift-no-loss (1), (2)."""
    found = round_trip(jacrev(drift_critic)(NEAR))
    e = torch.tensor(1.0, dtype=torch.float64).exp()
    exact = 1 + e**-0.5 - e**1.5 - e**-2
    assert abs(found - exact) < 1e-6
    assert abs(exact) > 3


def test_the_smoothed_divergence_has_the_critic_that_is_smoothed_once_more():
    """prop-drift-no-loss (3); and its critic does pass the test of the first part."""
    mu = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    critic = grad(smoothed_divergence)
    right = GRAM @ drift_critic(mu) + GRAM.sum(0)
    assert (critic(mu) - right).abs().max() < 1e-14
    assert round_trip(jacrev(critic)(mu)).abs() < 1e-14
