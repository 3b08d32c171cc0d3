"""The self-checks: right answers found another way, wrong ones told what is wrong with them."""

import itertools
import math

import pytest
import torch
from exercises import ExerciseContract, hint, least
from torch.func import hessian, jacrev

from ldyn.core import log_slope, stream
from ldyn.landscape import (
    Forms,
    UnitNet,
    channel_pair,
    fukumizu_amari_toy,
    gated_unit,
    gradient_flow,
    kl_inverse,
    newton,
    surplus_block,
)
from ldyn.landscape.exercises import odd_alive, orders, other_curvature

F64 = torch.float64


def random_gate(outputs, rank, inputs=4):
    draw = stream("gate", outputs, rank)
    left = torch.randn(outputs, rank, generator=draw, dtype=F64)
    return left @ torch.randn(rank, inputs, generator=draw, dtype=F64)


def stationary_dimension(copies, outputs, rank):
    """The nullity of the equations Fᵀ v_j = 0 for all copies and Σ_j v_j = 0."""
    gate = random_gate(int(outputs), int(rank))
    eye = torch.eye(int(copies) + 1, dtype=F64)
    rows = [
        torch.kron(eye, gate.T.contiguous()),
        torch.eye(int(outputs), dtype=F64).repeat(1, len(eye)),
    ]
    equations = torch.cat(rows)
    return equations.shape[1] - torch.linalg.matrix_rank(equations).item()


def raw_curvature():
    """Twice the raw second derivative along (w₀ − w₁)/√2 in the middle of the line."""
    toy = fukumizu_amari_toy()
    y = 2 * torch.tanh(toy.x) + torch.tanh(4 * toy.x)
    fit = newton(toy.net.loss, torch.tensor([[3.0, 1.5]], dtype=F64), (toy.x[None], y[None]))[0]
    wide = toy.net.replicate(fit, torch.tensor([0.5, 0.5], dtype=F64))
    along = torch.tensor([0, 1, 0, -1], dtype=F64) / math.sqrt(2)
    return 2 * along @ hessian(toy.net.loss)(wide, toy.x, y) @ along


def fewest_down(copies, rank, up, down):
    """The least count of negative eigenvalues of the block over the signs of the shares."""
    rank, inputs = int(rank), int(rank + up + down)
    gate, bend = torch.zeros(rank + 1, max(inputs, 1), dtype=F64), [0.3] * rank
    gate[range(rank), range(rank)] = 1.0
    bend += [1.0] * int(up) + [-1.0] * int(down)
    forms = Forms(gate=gate, curvature=torch.diag(torch.tensor(bend or [0.0], dtype=F64)))
    counts = []
    for positive in range(1, int(copies) + 2):
        negative = int(copies) + 1 - positive
        first = (1 + 0.1 * negative) / positive
        shares = torch.tensor([first] * positive + [-0.1] * negative, dtype=F64)
        values = torch.linalg.eigvalsh(surplus_block(forms, shares))
        counts.append(int((values < -1e-9).sum()))
    return min(counts)


def softmax_gate():
    """∂/∂C of the cross-entropy of logits C x, at C = 0: the added gated unit."""
    x, label = torch.tensor([1.0, 2.0, -1.0], dtype=F64), torch.tensor([0, 1, 2])
    c = torch.zeros(3, dtype=F64, requires_grad=True)
    torch.nn.functional.cross_entropy(x[:, None] * c, label, reduction="sum").backward()
    return c.grad


def sheets(inputs, outputs):
    """The larger nullity of (V, W) ↦ V Wᵀ at a point with parallel v_j, and with parallel w_j."""
    d, m, draw = int(inputs), int(outputs), stream("sheets", inputs, outputs)
    v, w = (torch.randn(2, k, generator=draw, dtype=F64) for k in (m, d))
    line = torch.tensor([[0.7], [-1.2]], dtype=F64)
    found = []
    for a, b in ((line * v[:1], w), (v, line * w[:1])):
        product = jacrev(lambda t: (t[: 2 * m].view(2, m).T @ t[2 * m :].view(2, d)).flatten())
        slope = product(torch.cat([a.flatten(), b.flatten()]))
        found.append(2 * (d + m) - torch.linalg.matrix_rank(slope).item())
    return max(found)


