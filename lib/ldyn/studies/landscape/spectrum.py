"""A convolutional classifier trained on MNIST, before and after one of its units is replicated."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ldyn.core import default_device, stream
from ldyn.data import mnist
from ldyn.landscape import (
    difference_vector,
    replicate,
    spectral_density,
    surplus_block,
    unit_forms,
    unit_positions,
)
from ldyn.linalg import (
    extreme_eigenpairs,
    flat_parameters,
    hessian_operator,
)

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU}
ADAM, POLISH, AFTER = 600, 200, 60  # steps: minibatches; all data, before and after the copy
PROBES, STEPS, LONG = 4, 40, 100  # of Lanczos; LONG for the ends
BATCH = 500
Loss = Callable[[Tensor, Tensor], Tensor]
Batches = list[tuple[Tensor, Tensor]]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A network with `width` and 2 · width channels and 4 · width dense units, on `images` digits.

    `layer` is the hidden layer whose unit is copied, −1 for none.
    """

    activation: str
    images: int
    width: int
    layer: int


def cells(scale: str) -> list[Cell]:
    """Return a small and a larger network, with no unit copied and with one of each layer."""
    images, widths = {"smoke": (200, (1, 2)), "laptop": (3000, (2, 8)), "full": (60000, (8, 80))}[
        scale
    ]
    return [
        Cell(activation=a, images=images, width=width, layer=layer)
        for width in widths
        for a in ACTIVATIONS
        for layer in (-1, 0, 1, 2)
    ]


def group(cell: Cell) -> tuple[str, int]:
    """Return activation and width: their cells share one trained network."""
    return cell.activation, cell.width


def run_group(group: list[Cell]) -> list[dict[str, Any]]:
    """Return what the Hessian of each network looks like, and where descent leads from there."""
    first = group[0]
    x, y = digits(first.images, train=True)
    batches = list(zip(x.split(BATCH), y.split(BATCH), strict=True))
    loss = partial(smoothed_entropy, count=first.images)
    net = train(network(first), x, y, batches, loss)
    with torch.no_grad():
        test = [(net(a).argmax(1) == b).double() for a, b in [digits(10000, train=False)]]
    shared = {
        "accuracy": torch.cat(test).mean().item(),
        "control": value(descend(net, batches, loss, AFTER), batches, loss),
    }
    return [shared | measure(cell, net, batches, loss) for cell in group]


def digits(count: int, *, train: bool) -> tuple[Tensor, Tensor]:
    """Return `count` digits as images (n, 1, 28, 28), about standardised, float64, and labels."""
    data, device = mnist(train=train), default_device()
    x = (data.images[:count, None].double() / 255 - 0.1307) / 0.3081
    return x.to(device), data.labels[:count].to(device)


def smoothed_entropy(outputs: Tensor, labels: Tensor, *, count: int) -> Tensor:
    """Return Σ cross-entropy / count to labels smoothed by 0.1, so that minima are finite."""
    return cross_entropy(outputs, labels, label_smoothing=0.1, reduction="sum") / count


def network(cell: Cell) -> nn.Sequential:
    """Return the network of `cell` before training, in float64 and eval mode."""
    act, w = ACTIVATIONS[cell.activation], cell.width
    convolutions = nn.Conv2d(1, w, 3, 2, 1), act(), nn.Conv2d(w, 2 * w, 3, 2, 1), act()
    dense = nn.Flatten(), nn.Linear(32 * w, 4 * w), act(), nn.Linear(4 * w, 10)
    net = nn.Sequential(nn.AvgPool2d(2), *convolutions, *dense).double().eval()
    draw = stream("spectrum weights", cell.activation, w)
    for p in net.parameters():
        fan = max(p[0].numel(), 1) if p.ndim > 1 else 100
        p.data = torch.randn(p.shape, generator=draw, dtype=p.dtype) * (1.5 / fan) ** 0.5
    return net.to(default_device())


def train(net: nn.Sequential, x: Tensor, y: Tensor, batches: Batches, loss: Loss) -> nn.Sequential:
    """Return `net` after Adam with a one-cycle rate, then L-BFGS on all data, without decay."""
    optimiser = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=ADAM + 1)
    draw = stream("spectrum minibatches")
    for _ in range(ADAM):
        rows = torch.randint(len(x), (250,), generator=draw).to(x.device)
        optimiser.zero_grad()
        (loss(net(x[rows]), y[rows]) * (len(x) / 250)).backward()
        optimiser.step()
        schedule.step()
    return descend(net, batches, loss, POLISH)


