"""What a copy of a tanh unit costs, against the theorem and against units of their own."""

import itertools
import math

import pytest
import torch

from ldyn.core import mean_interval, stream
from ldyn.landscape import copy_exponent, copy_price, gibbs_price

F64 = torch.float64
LINE = torch.linspace(-1, 1, 25, dtype=F64)
GRID = 2 * torch.linspace(-1, 1, 5, dtype=F64)
INPUTS = {
    1: 2 * LINE[:, None],
    2: torch.stack([2 * LINE, torch.ones_like(LINE)], 1),
    3: torch.cartesian_prod(GRID, GRID, torch.ones(1, dtype=F64)),
}
UNITS = {1: [1.5], 2: [1.5, 0.5], 3: [1.5, -1.0, 0.5]}


def test_a_copy_whose_common_weights_are_fixed(claim):
    """D = 2, M = 1, a and b fixed: 3/4. Source: prop-cost-copies."""
    draw = stream("ledger copies")
    delta = torch.randn(2**20, 1, generator=draw, dtype=F64)
    eta = torch.randn(2**20, 2, generator=draw, dtype=F64)
    line = torch.linspace(-1, 1, 9, dtype=F64)
    z, unit = torch.stack([line, torch.ones_like(line)]), torch.tensor([1.5, 0.5], dtype=F64)
    pair = (0.5 + delta) * torch.tanh((unit + eta / 2) @ z)
    pair += (0.5 - delta) * torch.tanh((unit - eta / 2) @ z)
    added = (pair - torch.tanh(unit @ z)).square().mean(1)
    low, high = (-math.log((-u * added).exp().mean()) for u in (1e4, 1e5))
    found = (high - low) / math.log(10)
    claim("price-copy", measured=found)
    assert found == pytest.approx(0.75, abs=0.05)


def test_the_loss_near_a_copy_is_quartic_when_the_middle_follows(claim):
    """At δ = c v_* with b fixed the order is 2, with b = w_* − c η it is 4. D = 2, M = 1."""
    line = torch.linspace(-1, 1, 9, dtype=F64)
    z, unit = torch.stack([line, torch.ones_like(line)]), torch.tensor([1.5, 0.5], dtype=F64)
    away, orders = torch.tensor([0.6, -0.8], dtype=F64), {}
    for c, follow in itertools.product((-0.4, 0.05, 0.1, 0.3, 0.7), (0, 1)):
        losses = []
        for step in (1e-3 * away, 1e-2 * away):
            middle = unit - follow * c * step
            out = (0.5 + c) * torch.tanh((middle + step / 2) @ z)
            out += (0.5 - c) * torch.tanh((middle - step / 2) @ z)
            losses.append((out - torch.tanh(unit @ z)).square().mean())
        orders[c, follow] = (losses[1] / losses[0]).log10().item()
    fixed, follows = ([orders[k] for k in orders if k[1] == f] for f in (0, 1))
    claim("copy-recentred", measured=max(follows, key=lambda o: abs(o - 4)))
    assert fixed == pytest.approx([2.0] * 5, abs=0.05)
    assert follows == pytest.approx([4.0] * 5, abs=0.05)


@pytest.mark.parametrize(("d", "m"), [(1, 1), (2, 1), (2, 2), (3, 1), (3, 2)])
def test_a_copy_with_all_weights_free(claim, d, m):
    """Eight sets of quasi-random points. Source: thm-copy-price."""
    v, w = (torch.tensor(t, dtype=F64) for t in ([1.0, 0.5][:m], UNITS[d]))
    rates, rises = torch.tensor([1e9, 1e13], dtype=F64), []
    for seed in range(8):
        low, high = copy_price(
            rates, v, w, INPUTS[d], shares=(0.25, 0.75), reach=0.3, draws=2**12, seed=seed
        )
        rises.append((high - low) / math.log(1e4))
    found = mean_interval(torch.stack(rises))
    claim(f"copy-free-{d}-{m}", measured=found.value, low=found.low, high=found.high)
    assert found.value == pytest.approx(copy_exponent(d, m)[0], abs=0.05)


def test_a_copy_is_cheaper_than_a_unit_of_its_own(claim):
    """D = M = 2 and u = 10⁶, against the least price of independent ones. cor-copy-or-new."""
    v, w = (torch.tensor(t, dtype=F64) for t in ([1.0, 0.5], UNITS[2]))
    x, rates = torch.stack([LINE, torch.ones_like(LINE)], 1), torch.tensor([1e6], dtype=F64)
    copies = mean_interval(
        torch.cat([copy_price(rates, v, w, x, draws=2**13, seed=seed) for seed in range(8)])
    )
    # The prior on rings of lengths that are even in ln|w|, down to where nothing is left.
    length = torch.arange(math.log(1e-7), math.log(30), 0.04, dtype=F64).exp()
    turn = torch.arange(48, dtype=F64) * (2 * math.pi / 48)
    ring = torch.stack([turn.cos(), turn.sin()], 1)
    power = torch.tanh((length[:, None, None] * ring) @ x.T).square().mean(2) / 4
    inner = (-gibbs_price((8 * 1e6 * power).T.contiguous(), 2)).exp()
    mass = length.square() / 4 * (-length.square() / 8).exp() * 0.04
    alone = -(mass * inner).sum().log().item()
    gap, half = copies.value - alone, copies.high - copies.value
    claim("copy-cheaper", measured=gap, low=gap - half, high=gap + half)
    assert gap + half < 0
