"""Ask libraries of the field for their numbers of one pair of samples, and freeze the answers.

    python -m venv /tmp/conventions && /tmp/conventions/bin/pip install PINNED
    PYTHONPATH=lib OMP_NUM_THREADS=1 /tmp/conventions/bin/python tools/conventions.py

with PINNED as below: none of these packages is needed by the book. The page on conventions and
its test read `conventions.json`; what each number should be is computed there, not here.
"""

import contextlib
import datetime
import io
import warnings
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor

from ldyn.core import results_folder, stream
from ldyn.gans.conventions import wide_features
from ldyn.sweep.freeze import write_frozen

PINNED = (
    "torch==2.13.0 numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 threadpoolctl geomloss==0.3.1 \
POT==0.9.7.post1 torchmetrics==1.9.0 prdc==0.2"
)
BLUR, REACH, NEIGHBOURS = 0.5, 1.0, 3
# Two samples in the plane, once drawn from N(0, I) and N((1, 1), I).
X = [[0.08, -0.19], [-0.49, 1.08], [-0.55, -0.63], [-0.84, -0.14], [-2.75, -0.94], [0.7, 0.43]]
X += [[-0.04, 0.31], [1.81, 0.9], [1.18, -0.07], [-0.25, 0.41], [0.67, -0.84], [-0.37, -0.25]]
Y = [[2.34, 1.78], [-0.65, 1.6], [1.55, 1.74], [2.59, 2.14], [0.97, -0.6], [1.16, 2.65]]
Y += [[0.25, 2.56], [-0.53, -0.47], [0.48, 1.27], [0.57, 1.46], [2.6, 0.82], [-0.17, 3.46]]
Row = tuple[str, str, str, float]


def kernels(x: Tensor, y: Tensor) -> list[Row]:
    from geomloss import SamplesLoss
    from sklearn.metrics.pairwise import laplacian_kernel, rbf_kernel

    def half(kernel: Any, gamma: float) -> float:
        k = [kernel(a, b, gamma=gamma).mean() for a, b in ((x, x), (y, y), (x, y))]
        return float((k[0] + k[1]) / 2 - k[2])

    loss = lambda kind: SamplesLoss(kind, blur=BLUR, backend="tensorized")(x, y).item()  # noqa: E731
    return [
        ("gaussian", "geomloss", "SamplesLoss('gaussian', blur=.5)", loss("gaussian")),
        ("laplacian", "geomloss", "SamplesLoss('laplacian', blur=.5)", loss("laplacian")),
        ("rbf", "scikit-learn", "rbf_kernel(gamma=2)", half(rbf_kernel, 1 / (2 * BLUR**2))),
        ("l1", "scikit-learn", "laplacian_kernel(gamma=2)", half(laplacian_kernel, 1 / BLUR)),
    ]


def line(x: Tensor, y: Tensor) -> list[Row]:
    import ot
    from geomloss import SamplesLoss
    from scipy.stats import energy_distance, wasserstein_distance

    u, v = x[:, 0].numpy(), y[:, 0].numpy()
    energy = SamplesLoss("energy", backend="tensorized")
    sliced = ot.sliced_wasserstein_distance(u[:, None], v[:, None], n_projections=1)
    squared = ot.wasserstein_1d(u, v, p=2).item()
    return [
        ("energy_distance", "SciPy", "energy_distance(u, v)", float(energy_distance(u, v))),
        ("energy", "geomloss", "SamplesLoss('energy')", energy(x[:, :1], y[:, :1]).item()),
        ("w1", "SciPy", "wasserstein_distance(u, v)", float(wasserstein_distance(u, v))),
        ("w1_pot", "POT", "wasserstein_1d(u, v)", ot.wasserstein_1d(u, v).item()),
        ("w2_pot", "POT", "wasserstein_1d(u, v, p=2)", squared),
        ("sliced", "POT", "sliced_wasserstein_distance(u, v)", float(sliced)),
    ]


def transport(x: Tensor, y: Tensor) -> list[Row]:
    import ot
    from geomloss import SamplesLoss

    def loss(**options: Any) -> float:
        return SamplesLoss(p=2, blur=BLUR, backend="tensorized", **options)(x, y).item()

    cost, reg = ot.dist(x.numpy(), y.numpy()), 2 * BLUR**2
    weights = [torch.full((len(a),), 1 / len(a), dtype=x.dtype).numpy() for a in (x, y)]
    solved = ot.solve(cost, reg=reg, max_iter=100_000, tol=1e-12)
    free = ot.solve(cost, reg=reg, unbalanced=2 * REACH**2, max_iter=100_000, tol=1e-12)
    linear = ot.sinkhorn2(*weights, cost, reg, numItermax=100_000, stopThr=1e-12)
    fine = {"debias": False, "scaling": 0.999}
    return [
        ("emd2", "POT", "emd2(a, b, dist(x, y))", float(ot.emd2(*weights, cost))),
        ("sinkhorn2", "POT", "sinkhorn2(a, b, C, reg=.5)", float(linear)),
        ("solve", "POT", "solve(C, reg=.5).value", float(solved.value)),
        ("solve_linear", "POT", "solve(C, reg=.5).value_linear", float(solved.value_linear)),
        ("biased", "geomloss", "SamplesLoss(blur=.5, debias=False, scaling=.999)", loss(**fine)),
        ("coarse", "geomloss", "SamplesLoss(blur=.5, debias=False)", loss(debias=False)),
        ("debiased", "geomloss", "SamplesLoss(blur=.5, scaling=.999)", loss(scaling=0.999)),
        ("unbalanced_pot", "POT", "solve(C, reg=.5, unbalanced=2).value", float(free.value)),
        ("unbalanced_linear", "POT", "… .value_linear", float(free.value_linear)),
        ("reach", "geomloss", "SamplesLoss(…, debias=False, reach=1)", loss(reach=REACH, **fine)),
    ]


