"""A Hessian-vector product of a network with a million parameters, against curvlinops.

One batch of 256 random images, float32, cross-entropy. "gradient" is a plain backward pass. Ours is
timed twice: with the gradient's graph kept, as Lanczos uses it, and with nothing kept, which is how
curvlinops works. Without curvlinops the table has our rows alone.
"""

import statistics
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from _table import Run, alternate, asked_scale, ratio
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ldyn.core import stream
from ldyn.linalg import flat_parameters, hessian_operator

OURS = "product, ldyn.linalg.hessian_operator"
FRESH = "product, hessian_operator(keep=False)"
THEIRS = "product, curvlinops.HessianLinearOperator"
GRADIENT = "gradient, torch.autograd.grad"
Work = Callable[[], Tensor]
loss = partial(cross_entropy, reduction="sum")


def dense(width: int) -> nn.Sequential:
    layers = [nn.Linear(784, width), nn.Tanh(), nn.Linear(width, width // 3), nn.Tanh()]
    return nn.Sequential(nn.Flatten(), *layers, nn.Linear(width // 3, 10))


def convolutional(width: int) -> nn.Sequential:
    small, large = width // 28, width // 14
    first = [nn.Conv2d(1, small, 5, 2, 2), nn.ReLU(), nn.Conv2d(small, large, 5, 2, 2), nn.ReLU()]
    last = [nn.Flatten(), nn.Linear(49 * large, width // 3), nn.ReLU(), nn.Linear(width // 3, 10)]
    return nn.Sequential(*first, *last)


def theirs(model: nn.Module, x: Tensor, y: Tensor) -> Any:
    """Return curvlinops' operator, or None where it is not installed."""
    try:
        from curvlinops import HessianLinearOperator
    except ImportError:
        print("curvlinops is not installed: our rows alone; pip install curvlinops-for-pytorch")
        return None
    entropy = nn.CrossEntropyLoss(reduction="sum")
    parameters = [p for p in model.parameters() if p.requires_grad]
    return HessianLinearOperator(model, entropy, parameters, [(x, y)], check_deterministic=False)


def contestants(model: nn.Module, x: Tensor, y: Tensor, v: Tensor) -> dict[str, Work]:
    def gradient() -> Tensor:
        parts = torch.autograd.grad(loss(model(x), y), list(model.parameters()))
        return torch.cat([g.flatten() for g in parts])

    kept = hessian_operator(model, loss, [(x, y)])
    fresh = hessian_operator(model, loss, [(x, y)], keep=False)
    work = {GRADIENT: gradient, OURS: lambda: kept.matvec(v), FRESH: lambda: fresh.matvec(v)}
    if (other := theirs(model, x, y)) is not None:
        work[THEIRS] = lambda: other @ v
    return work


def main(scale: str) -> None:
    run = Run(
        "curvature_cuda" if torch.cuda.is_available() else "curvature", scale, dtype="float32"
    )
    smoke = scale == "smoke"
    width, repeats, images = (28, 1, 4) if smoke else (900, 15, 256)
    draw = stream("benchmark curvature")
    x = torch.randn(images, 1, 28, 28, generator=draw).to(run.device)
    y = torch.randint(10, (images,), generator=draw).to(run.device)
    for make in (dense, convolutional):
        torch.manual_seed(0)
        model = make(width).to(run.device).eval()
        size = len(flat_parameters(model))
        v = torch.randn(size, generator=draw).to(run.device)
        work = contestants(model, x, y, v)
        alternate(work, 0, run.device)  # warm
        found = [alternate(work, repeat, run.device) for repeat in range(repeats)]
        times = {name: [repeat[name][0] for repeat in found] for name in work}
        reference = found[0][FRESH][1]
        for name in work:
            gap = (found[0][name][1] - reference).norm() / reference.norm()
            run.add(
                method=name,
                network=make.__name__,
                parameters=size,
                seconds=statistics.median(times[name]),
                in_gradients=ratio(times[name], times[GRADIENT]),
                times_ours=ratio(times[name], times[OURS]),
                disagreement=None if name == GRADIENT else gap.item(),
                all_seconds=[round(t, 4) for t in times[name]],
            )
    run.finish()


if __name__ == "__main__":
    main(asked_scale())
