"""Embeddings: the same function, the table of stationary points, and flatness of ReLU units."""

import math

import torch
from torch import nn

from ldyn.core import frozen, stream
from ldyn.landscape import (
    UnitNet,
    add_inactive,
    add_unpropagated,
    curve_toy,
    growth_order,
    inactive,
    kink_distance,
    replicate,
    sample_inactive,
    separating_map,
)

F64 = torch.float64
TABLE = ("shares", "uneven", "inactive", "unpropagated", "both")


def random_net(seed, act):
    draw = stream("claim embeddings", seed)
    net = nn.Sequential(
        nn.Conv2d(1, 3, 3), act(), nn.MaxPool2d(2), nn.Conv2d(3, 4, 2), act(), nn.Flatten(),
        nn.Linear(4 * 9, 6), act(), nn.Linear(6, 5), act(), nn.Linear(5, 2),
    ).double()  # fmt: skip
    for p in net.parameters():
        p.data = torch.randn(p.shape, generator=draw, dtype=F64) / p[0].numel() ** 0.5
    return net, torch.randn(8, 1, 10, 10, generator=draw, dtype=F64)


def test_the_function_is_the_same(claim):
    worst, count = 0.0, 0
    for seed in range(10):
        for act in (nn.Tanh, nn.ReLU, nn.GELU):
            net, x = random_net(seed, act)
            rows = [m for m in net if isinstance(m, nn.Conv2d | nn.Linear)]
            for layer, m in enumerate(rows[:-1]):
                shape, block = (1, *m.weight.shape[1:]), 9 if layer == 1 else 1
                new = torch.ones(shape, dtype=F64), torch.ones(1, dtype=F64)
                out = rows[layer + 1].weight
                out = torch.ones(out.shape[0], block, *out.shape[2:], dtype=F64)
                for wide in (
                    replicate(net, layer, seed % 3, [0.5, 0.8, -0.3]),
                    add_inactive(net, layer, 0 * new[0], 0 * new[1], out),
                    add_unpropagated(net, layer, *new),
                ):
                    worst = max(worst, (wide(x) - net(x)).abs().max().item())
                    count += 1
    claim("same-function", measured=f"below 1e-12 in {count} wide networks")
    assert worst < 1e-12


def test_the_table_of_stationary_points(claim):
    """A row is stationary in every case, or its gradient is that of eq-new-gradient."""
    rows = frozen("stationarity").where(kept=True).rows
    still, moving = [], []
    for r in rows:
        for field in TABLE:
            relu, one = r["activation"] == "relu", r["outputs"] == 1
            stationary = {"shares": True, "uneven": one, "inactive": relu, "both": True}
            (still if stationary.get(field, False) else moving).append((r, field))
    largest = max(r[f] for r, f in still)
    least = min(r[f] for r, f in moving)
    gap = max(abs(r[f] / r[f"{f}_foretold"] - 1) for r, f in moving)
    claim("stationary", measured=f"below 1e-10 at {len(still)} points")
    claim("not-stationary", measured=least)
    claim("new-gradient", measured=f"below 1e-5 at {len(moving)} points")
    exceptions = sum(r["down"] != r["down_foretold"] for r in rows)
    saddles = sum(r["activation"] == "tanh" for r in rows)
    assert all(r["down"] > 0 for r in rows if r["activation"] == "tanh")
    claim("silent-tanh-saddle", measured=f"{exceptions} of {saddles}")
    assert largest < 1e-10
    assert least > 1e-3
    assert gap < 1e-5
    assert exceptions == 0


def relu_fits(**fields):
    return frozen("relu_units").where(end="smooth", **fields).rows


def test_inactive_units_add_their_parameters_to_the_nullity(claim):
    cases = [
        (surplus * (r["inputs"] + r["outputs"]), added)
        for r in relu_fits()
        for surplus, added in zip((1, 2, 4), r["silent"], strict=True)
    ]
    wrong = sum(added != [0, said, 0] for said, added in cases)
    claim("relu-nullity", measured=f"{wrong} of {len(cases)}")
    assert wrong == 0


