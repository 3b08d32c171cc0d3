"""Chapter 5, the question: certificates hold, the choice costs little, and choices cost much."""

import torch

from ldyn.core import frozen, mean_interval, stream
from ldyn.kernels import Gaussian, Laplace, Matern32
from ldyn.solvers import loo_path

F64 = torch.float64


def systems():
    """Random points, kernel, ridge, responses and coefficients, near the answer and far from it."""
    for k in range(60):
        draw = stream("certificates", k)
        n, d = 5 + k, 1 + k % 3
        kernel = (Gaussian, Laplace, Matern32)[k % 3](10 ** (-1 + k % 5 / 4))
        ridge = 10.0 ** (-4 + k % 6)
        x, z = (torch.rand(m, d, generator=draw, dtype=F64) for m in (n, 500))
        y = torch.randn(n, generator=draw, dtype=F64)
        gram, eye = kernel(x, x), torch.eye(n, dtype=F64)
        exact = torch.linalg.solve(gram + ridge * eye, y)
        wrong = exact + 10.0 ** -(k % 4) * torch.randn(n, generator=draw, dtype=F64)
        yield gram, kernel(torch.cat([x, z]), x), ridge, y, exact, wrong


def test_no_answer_is_further_away_than_its_certificate_says(claim):
    """prop-certificate, (1) as an equation and (2) at points of the sample and others."""
    nearest = 0.0
    for gram, across, ridge, y, exact, wrong in systems():
        loss = lambda c: (y - gram @ c).square().sum() + ridge * c @ gram @ c  # noqa: B023, E731
        lifted = gram + ridge * torch.eye(len(gram), dtype=F64)
        r = y - lifted @ wrong
        excess = r @ gram @ torch.linalg.solve(lifted, r)
        assert torch.allclose(loss(wrong) - loss(exact), excess, rtol=1e-6, atol=1e-9)
        assert 0 <= excess <= r.square().sum()
        off = (across @ (wrong - exact)).abs().max() * 2 * ridge**0.5 / r.norm()
        nearest = max(nearest, off.item())
    claim("lowcost-certificate", measured=nearest)
    assert nearest <= 1


def test_the_half_of_the_certificate_is_reached():
    """prop-certificate: one point, k = 1 and λ = 1."""
    for y in (0.3, 2.0):
        assert abs(y / (1 + 1.0) - 0) == abs(y) / (2 * 1.0**0.5)


def test_choosing_by_points_left_out_costs_little_at_180_points(claim):
    widths, ridges = torch.logspace(-1.9, 0, 24, dtype=F64), torch.logspace(-3, 1.5, 10, dtype=F64)
    line = torch.linspace(0, 1, 241, dtype=F64)[:, None]
    curve = lambda x: (9 * x[:, 0] ** 1.5).sin() * (1.3 - 0.7 * x[:, 0])  # noqa: E731
    extra = []
    for k in range(30):
        draw = stream("price of a choice", k)
        x = torch.rand(180, 1, generator=draw, dtype=F64)
        y = curve(x) + 0.25 * torch.randn(180, generator=draw, dtype=F64)
        risks, left = [], []
        for kernel in map(Gaussian, widths.tolist()):
            gram, centred = kernel(x, x), y - y.mean()
            left.append(loo_path(gram, centred, ridges=ridges.tolist()))
            lifted = gram + ridges[:, None, None] * torch.eye(180, dtype=F64)
            c = torch.linalg.solve(lifted, centred.expand(len(ridges), -1))
            risks.append((y.mean() + c @ kernel(x, line) - curve(line)).square().mean(1))
        risk = torch.cat(risks)
        chosen = risk[torch.cat(left).argmin()]
        extra.append((0.25**2 + chosen) / (0.25**2 + risk.min()) - 1)
    found = mean_interval(100 * torch.stack(extra))
    claim("lowcost-choice", measured=found.value, low=found.low, high=found.high)
    assert found.high < 5


def test_of_45_networks_the_one_that_looks_best_is_behind(claim):
    study = frozen("many_choices")
    ratios = []
    for kernel in study.where(shape="nothing to choose").rows:
        tried = [r for r in study.rows if r["steps"] and r["seed"] == kernel["seed"]]
        assert len(tried) == 45
        ratios.append(min(tried, key=lambda r: r["seen"])["error"] / kernel["error"])
    claim("lowcost-networks", measured=min(ratios), low=None, high=None)
    assert min(ratios) > 1