def quartic_factor():
    net, x = UnitNet(inputs=1), torch.linspace(-1, 2, 9, dtype=F64)[:, None]
    narrow = torch.tensor([1.3, 0.7], dtype=F64)
    y, losses = net.values(narrow, x), []
    for share in (0.5, 0.1):
        wide = net.replicate(narrow, torch.tensor([share, 1 - share], dtype=F64))
        move = torch.tensor([0, 1 - share, 0, -share], dtype=F64)
        losses.append(net.loss(wide + 1e-3 * move, x, y))
    return losses[0] / losses[1]


def arrangements(needed, surplus):
    units = [*range(int(needed)), *[-1] * int(surplus)]
    return math.log(len(set(itertools.permutations(units))))


def free_units(needed, chance):
    """The K at which −K ln P(C) and ln C(H₀ + K, K) − ln C(H₀ + K − 1, K − 1) balance."""
    return math.exp(
        least(lambda k: abs(math.log(math.exp(-k) * needed + 1) + math.log(chance)), -9, 9)
    )


def trace(v, w, x):
    log_beta = least(lambda u: (w * math.exp(u)) ** 2 + (v / math.exp(u)) ** 2, -6, 6)
    return ((w * math.exp(log_beta)) ** 2 + (v / math.exp(log_beta)) ** 2) * x**2


def odd_assignments(teacher, width):
    """Assignments of units to signed names, to groups up to one sign, or to death; enumerated."""
    teacher, width, found = int(teacher), int(width), set()
    choices = [(g, s) for g in range(teacher + width) for s in (1, -1)] + [(-1, 0)]
    for units in itertools.product(choices, repeat=width):
        if set(range(teacher)) <= {g for g, _ in units}:
            lead, told = {}, []
            for g, s in units:
                if g >= teacher:
                    name, first = lead.setdefault(g, (teacher + len(lead), s))
                    told.append((name, s * first))
                else:
                    told.append((g, s))
            found.add(tuple(told))
    return len(found)


def free_assignments(teacher, width):
    found = set()
    for units in itertools.product(range(teacher + width), repeat=width):
        if set(range(teacher)) <= set(units):
            lead = {}
            found.add(
                tuple(g if g < teacher else lead.setdefault(g, teacher + len(lead)) for g in units)
            )
    return len(found)


def chain(depth, y):
    w = torch.full((int(depth),), y ** (1 / depth), dtype=F64)
    values = torch.linalg.eigvalsh(hessian(lambda w: (w.prod() - y) ** 2 / 2)(w))
    return values[-1].item()


def three_units():
    x, w, u = torch.linspace(-1, 1, 41, dtype=F64), 0.7, 1.3
    z = (w * x).tanh()
    limit, errors = (u * x) ** 2 * -2 * z * (1 - z**2), []
    heights = torch.tensor([100.0, 140.0, 200.0], dtype=F64)
    for a in heights.tolist():
        units = [((w + k * u / a) * x).tanh() for k in (1, 0, -1)]
        errors.append((a**2 * (units[0] - 2 * units[1] + units[2]) - limit).abs().max())
    return log_slope(heights, torch.stack(errors))


