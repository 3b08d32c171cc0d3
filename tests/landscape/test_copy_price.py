"""The price of a copy against quadrature, and of mixtures against the entropy of the places."""

import math

import pytest
import torch

from ldyn.core import stream
from ldyn.landscape import copy_exponent, copy_price, place_information

F64 = torch.float64


def test_the_price_is_an_integral():
    """D = M = 1, all four weights by the trapezoid rule. Source: thm-copy-price."""
    line, u, prior = torch.linspace(-1, 1, 9, dtype=F64), 2e4, 2.0

    def density(*units):
        return -sum(z.square() for z in units) / (2 * prior**2) - len(units) * math.log(
            prior * (2 * math.pi) ** 0.5
        )

    def grid(low, high, count):
        step = (high - low) / count
        return low + step * (torch.arange(count, dtype=F64) + 0.5), step

    (a, da), (b, db) = grid(0.4, 1.6, 60), grid(0.6, 2.4, 60)
    (share, ds), (eta, de) = grid(0.25, 0.75, 6), grid(-0.5, 0.5, 20)
    a, b, share, eta = torch.meshgrid(a, b, share, eta, indexing="ij")
    ends = share * a, b + (1 - share) * eta, (1 - share) * a, b - share * eta
    out = ends[0][..., None] * torch.tanh(ends[1][..., None] * line)
    out = out + ends[2][..., None] * torch.tanh(ends[3][..., None] * line)
    goal = torch.tanh(1.5 * line)
    exponent = density(*ends) - u * (out - goal).square().mean(-1) / 4 + a.abs().log()
    two = torch.logsumexp(exponent.flatten(), 0) + math.log(da * db * ds * de)
    v, w = a[..., 0, 0], b[..., 0, 0]
    exponent = density(v, w) - u * (
        (v[..., None] * torch.tanh(w[..., None] * line) - goal).square().mean(-1) / 4
    )
    one = torch.logsumexp(exponent.flatten(), 0) + math.log(da * db)
    found = copy_price(
        torch.tensor([u], dtype=F64), torch.ones(1, dtype=F64), torch.tensor([1.5], dtype=F64),
        line[:, None], shares=(0.25, 0.75), reach=0.5,
    )  # fmt: skip
    assert found.item() == pytest.approx((one - two).item(), abs=0.03)


@pytest.mark.parametrize(
    ("d", "m", "fixed", "right"),
    [(1, 1, False, (0.25, 0)), (1, 2, False, (0.5, 1)), (1, 3, False, (0.5, 0)),
     (2, 2, False, (0.75, 0)), (2, 1, True, (0.75, 0)), (2, 2, True, (1.0, 1))],
)  # fmt: skip
def test_the_exponents(d, m, fixed, right):
    """Source: prop-cost-copies, thm-copy-price."""
    assert copy_exponent(d, m, fixed=fixed) == right


def test_places_that_cannot_be_mixed_up_save_all_and_equal_ones_nothing():
    """Source: prop-places."""
    draw = stream("places")
    apart = torch.full((5, 4, 2), -math.inf, dtype=F64)
    apart[:, range(2), range(2)] = torch.randn(5, 2, generator=draw, dtype=F64)
    surplus = torch.tensor([-math.inf, -math.inf, 0.3, 1.0], dtype=F64).expand(5, -1)
    saved = place_information(apart, surplus)
    assert saved.tolist() == pytest.approx([math.log(6)] * 5)
    same = torch.randn(5, 3, generator=draw, dtype=F64)
    assert place_information(same[:, :, None], same).tolist() == pytest.approx([0.0] * 5)


def test_what_is_saved_is_the_information():
    """One needed and one surplus unit with two values each, enumerated."""
    q, s = torch.tensor([0.9, 0.1], dtype=F64), torch.tensor([0.2, 0.8], dtype=F64)
    pairs = torch.cartesian_prod(torch.arange(2), torch.arange(2))
    weight = q[pairs[:, 0]] * s[pairs[:, 1]]
    found = place_information(q.log()[pairs][..., None], s.log()[pairs])
    mixed = (weight + q[pairs[:, 1]] * s[pairs[:, 0]]) / 2
    right = (weight * (weight / mixed).log()).sum().item()
    assert (weight * found).sum().item() == pytest.approx(right, rel=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda: copy_price(torch.ones(1), torch.ones(2, 1), torch.ones(2), torch.ones(5, 2)),
        lambda: place_information(torch.ones(3, 2), torch.ones(3, 2)),
        lambda: copy_exponent(0, 1),
    ],
)
def test_bad_input_is_refused(call):
    with pytest.raises(ValueError, match=r"expected|must be"):
        call()
