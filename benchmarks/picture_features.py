"""Picture features against unfold, product and pooling as one would write them, and the solution.

Features: pictures a second of the two layers, one thread; the straightforward way takes 50 pictures
at once, unfolds them, multiplies in single precision and pools with a dense matrix. It has our
weights, and so the same features. Solution: on the same 2,048 components, fitted to 1,000
pictures of CIFAR-10's training set and judged on 1,000 others, scikit-learn's Nystroem with
RidgeClassifierCV of the same kernel, bandwidth and ridges, at rising numbers of columns, against
ours, with mirror images if leave-one-out takes them. Without the data, digits take their place.
"""

import time
from functools import partial
from typing import Any

import torch
from _table import Run, alternate, asked_scale, ratio
from sklearn.datasets import load_digits
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import RidgeClassifierCV
from torch import Tensor
from torch.nn import functional as F

from ldyn.core import stream
from ldyn.data import DataError, cifar10
from ldyn.layers import PictureClassifier, PictureFeatures
from ldyn.layers.picture_classifier import RIDGES

PICTURES = {"smoke": 20, "laptop": 100, "full": 1000}
SOLVED = {"smoke": (150, 50, (20,)), "laptop": (1000, 1000, (250, 500, 1000))}
STRAIGHT = "unfold, product, pooling"


def layer(x: Tensor, bank: Any, side: int, contrast: float, centre: bool) -> Tensor:
    """Responses (n, h, w, 2K) of maps (n, c, h, w)."""
    c, h, w = x.shape[1:]
    p = F.unfold(x, side).mT  # (n, places, c·side²)
    p = p - p.mean(2, keepdim=True) if centre else p
    p = p / (p.square().mean(2, keepdim=True) + contrast).sqrt()
    weights = bank[0].float().unflatten(1, (side, side, c)).permute(0, 3, 1, 2).flatten(1)
    r = p @ weights.T + bank[1].float() + bank[2]
    k = r.shape[2] // 2
    both = [torch.relu(sign * r[..., i : i + k] - bank[2]) for i in (0, k) for sign in (1, -1)]
    return torch.cat(both, 2).unflatten(1, (h - side + 1, w - side + 1))


def dense(m: Tensor, grid: tuple[Tensor, Tensor]) -> Tensor:
    weights = torch.einsum("ai,bj->abij", *grid)
    g, h = weights.shape[:2]
    return (weights.flatten(2).flatten(0, 1) @ m.flatten(1, 2)).sqrt().unflatten(1, (g, h))


def straightforward(f: PictureFeatures, x: Tensor) -> Tensor:
    m = layer(x.float() / 255, f._first, f.size, f.contrast, True)
    a, z = dense(m, f._grids[0]), dense(m, f._grids[1])
    y = z @ f._project[0].float().T + f._project[1].float()
    b = dense(layer(y.permute(0, 3, 1, 2), f._second, 3, f._deep_contrast, False), f._grids[2])
    parts: list[list[Tensor]] = [[], []]
    for branch in (a, b):
        one, other = branch.tensor_split(2, 3)
        other = other.flip(2)
        parts[0].append((one + other).flatten(1))
        parts[1].append((one - other).flatten(1))
    return torch.cat(parts[0] + parts[1], 1) * 0.5**0.5


def pictures(scale: str) -> tuple[Tensor, Tensor]:
    try:
        if scale != "smoke":
            found = cifar10()
            order = torch.randperm(len(found.images), generator=stream("picture benchmark"))[:2000]
            return found.images[order], found.labels[order]
    except DataError:
        pass
    found = load_digits()
    x = torch.from_numpy(found.images * 15.9).to(torch.uint8)[:, None].repeat(1, 3, 1, 1)
    return F.interpolate(x, 16), torch.from_numpy(found.target)


def features(run: Run, x: Tensor) -> None:
    quick = PictureFeatures().fit(x[:300])
    exact = PictureFeatures(precision="float32").fit(x[:300])
    few = x[: PICTURES[run.scale]]
    slow = lambda: torch.cat([straightforward(exact, part) for part in few.split(50)])  # noqa: E731
    contestants = {
        "ldyn, PictureFeatures": partial(quick.transform, few),
        "ldyn, PictureFeatures in float32": partial(exact.transform, few),
        STRAIGHT: slow,
    }
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for repeat in range(1 if run.scale == "smoke" else 3):
        for name, (seconds, found) in alternate(contestants, repeat, run.device, 1).items():
            times[name].append(seconds)
            if repeat == 0 and name != "ldyn, PictureFeatures":
                assert (found - exact.transform(few)).abs().max() < 1e-3
    ours = times["ldyn, PictureFeatures"]
    for name, taken in times.items():
        run.add(
            task="features", method=name, seconds=sorted(taken)[len(taken) // 2],
            per_second=len(few) / sorted(taken)[len(taken) // 2], right=None,
            times_ours=1.0 if taken is ours else ratio(taken, ours),
        )  # fmt: skip


def solution(run: Run, x: Tensor, y: Tensor) -> None:
    n, m, counts = SOLVED["smoke" if run.scale == "smoke" else "laptop"]
    torch.set_num_threads(1)
    model = PictureClassifier().fit(x[:n], y[:n])
    z, at = model._rows.numpy(), model._components(x[n : n + m])
    seconds = sum(model.record_.seconds[stage] for stage in ("choice", "solution"))
    start = time.perf_counter()
    rows = model._kernel(model.mirrored_)(at, model._rows) @ model._coefficients
    seconds += time.perf_counter() - start
    right = (rows.double() + model.intercept_).argmax(1) == y[n : n + m]
    run.add(task="solution", method="ldyn, PictureClassifier", seconds=seconds, per_second=None,
            right=right.double().mean().item(), times_ours=1.0)  # fmt: skip
    for count in counts:
        start = time.perf_counter()
        gamma = 0.5 / model._bandwidth**2
        phi = Nystroem(gamma=gamma, n_components=count, random_state=0).fit(z)
        peer = RidgeClassifierCV(alphas=RIDGES).fit(phi.transform(z), y[:n].numpy())
        right = peer.score(phi.transform(at.numpy()), y[n : n + m].numpy())
        taken = time.perf_counter() - start
        run.add(task="solution", method=f"Nystroem({count}), RidgeClassifierCV", seconds=taken,
                per_second=None, right=right, times_ours=taken / seconds)  # fmt: skip


if __name__ == "__main__":
    run = Run("picture_features", asked_scale(), dtype="bfloat16 and float32", threads=1)
    images, labels = pictures(run.scale)
    features(run, images)
    solution(run, images, labels)
    run.finish()
