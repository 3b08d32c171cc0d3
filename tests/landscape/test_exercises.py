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
    surplus_block,
)
from ldyn.landscape.exercises import inactive_cost, odd_alive, toy_curvature

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
    wide = toy.net.replicate(toy.theta, torch.tensor([0.5, 0.5], dtype=F64))
    along = torch.tensor([0, 1, 0, -1], dtype=F64) / math.sqrt(2)
    return 2 * along @ hessian(toy.loss)(wide) @ along


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


def fibre(copies, inputs):
    count, draw = int(copies) + 1, stream("fibre", copies, inputs)
    theta = torch.randn(count * (1 + int(inputs)), generator=draw, dtype=F64)

    def product(theta):
        units = theta.view(count, -1)
        return units[:, 0] @ units[:, 1:]

    return theta.numel() - torch.linalg.matrix_rank(jacrev(product)(theta)).item()


def quartic_factor():
    net, x = UnitNet(inputs=1), torch.linspace(-1, 2, 9, dtype=F64)[:, None]
    narrow = torch.tensor([1.3, 0.7], dtype=F64)
    y, losses = net.values(narrow, x), []
    for share in (0.5, 0.1):
        wide = net.replicate(narrow, torch.tensor([share, 1 - share], dtype=F64))
        move = torch.tensor([0, 1 - share, 0, -share], dtype=F64)
        losses.append(net.loss(wide + 1e-3 * move, x, y))
    return losses[0] / losses[1]


def angles(low, high):
    """The share of directions (w, b) with w x + b < 0 at both ends, and what it costs."""
    turn = (torch.arange(2**20, dtype=F64) + 0.5) * 2 * torch.pi / 2**20
    w, b = turn.cos(), turn.sin()
    return -math.log(((w * low + b < 0) & (w * high + b < 0)).double().mean().item())


def quiet(n, spread, slope, outputs):
    def total(log_s2):
        ratio = math.exp(log_s2) / spread**2
        return outputs / 2 * (ratio - 1 - math.log(ratio)) + n * slope * math.exp(log_s2)

    return math.exp(least(total, -20, 5))


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
    "ex-toy-curvature": raw_curvature(),
    "ex-fewest-down": fewest_down,
    "ex-escape-clock": lambda start, strength: least(
        lambda t: abs(start * math.exp(strength * t) - 1), 0, 200 / strength
    ),
    "ex-softmax-gate": softmax_gate(),
    "ex-fibre": fibre,
    "ex-quartic": quartic_factor(),
    "ex-zero-errors": lambda bound: kl_inverse(0.0, bound),
    "ex-cone-interval": angles,
    "ex-quiet-unit": quiet,
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
        ("ex-toy-curvature", toy_curvature() / 2, "itself"),
        ("ex-toy-curvature", -toy_curvature(), "A sign is wrong"),
        ("ex-fewest-down", lambda k, r, up, down: k * (r + down), "signs of the λ_j"),
        ("ex-fewest-down", lambda k, r, up, down: k * min(up, down), "whatever"),
        ("ex-escape-clock", lambda e, s: math.log(1 / e) / s / 2, "twice the rate"),
        ("ex-softmax-gate", torch.tensor([1 / 3, 4 / 3, -5 / 3]), "Entry 0: The sign"),
        ("ex-fibre", lambda k, d: k * (d + 1), "rescaled"),
        ("ex-quartic", 0.25 / 0.09, "square of the change"),
        ("ex-zero-errors", lambda b: math.sqrt(b / 2), "Pinsker"),
        ("ex-cone-interval", lambda a, b: math.exp(-inactive_cost(a, b)), "its cost"),
        ("ex-cone-interval", lambda a, b: inactive_cost(a, b) - math.log(2), "2π"),
        ("ex-quiet-unit", lambda n, s, c, m: 1 / (1 / s**2 + n * c / m), "factor M/2"),
        ("ex-fewest-down", lambda k, r, up, down: k * (r + min(up, down)) + 1, "begin with"),
        ("ex-quiet-unit", lambda n, s, c, m: m / (2 * n * c), "large n"),
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