def scores(x: Tensor, y: Tensor) -> list[Row]:
    wide, (own, spread) = wide_features(300), kid(x, x)
    small, large = (fid(*wide_features(n).split(n // 2)) for n in (100, 1000))
    repeated = prdc(*2 * (x.repeat_interleave(NEIGHBOURS + 1, 0),))[0][3]
    itself = kid(wide, wide)[0]
    return [
        ("kid", "torchmetrics", "KernelInceptionDistance, x against y", kid(x, y)[0]),
        ("kid_itself", "torchmetrics", "…, x against x", own),
        ("kid_spread", "torchmetrics", "…, x against x, second number", spread),
        ("kid_wide", "torchmetrics", "…, 300 points in 64 d against themselves", itself),
        ("fid", "torchmetrics", "FrechetInceptionDistance, x against y", fid(x, y)),
        ("fid_small", "torchmetrics", "…, halves of 50 of one sample in 64 d", small),
        ("fid_large", "torchmetrics", "…, halves of 500 of one sample in 64 d", large),
        *prdc(x, y),
        ("repeated", "prdc", "…['precision'], each x four times against itself", repeated),
    ]


def kid(x: Tensor, y: Tensor) -> tuple[float, ...]:
    from torchmetrics.image.kid import KernelInceptionDistance

    metric = KernelInceptionDistance(torch.nn.Identity(), subsets=10, subset_size=len(x))
    return tuple(value.item() for value in compare(metric, x, y))


def fid(x: Tensor, y: Tensor) -> float:
    from torchmetrics.image.fid import FrechetInceptionDistance

    features = torch.nn.Identity()
    features.num_features = x.shape[1]
    metric = FrechetInceptionDistance(features).set_dtype(torch.float64)
    return float(compare(metric, x, y))


def compare(metric: Any, x: Tensor, y: Tensor) -> Any:
    metric.update(x, real=True)
    metric.update(y, real=False)
    return metric.compute()


def prdc(x: Tensor, y: Tensor) -> list[Row]:
    from prdc import compute_prdc

    with contextlib.redirect_stdout(io.StringIO()):
        found = compute_prdc(x.numpy(), y.numpy(), NEIGHBOURS)
    return [(k, "prdc", f"compute_prdc(x, y, 3)['{k}']", float(v)) for k, v in found.items()]


def layers() -> list[Row]:
    from torch.nn.utils.parametrizations import spectral_norm

    def normalised(layer: torch.nn.Module) -> torch.nn.Module:
        weight = torch.randn(layer.weight.shape, generator=stream("conventions", "layer"))
        with torch.no_grad():
            layer.weight.copy_(weight)
        torch.manual_seed(0)  # spectral_norm draws the start of its iteration
        return spectral_norm(layer)

    norm = lambda w: torch.linalg.matrix_norm(w.flatten(1), 2).item()  # noqa: E731
    with torch.no_grad():
        dense = normalised(torch.nn.Linear(256, 256, dtype=torch.float64))
        read = [norm(dense.weight) for _ in range(3)]
        conv = normalised(torch.nn.Conv2d(3, 8, 3, padding=1, bias=False, dtype=torch.float64))
        for _ in range(300):
            weight = conv.weight
        images = torch.eye(3 * 64, dtype=torch.float64).reshape(-1, 3, 8, 8)
        whole = norm(torch.nn.functional.conv2d(images, weight, padding=1))
    return [
        ("read_1", "torch", "norm of spectral_norm(Linear(256, 256)).weight", read[0]),
        ("read_2", "torch", "…, read again", read[1]),
        ("read_3", "torch", "…, read a third time", read[2]),
        (
            "reshaped",
            "torch",
            "norm of spectral_norm(Conv2d(3, 8, 3)).weight, reshaped",
            norm(weight),
        ),
        ("layer", "torch", "norm of that layer on images of 8 × 8", whole),
    ]


def main() -> None:
    warnings.simplefilter("ignore")
    x, y = (torch.tensor(a, dtype=torch.float64) for a in (X, Y))
    groups = {"kernels": kernels(x, y), "line": line(x, y), "transport": transport(x, y)}
    groups |= {"scores": scores(x, y), "layers": layers()}
    rows = [
        {"group": group, "key": key, "library": library, "call": call, "value": value}
        for group, found in groups.items()
        for key, library, call, value in found
    ]
    names = {"geomloss": "geomloss", "SciPy": "scipy", "POT": "POT", "prdc": "prdc"}
    names |= {"scikit-learn": "scikit-learn", "torchmetrics": "torchmetrics", "torch": "torch"}
    about = {
        "conventions": "tools/conventions.py",
        "scale": "laptop",
        "versions": {name: version(package).split("+")[0] for name, package in names.items()},
        "date": datetime.date.today().isoformat(),
        "blur": BLUR,
        "reach": REACH,
        "neighbours": NEIGHBOURS,
        "x": X,
        "y": Y,
    }
    for row in rows:
        print(f"{row['library']:13} {row['call']:60} {row['value']:.6g}")
    print(f"frozen: {write_frozen(results_folder() / 'gans' / 'conventions.json', about, rows)}")


if __name__ == "__main__":
    main()