def test_the_loss_does_not_change_inside_the_cone(claim):
    toy = curve_toy("relu")
    draw = stream("claim cone")
    w = sample_inactive(toy.x, 20_000, scale=5.0, generator=draw)
    v = 10 * torch.randn(len(w), 1, generator=draw, dtype=F64)
    narrow = toy.theta.expand(len(w), -1)
    wide = torch.cat([narrow[:, :-1], v, w, narrow[:, -1:]], 1)
    change = (toy.loss(wide) - toy.loss(toy.theta)).abs().max().item()
    claim("relu-cone", measured=change)
    assert change < 1e-13


def test_copies_of_a_relu_unit_with_two_outputs(claim):
    rows = [r for r in relu_fits(outputs=2) if r["rank"]]
    for r in rows:
        rest = r["inputs"] + r["outputs"] - 2 * r["rank"]
        said = [[k * r["rank"], k * rest, k * r["rank"]] for k in (1, 1, 2)]
        assert r["copied"] == said, r["seed"]
    gap = max(abs(r["lowest"] / r["gate"] + 1) for r in rows)
    claim("relu-saddle", measured=f"all {len(rows)} saddles, eigenvalue within 1e-5")
    assert gap < 1e-5


def test_copies_of_a_relu_unit_with_one_output(claim):
    rows = relu_fits(outputs=1)
    said = {d: [[0, k * (d + 1), 0] for k in (1, 1, 2)] for d in (2, 3)}
    wrong = sum(r["copied"] != said[r["inputs"]] for r in rows)
    claim("relu-fibre", measured=f"{wrong} of {len(rows)}")
    assert wrong == 0


def test_where_narrow_relu_fits_end(claim):
    ends = frozen("relu_units").column("end")
    share = ends.count("kink") / len(ends)
    claim("relu-kinks", measured=share)
    assert 0.05 < share < 0.6


def lines(activation, outputs, part, seeds=20):
    """Orders of growth at exact fits, copied with shares, along random lines in some coordinates.

    part: "all" parameters, the surplus coordinates, "eta" or "delta". Teachers with a silent ReLU
    unit are left out: there nothing grows.
    """
    d, shares = 3, torch.tensor([0.5, 0.8, -0.3], dtype=F64)
    size = d + outputs
    cut = {"all": 0, "surplus": 2 * size, "eta": 2 * size, "delta": 2 * size + 2 * d}[part]
    end = 2 * size + 2 * d if part == "eta" else 4 * size
    net = UnitNet(inputs=d, outputs=outputs, activation=activation)
    change = torch.block_diag(torch.eye(size, dtype=F64), separating_map(shares, outputs, d))
    for seed in range(seeds):
        draw = stream("growth", activation, outputs, part, seed)
        x = torch.randn(40, d, generator=draw, dtype=F64)
        x[:, -1] = 1
        theta = torch.randn(2 * size, generator=draw, dtype=F64)
        if activation == "relu" and inactive(net.split(theta)[1], x).any():
            continue
        y, start = net.values(theta, x), net.replicate(theta, shares)
        way = torch.zeros_like(start)
        way[cut:end] = torch.randn(end - cut, generator=draw, dtype=F64)
        way = change @ way / (change @ way).norm()
        # Far below the distance to a kink, and for tanh where the next power is small.
        far = kink_distance(net, start, way, x) if activation == "relu" else 1e-3
        t = torch.logspace(-1, -0.05, 8, dtype=F64) * min(float(far), 1e-3)
        yield growth_order(lambda z, x=x, y=y: net.loss(z, x, y), start, way, t)


def test_orders_of_growth_at_exact_fits(claim):
    quartic = [
        k
        for m in (1, 2)
        for act, part in (("tanh", "surplus"), ("tanh", "eta"), ("relu", "surplus"))
        for k in lines(act, m, part)
    ]
    worst = max(quartic, key=lambda k: abs(k - 4))
    claim("growth-copies", measured=worst)
    assert abs(worst - 4) < 0.02
    plain = [k for act in ("tanh", "relu") for k in lines(act, 2, "all")]
    worst = max(plain, key=lambda k: abs(k - 2))
    claim("growth-generic", measured=worst)
    assert abs(worst - 2) < 0.02


def test_exactly_flat_sets_at_exact_fits(claim):
    flat = [
        k
        for act, part in (("tanh", "delta"), ("relu", "delta"), ("relu", "eta"))
        for m in (1, 2)
        for k in lines(act, m, part)
    ]
    grows = sum(k != math.inf for k in flat)
    claim("growth-flat", measured=f"{grows} of {len(flat)}")
    assert grows == 0
