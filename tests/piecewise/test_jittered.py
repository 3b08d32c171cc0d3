"""One point a cell: what the theorems of the jittered design use, and what they say."""

import math

import pytest
import torch

from ldyn.core import stream
from ldyn.piecewise import (
    disk,
    fit_dyadic_tree,
    grid_risk_floor,
    grid_values,
    haar_threshold,
    haar_transform,
    half_space,
    sample_jittered,
    smooth_control,
    step,
)
from ldyn.piecewise.dyadic import cell_index, coarsen, refine


@pytest.mark.parametrize(("target", "side"), [(step(), 8), (disk(), 4), (smooth_control(3), 4)])
def test_one_point_in_each_cell_in_the_order_of_the_grid(target, side):
    data = sample_jittered(target, side, generator=stream("order"))
    levels = int(math.log2(side))
    assert cell_index(data.x, levels).tolist() == list(range(side**target.dim))
    quiet = sample_jittered(target, side, noise=0, generator=stream("order"))
    assert torch.equal(quiet.x, data.x)
    assert torch.equal(quiet.y, target(quiet.x))


def test_points_are_uniform_in_their_cells_and_unbiased_together():
    draws = [sample_jittered(disk(), 4, generator=stream("cells", k)) for k in range(2000)]
    places = (torch.stack([d.x for d in draws]) * 4) % 1
    assert abs(places.mean() - 0.5) < 4 * (1 / 12 / places.numel()) ** 0.5
    assert abs(places.var() - 1 / 12) < 4 * (1 / 180 / places.numel()) ** 0.5
    # E Y_c is the mean of f* over c, and errors have the variance σ² + f̄_c (1 − f̄_c)
    y = torch.stack([d.y for d in draws])
    fine = grid_values(disk(), 256).reshape(4, 64, 4, 64).mean((1, 3)).flatten()
    spread = 0.09 + fine * (1 - fine)
    assert ((y.mean(0) - fine).abs() < 4.5 * (spread / 2000).sqrt() + 1e-3).all()
    assert ((y.var(0) / spread - 1).abs() < 0.2).all()


def test_what_the_jittered_sample_refuses():
    with pytest.raises(ValueError, match="side must be an integer"):
        sample_jittered(disk(), 0, generator=stream("bad"))
    for noise in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match=r"noise must be a finite (standard deviation|number)"):
            sample_jittered(disk(), 2, noise=noise, generator=stream("bad"))


@pytest.mark.parametrize("noise", [0.3, 1.0, 5.0])
def test_a_coin_seen_once(noise):
    draw = stream("coin", noise)
    coin = (torch.rand(200_000, generator=draw) < 0.5).double()
    y = coin + noise * torch.randn(200_000, generator=draw, dtype=torch.float64)
    posterior = torch.sigmoid((y - 0.5) / noise**2)
    loss = (posterior - coin).square()
    error = 4 * loss.std().item() / 200_000**0.5
    assert grid_risk_floor(1, 2, noise=noise) == pytest.approx(loss.mean().item(), abs=error)
    share = grid_risk_floor(4096, 2, noise=noise) / grid_risk_floor(1, 1, noise=noise)
    assert share == pytest.approx(1 / 64)
    assert grid_risk_floor(1, 1, noise=noise) <= 0.25


def test_keep_or_kill_costs_half_the_ideal_risk():
    """lem-keep-or-kill, with the rule that sees θ and z; the plane at 1/3 has its coefficients."""
    plane, side = half_space((0.0, 1.0), 1 / 3), 16
    row = (torch.arange(side) > 5).double()
    row[5] = 2 / 3  # 5/16 < 1/3 < 6/16, two thirds of the cell lie above
    theta = haar_transform(row.expand(side, side).contiguous())
    for j, level in enumerate(theta[1:]):
        kept = level.abs()[level.abs() > 1e-12]
        assert len(kept) == 4**j // 2**j
        assert torch.allclose(kept, torch.full_like(kept, 16 / 2**j / 3))
    theta = torch.cat([t.flatten() for t in theta])[1:]
    losses = []
    for k in range(400):
        y = sample_jittered(plane, side, generator=stream("kill", k)).y.reshape(side, side)
        z = torch.cat([t.flatten() for t in haar_transform(y)])[1:] - theta
        losses.append(torch.minimum(z.square(), theta.square()))
    ideal = theta.square().clamp(max=0.09)
    assert (torch.stack(losses).mean(0) >= 0.5 * ideal).all()
    normal = torch.randn(10**6, generator=stream("half"), dtype=torch.float64)
    assert normal.square().clamp(max=1).mean() == pytest.approx(0.516, abs=0.002)


def test_the_bounds_with_the_constants_of_the_proofs():
    """lem-threshold on its event, and the inequality of thm-dyadic-tree against refined rims."""
    side, noise = 32, 0.3
    n, s2 = side**2, noise**2 + 1
    tau2 = 6 * s2 * math.log(n)
    fine = grid_values(disk(), side * 8).reshape(side, 8, side, 8).mean((1, 3))
    theta = torch.cat([t.flatten() for t in haar_transform(fine)])
    for k in range(10):
        data = sample_jittered(disk(), side, noise=noise, generator=stream("proofs", k))
        y = data.y.reshape(side, side)
        factor = 2 * math.sqrt(tau2 / (2 * noise**2 * math.log(n)))
        kept = haar_transform(haar_threshold(y, noise=noise, factor=factor))
        errors = (torch.cat([t.flatten() for t in kept]) - theta).square()[1:]
        assert (errors <= 9 * theta[1:].square().clamp(max=tau2) + 1e-12).all()
        price = 3 * tau2 / (2 * noise**2 * math.log(n))
        tree = fit_dyadic_tree(data.x, data.y, noise=noise, factor=price, depth=5)
        mine = (tree(data.x).reshape(side, side) - fine).square().sum().item()
        coarse, blocks = fine, []
        for _ in range(5):
            coarse = coarsen(coarse) / 4
            blown = coarse
            while len(blown) < side:
                blown = refine(blown)
            blocks.append((len(coarse) ** 2, (blown - fine).square().sum().item()))
        assert mine <= min(4 * error + 12 * tau2 * cells for cells, error in blocks)
