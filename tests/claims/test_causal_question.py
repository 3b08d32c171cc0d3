"""Chapter 4, the question: both directions always fit, and lines with normal laws stay so."""

import math

import torch

from ldyn.causal import additive_defect, igci, lingam, relative_hsic
from ldyn.core import mean_interval, stream

F64 = torch.float64


def quantile_noise(table, coins):
    """U = F(y⁻|x) + V (F(y|x) − F(y⁻|x)) for each cell of a table of probabilities (x, y, V)."""
    given = table / table.sum(1, keepdim=True)
    upto = given.cumsum(1)
    return (upto - given)[..., None] + coins * given[..., None]


def test_every_table_is_a_mechanism_in_both_directions(claim):
    """The law of U given x, and y back from (x, U), for random tables with atoms."""
    cells = 4000
    coins = (torch.arange(cells, dtype=F64) + 0.5) / cells
    worst = 0.0
    for k in range(20):
        table = torch.rand(4, 5, generator=stream("tables", k), dtype=F64) ** 3
        table = table / table.sum()
        for joint in (table, table.T):
            u = quantile_noise(joint, coins)
            given = joint / joint.sum(1, keepdim=True)
            weights = (given[..., None] / cells).expand_as(u)
            for a in (0.13, 0.5, 0.91):
                below = (weights * (u <= a)).sum((1, 2))
                worst = max(worst, (below - a).abs().max().item())
            upto = given.cumsum(1)
            back = torch.searchsorted(upto, u.flatten(1).contiguous()).view_as(u)
            right = torch.arange(joint.shape[1])[None, :, None].expand_as(back)
            assert torch.equal(back, right)
    claim("both-directions", measured=worst)
    assert worst <= 1 / cells


def test_a_rule_gains_in_one_direction_what_it_loses_in_the_other(claim):
    """cor-no-rule on linear and normal pairs of one law, whose causes are on either side."""
    rights = []
    for name, score in (("igci", igci), ("lingam", lingam)):
        for way in (1, -1):
            right = 0
            for k in range(400):
                z = torch.randn(2, 100, generator=stream("no rule", name, way, k), dtype=F64)
                cause, effect = z[0], 0.8 * z[0] + 0.6 * z[1]
                pair = (cause, effect) if way == 1 else (effect, cause)
                right += way * score(*pair) > 0
            rights.append(right / 400)
    sums = torch.tensor(rights).view(2, 2).sum(1)
    worst = sums[(sums - 1).abs().argmax()].item()
    wide = 1.96 * math.sqrt(2 * 0.25 / 400)
    claim("no-rule", measured=worst, low=worst - wide, high=worst + wide)
    assert abs(worst - 1) < 3 * wide / 1.96


def test_normal_lines_fit_both_ways(claim):
    """thm-linear-gaussian by its equation and by samples."""
    sigma, tau, b = 1.3, 0.7, -0.8
    normal = lambda x, y: -((x / sigma) ** 2) / 2 - ((y - b * x) / tau) ** 2 / 2  # noqa: E731
    x, y = 2 * torch.randn(2, 60, generator=stream("normal line"), dtype=F64)
    for law, at in ((normal, (x, y)), (lambda y, x: normal(x, y), (y, x))):
        assert additive_defect(law, *at).abs().max() < 1e-12
    c = b * sigma**2 / (b**2 * sigma**2 + tau**2)
    ratios = []
    for k in range(60):
        z = torch.randn(2, 300, generator=stream("normal line", k), dtype=F64)
        x, y = sigma * z[0], b * sigma * z[0] + tau * z[1]
        ratios.append(relative_hsic(y, x - c * y))
    found = mean_interval(torch.tensor(ratios, dtype=F64))
    claim("linear-gaussian", measured=found.value, low=found.low, high=found.high)
    assert found.low < 1 < found.high