RIGHT = {
    "ex-dead-end": stationary_dimension,
    "ex-other-sign": raw_curvature(),
    "ex-fewest-down": fewest_down,
    "ex-escape-clock": lambda start, strength: least(
        lambda t: abs(start * math.exp(strength * t) - 1), 0, 200 / strength
    ),
    "ex-softmax-gate": softmax_gate(),
    "ex-two-sheets": sheets,
    "ex-quartic": quartic_factor(),
    "ex-zero-errors": lambda bound: kl_inverse(0.0, bound),
    "ex-all-orders": arrangements,
    "ex-free-units": free_units,
    "ex-least-trace": trace,
    "ex-three-into-two": free_assignments(2, 3),
    "ex-odd-counts": odd_assignments,
    "ex-decay-share": lambda v, w: math.exp(
        least(lambda u: v**2 / math.exp(u) + math.exp(u) * w**2, -8, 8)
    ),
    "ex-chain": chain,
    "ex-three-units": three_units(),
    "ex-channel-power": 1 / 6,
}


class TestExercises(ExerciseContract):
    room = "landscape"
    right = RIGHT


@pytest.mark.parametrize(
    ("exercise", "answer", "says"),
    [
        ("ex-dead-end", lambda k, m, r: k * m, "not stationary"),
        ("ex-dead-end", lambda k, m, r: (k + 1) * (m - r), "determined by the others"),
        ("ex-other-sign", other_curvature(whole=True), "Gauss–Newton"),
        ("ex-other-sign", -other_curvature(), "A sign is wrong"),
        ("ex-fewest-down", lambda k, r, up, down: k * (r + down), "signs of the λ_j"),
        ("ex-fewest-down", lambda k, r, up, down: k * min(up, down), "whatever"),
        ("ex-escape-clock", lambda e, s: math.log(1 / e) / s / 2, "twice the rate"),
        ("ex-softmax-gate", torch.tensor([1 / 3, 4 / 3, -5 / 3]), "Entry 0: The sign"),
        ("ex-two-sheets", lambda d, m: d + 2, "output weights need not"),
        ("ex-two-sheets", lambda d, m: m + 2, "input weights need not"),
        ("ex-two-sheets", lambda d, m: 3, "in common"),
        ("ex-quartic", 0.25 / 0.09, "square of the change"),
        ("ex-zero-errors", lambda b: math.sqrt(b / 2), "Pinsker"),
        ("ex-all-orders", lambda h, k: orders(h, k) - math.lgamma(h + 1), "an order, too"),
        ("ex-all-orders", lambda h, k: math.lgamma(h + k + 1), "as it is"),
        ("ex-free-units", lambda h, c: h * c, "themselves"),
        ("ex-fewest-down", lambda k, r, up, down: k * (r + min(up, down)) + 1, "begin with"),
        ("ex-least-trace", lambda v, w, x: (v**2 + w**2) * x**2, "β = 1"),
        ("ex-three-into-two", 6, "Three omissions"),
        ("ex-odd-counts", lambda r, m: free_assignments(int(r), int(m)), "free activation"),
        ("ex-odd-counts", lambda r, m: odd_alive(int(r), int(m)), "w = 0"),
        ("ex-decay-share", lambda v, w: v**2 / w**2, "Differentiate"),
        ("ex-chain", lambda depth, y: y ** (2 - 2 / depth), "Each factor"),
        ("ex-three-units", -1, "Odd orders"),
        ("ex-channel-power", 0.25, "κ > 0"),
    ],
)
def test_typical_mistakes_get_their_hint(exercise, answer, says):
    assert says in hint("landscape", exercise, answer)


def test_the_flow_in_a_channel_without_residual_has_the_power_of_the_exercise():
    x = torch.linspace(-3, 3, 31, dtype=F64)[:, None]
    w, u = torch.tensor([0.8], dtype=F64), torch.tensor([1.5], dtype=F64)
    y, net = gated_unit(x, -0.4, w, u)[:, None], UnitNet(inputs=1)
    times = [1e7, 1e8, 1e9]
    start = net.join(*channel_pair(-0.4, w, u, height=5.0))[None]
    flow = gradient_flow(lambda t: net.loss(t, x, y), start, times=times, tolerance=1e-2)
    height = net.split(flow.theta)[0].abs().amax((1, 2, 3))
    assert log_slope(times, height) == pytest.approx(1 / 6, abs=0.01)
