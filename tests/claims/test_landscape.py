"""Claims on the Hessian at a replicated unit and on Fukumizu and Amari's line."""

import torch
from torch.func import hessian

from ldyn.core import frozen, share_interval, stream
from ldyn.landscape import (
    UnitNet,
    fukumizu_amari_toy,
    gradient_descent,
    last_unit_forms,
    levenberg_marquardt,
    newton,
    separating_map,
    surplus_block,
)

F64 = torch.float64


def kept(**fields):
    rows = [row for row in frozen("inertia").rows if row["kept"]]
    return [row for row in rows if all(row[k] == v for k, v in fields.items())]


def test_the_block_theorem(claim):
    worst, count = 0.0, 0
    for activation in ("tanh", "sigmoid", "softplus", "relu"):
        for d, m, surplus in ((1, 1, 1), (2, 3, 2), (4, 2, 3), (3, 1, 2)):
            draw = stream("claim", activation, d, m, surplus)
            net = UnitNet(inputs=d, outputs=m, activation=activation)
            sizes = ((20, d), (20, m), 2 * (d + m), surplus + 1)
            x, y, theta, weights = (torch.randn(s, generator=draw, dtype=F64) for s in sizes)
            weights[-1] = 1 - weights[:-1].sum()
            change = torch.block_diag(torch.eye(d + m), separating_map(weights, m, d))
            found = change.T @ hessian(net.loss)(net.replicate(theta, weights), x, y) @ change
            block = surplus_block(last_unit_forms(net, theta, x, y), weights)
            right = torch.block_diag(hessian(net.loss)(theta, x, y), block)
            worst = max(worst, ((found - right).abs().max() / right.abs().max()).item())
            count += 1
    claim("block-identity", measured=f"below 1e-10 in {count} networks")
    assert worst < 1e-10


def test_the_inertia_theorem(claim):
    pairs = [pq for r in kept() for pq in zip(r["predicted"], r["measured"], strict=True)]
    wrong = sum(p != q for p, q in pairs)
    claim("inertia", measured=f"{wrong} of {len(pairs):,}")
    assert len(pairs) >= 900
    assert wrong == 0


def test_one_output_or_several(claim):
    one, several = kept(outputs=1), [r for r in kept() if r["outputs"] > 1]
    shut, open_ = sum(r["rank"] == 0 for r in one), sum(r["rank"] > 0 for r in several)
    claim("one-output", measured=f"{shut} of {len(one)}")
    claim("several-outputs", measured=f"{open_} of {len(several)}")
    assert shut == len(one)
    assert open_ == len(several)
    assert all(r["rank"] == min(r["outputs"] - 1, r["inputs"]) for r in several)


def test_definite_forms_are_rare(claim):
    rows = kept(activation="tanh", outputs=1, bias=True)
    definite = sum(r["inputs"] in (r["up"], r["down"]) for r in rows)
    claim("definite-with-bias", measured=f"{definite} of {len(rows)}")
    assert len(rows) >= 50
    assert definite / len(rows) < 0.05


def test_how_often_a_form_is_definite_depends_on_the_activation(claim):
    """Two units, one input and a bias."""
    shares = {}
    for name in ("tanh", "gelu"):
        rows = kept(activation=name, units=2, outputs=1, inputs=2, bias=True)
        shares[name] = share_interval(sum(2 in (r["up"], r["down"]) for r in rows), len(rows))
    gelu = shares["gelu"]
    claim("definite-activation", measured=gelu.value, low=gelu.low, high=gelu.high)
    assert gelu.low > shares["tanh"].high


def test_the_line_of_fukumizu_and_amari(claim):
    toy = fukumizu_amari_toy()
    places = torch.tensor([0.2, 0.5, 0.8, 1.2, 1.4, -0.4], dtype=F64).repeat_interleave(6)
    starts = toy.net.replicate(toy.theta, torch.stack([places, 1 - places], 1))
    starts = starts + 1e-2 * torch.randn(starts.shape, generator=stream("claim line"), dtype=F64)
    ends = gradient_descent(toy.loss, starts, rate=5e-3, steps=5000, looks=1)[-1]
    back = (toy.loss(ends) - toy.loss(toy.theta)).abs() < 1e-4
    inside = (places > 0) & (places < 1)
    said = f"{int(back[inside].sum())} of 18 and {int(back[~inside].sum())} of 18"
    claim("fukumizu-amari", measured=said)
    assert back[inside].all()
    assert not back[~inside].any()


def test_a_saddle_is_left_along_the_escape_direction(claim):
    draw = stream("claim escape")
    net = UnitNet(inputs=3, outputs=2)
    sizes = ((12, 40, 3), (12, 20), (12, 10))
    x, teacher, start = (torch.randn(s, generator=draw, dtype=F64) for s in sizes)
    y = net.values(teacher, x)
    found = levenberg_marquardt(net.residuals, start, (x, y))
    proper = found.converged & (found.theta.abs().amax(1) < 30)
    x, y, found = x[proper], y[proper], found.theta[proper]
    star = newton(net.loss, found, (x, y))
    half = torch.tensor([0.5, 0.5], dtype=F64)
    _, vectors = torch.linalg.eigh(surplus_block(last_unit_forms(net, star, x, y), half))
    change = torch.block_diag(torch.eye(5), separating_map(half, 2, 3)).to(F64)
    starts = net.replicate(star, half) + 1e-2 * vectors[:, :, 0] @ change[:, -5:].T
    ends = gradient_descent(net.loss, starts, (x, y), rate=2e-3, steps=3000, looks=1)[-1]
    ratios = net.loss(ends, x, y) / net.loss(starts, x, y)
    claim("escape", measured=(1 - ratios).min().item())
    assert len(ratios) >= 6
    assert (ratios < 1).all()