def descend(net: nn.Sequential, batches: Batches, loss: Loss, steps: int) -> nn.Sequential:
    """Return a copy of `net` after `steps` of L-BFGS on all data."""
    moved = copy.deepcopy(net)
    optimiser = torch.optim.LBFGS(
        moved.parameters(), max_iter=steps, history_size=50, tolerance_grad=0, tolerance_change=0,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure() -> Tensor:
        optimiser.zero_grad()
        parts = [loss(moved(x), y) for x, y in batches]
        torch.stack(parts).sum().backward()
        return torch.stack(parts).sum().detach()

    optimiser.step(closure)
    return moved


def value(net: nn.Sequential, batches: Batches, loss: Loss) -> float:
    """Return the loss over all data."""
    with torch.no_grad():
        return sum(loss(net(x), y).item() for x, y in batches)


def gradient(net: nn.Sequential, batches: Batches, loss: Loss) -> float:
    """Return the norm of the gradient over all data."""
    total = torch.stack([loss(net(x), y) for x, y in batches]).sum()
    parts = torch.autograd.grad(total, [*net.parameters()])
    return torch.cat([g.flatten() for g in parts]).norm().item()


def measure(cell: Cell, net: nn.Sequential, batches: Batches, loss: Loss) -> dict[str, Any]:
    """Return spectrum and extreme eigenvalues, and for a copied unit its block and its escape."""
    told: dict[str, Any] = dict.fromkeys(COPIED)
    wide = net
    if cell.layer >= 0:
        theta, units = flat_parameters(net), range(cell.width * 2**cell.layer)
        size = lambda u: theta[unit_positions(net, cell.layer, u)].norm().item()  # noqa: E731
        unit = max(units, key=size)
        wide = replicate(net, cell.layer, unit, [0.5, 0.5])
        told = copied_unit(net, wide, cell.layer, (unit, len(units)), batches, loss)
    name = ("spectrum", cell.activation, cell.layer)
    operator = hessian_operator(wide, loss, batches)
    draw = stream(*name, device=operator.device)
    density = spectral_density(operator, generator=draw, probes=PROBES, steps=STEPS)
    ends = extreme_eigenpairs(operator, start(operator.size, draw), steps=LONG)
    return told | {
        "parameters": operator.size,
        "loss": value(wide, batches, loss),
        "gradient": gradient(wide, batches, loss),
        "ends": ends.values.tolist(),
        "residuals": ends.residuals.tolist(),
        "nodes": density.nodes.tolist(),
        "weights": density.weights.tolist(),
    }


COPIED = ("inputs", "outputs", "foretold", "found", "leak", "together", "line", "escaped")


def copied_unit(
    net: nn.Sequential,
    wide: nn.Sequential,
    layer: int,
    copies: tuple[int, int],
    batches: Batches,
    loss: Loss,
) -> dict[str, Any]:
    """Return the ends of the difference block, and where its lowest eigenvector leads.

    "foretold" are the block's extreme eigenvalues from F and G, "found" those of the wide Hessian
    restricted to differences, "leak" the part of a product that leaves them, "together" the lowest
    eigenvalue foretold among the sums; "line" is the least loss along the block's lowest
    eigenvector, "escaped" the loss after descent from there.
    """
    forms = unit_forms(net, layer, copies[0], loss, batches)
    block = surplus_block(forms, torch.tensor([0.5, 0.5]).to(forms.gate)) / 2
    values, vectors = torch.linalg.eigh(block)
    apart = partial(difference_vector, wide, layer, copies)
    full = hessian_operator(wide, loss, batches)
    one, other = (unit_positions(wide, layer, u) for u in copies)
    inside = lambda u: (u[one] - u[other]) / 2**0.5  # noqa: E731
    part = replace(full, size=len(values), apply=lambda u: inside(full.matvec(apart(u))))
    u = start(len(values), stream("spectrum differences", layer, device=block.device))
    pairs = extreme_eigenpairs(part, u, steps=min(len(values), 80))
    moved = full.matvec(apart(u))
    best = lowest_on_line(wide, apart(vectors[:, 0]), batches, loss)
    place = unit_positions(net, layer, copies[0])
    return {
        "inputs": forms.gate.shape[1],
        "outputs": forms.gate.shape[0],
        "foretold": values[[0, -1]].tolist(),
        "found": pairs.values.tolist(),
        "leak": ((moved - apart(inside(moved))).norm() / moved.norm()).item(),
        "together": lowest_sum(net, place, forms.gate.shape[1], batches, loss),
        "line": value(best, batches, loss),
        "escaped": value(descend(best, batches, loss, AFTER), batches, loss),
    }


def lowest_sum(net: nn.Sequential, place: Tensor, into: int, batches: Batches, loss: Loss) -> float:
    """Return the lowest eigenvalue of S ∇²L_narrow S, S = √2 on v_*, 1/√2 on w_*, 1 else."""
    narrow = hessian_operator(net, loss, batches)
    scale = torch.ones(narrow.size, dtype=narrow.dtype, device=narrow.device)
    scale[place[:into]], scale[place[into:]] = 0.5**0.5, 2**0.5
    sums = replace(narrow, apply=lambda v: scale * narrow.matvec(scale * v))
    draw = stream("spectrum sums", device=narrow.device)
    return extreme_eigenpairs(sums, start(sums.size, draw), steps=LONG).values[0].item()


def lowest_on_line(
    net: nn.Sequential, direction: Tensor, batches: Batches, loss: Loss
) -> nn.Sequential:
    """Return the network of least loss at θ ± 2^k d, k = −20, …, 3."""
    theta, tried = flat_parameters(net), []
    for t in [sign * 2.0**k for sign in (-1, 1) for k in range(-20, 4)]:
        tried.append(copy.deepcopy(net))
        nn.utils.vector_to_parameters(theta + t * direction, tried[-1].parameters())
    return min(tried, key=lambda moved: value(moved, batches, loss))


def start(size: int, draw: torch.Generator) -> Tensor:
    """Return a standard normal vector."""
    return torch.randn(size, generator=draw, dtype=torch.float64, device=draw.device)
