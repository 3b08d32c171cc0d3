"""Ask libraries of kernel methods what their names mean, and freeze their answers.

    python -m venv /tmp/lowcost && /tmp/lowcost/bin/pip install PINNED
    PYTHONPATH=lib OMP_NUM_THREADS=1 /tmp/lowcost/bin/python tools/lowcost_conventions.py

with PINNED as below: the book needs none of them but scikit-learn. The page on peers reads
`lowcost_conventions.json`; its test holds each number to its formula.
"""

import datetime
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from ldyn.core import results_folder
from ldyn.sweep.freeze import write_frozen

PINNED = "torch==2.13.0 scikit-learn==1.9.1 gpytorch==1.15.2 scipy==1.17.1 threadpoolctl"
X = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0], [4.0, 6.0]])
U = np.array([[0.6, 0.8]])  # at the distance 1 from the origin, or 1.4 along the axes
Row = tuple[str, str, str, float]


def rates() -> Iterator[Row]:
    """−log k(0, u), which is γ in exp(−γ‖u‖²), as each object has it when nothing is said."""
    from gpytorch.kernels import RBFKernel
    from sklearn.gaussian_process.kernels import RBF
    from sklearn.kernel_approximation import Nystroem, RBFSampler
    from sklearn.kernel_ridge import KernelRidge
    from sklearn.svm import SVC

    def rate(k: Any) -> float:
        return float(-np.log(np.ravel(k)[0]))

    origin = np.zeros((1, 2))
    ridge = KernelRidge(kernel="rbf").fit(origin, [2.0])  # of one point: (1 + alpha)⁻¹ 2 k = k
    yield "ridge", "scikit-learn", "KernelRidge(kernel='rbf')", rate(ridge.predict(U))
    map_ = Nystroem(n_components=1, random_state=0).fit(origin)
    yield "nystroem", "scikit-learn", "Nystroem()", rate(map_.transform(U))
    waves = RBFSampler(n_components=400_000, random_state=0).fit(origin)
    inner = waves.transform(origin) @ waves.transform(U).T
    yield "sampler", "scikit-learn", "RBFSampler(n_components=400_000)", rate(inner)
    svc = SVC().fit(X, [0, 0, 1, 1])
    yield "svc", "scikit-learn", "SVC().fit(X, y)", float(svc._gamma)
    yield "rbf", "scikit-learn", "gaussian_process.kernels.RBF()", rate(RBF()(origin, U))
    u, o = (torch.from_numpy(a).float() for a in (U, origin))
    gp = RBFKernel()(o, u).to_dense().detach().numpy()
    yield "gp", "GPyTorch", "RBFKernel()", rate(gp)


def laplacians() -> Iterator[Row]:
    """−log k(0, u) at scale one."""
    from gpytorch.kernels import MaternKernel
    from sklearn.gaussian_process.kernels import Matern
    from sklearn.metrics.pairwise import laplacian_kernel

    origin = np.zeros((1, 2))
    l1 = laplacian_kernel(origin, U, gamma=1.0)[0, 0]
    yield "laplacian", "scikit-learn", "laplacian_kernel(gamma=1)", float(-np.log(l1))
    l2 = Matern(1.0, nu=0.5)(origin, U)[0, 0]
    yield "matern", "scikit-learn", "Matern(1, nu=½)", float(-np.log(l2))
    kernel = MaternKernel(nu=0.5)
    kernel.lengthscale = 1.0
    u, o = (torch.from_numpy(a).float() for a in (U, origin))
    value = kernel(o, u).to_dense().item()
    yield "matern_gp", "GPyTorch", "MaternKernel(nu=½), lengthscale 1", float(-np.log(value))


def penalties() -> Iterator[Row]:
    from sklearn.kernel_ridge import KernelRidge
    from sklearn.linear_model import Ridge, RidgeCV

    twice = np.array([[0.0], [0.0]])  # one point twice, K = 11ᵀ: c = 1/(alpha + 2), or with n alpha
    dual = KernelRidge(kernel="rbf", alpha=3.0).fit(twice, [1.0, 1.0]).dual_coef_[0]
    yield "alpha", "scikit-learn", "KernelRidge(alpha=3), coefficient", float(dual)
    x, y, w = np.array([[1.0], [2.0], [3.0]]), np.array([1.0, 1.0, 2.0]), np.array([1.0, 4.0, 2.0])
    cv = RidgeCV([1.0], fit_intercept=False, store_cv_results=True).fit(x, y, sample_weight=w)
    keep = [0, 2]
    other = Ridge(1.0, fit_intercept=False).fit(x[keep], y[keep], sample_weight=w[keep])
    ratio = np.ravel(cv.cv_results_)[1] / (y[1] - other.predict(x[1:2])[0]) ** 2
    yield "weighted", "scikit-learn", "RidgeCV, cv_results_ / error², weight 4", float(ratio)


def likelihoods() -> Iterator[Row]:
    """How far five values of one "exact" likelihood are apart, per row."""
    import gpytorch

    class Model(gpytorch.models.ExactGP):
        def __init__(self, x: Any, y: Any, noise: Any) -> None:
            super().__init__(x, y, noise)
            self.kernel = gpytorch.kernels.RBFKernel()

        def forward(self, x: Any) -> Any:
            mean = torch.zeros(len(x))
            return gpytorch.distributions.MultivariateNormal(mean, self.kernel(x))

    for n in (800, 801):
        draw = torch.Generator().manual_seed(0)
        x = torch.rand(n, 2, generator=draw)
        y = torch.sin(6 * x[:, 0]) + 0.1 * torch.randn(n, generator=draw)
        noise = gpytorch.likelihoods.GaussianLikelihood()
        noise.noise = 0.01
        model = Model(x, y, noise)
        loss = gpytorch.mlls.ExactMarginalLogLikelihood(noise, model)
        values = []
        for seed in range(5):
            torch.manual_seed(seed)
            values.append(loss(model(x), y).item())
        call = f"ExactMarginalLogLikelihood, {n} rows, spread of five values"
        yield f"rows_{n}", "GPyTorch", call, n * (max(values) - min(values))


def points() -> Iterator[Row]:
    from scipy.stats import qmc

    net = torch.quasirandom.SobolEngine(50, scramble=True, seed=0).draw(2**16)
    call = "SobolEngine(50, scramble=True, seed=0).draw(2**16) == 1"
    yield "ones", "torch", call, float((net == 1).sum())
    plain = qmc.Sobol(3, scramble=False)
    normal = qmc.MultivariateNormalQMC(np.zeros(3), engine=plain).random(1)
    call = "MultivariateNormalQMC, Sobol(scramble=False), first point"
    yield "origin", "SciPy", call, float(normal.max())
    for n in (128, 129):
        engines = (torch.quasirandom.SobolEngine(2, scramble=True, seed=s) for s in range(200))
        means = [e.draw(n, dtype=torch.float64).prod(1).mean().item() - 0.25 for e in engines]
        call = f"SobolEngine(2).draw({n}), error of ∫uv, root mean square"
        yield f"mean_{n}", "torch", call, float(np.mean(np.square(means)) ** 0.5)


def main() -> None:
    warnings.simplefilter("ignore")
    asked = {"rates": rates, "laplacians": laplacians, "penalties": penalties}
    asked |= {"likelihoods": likelihoods, "points": points}
    rows = [
        {"group": group, "key": key, "library": library, "call": call, "value": value}
        for group, ask in asked.items()
        for key, library, call, value in ask()
    ]
    names = {"scikit-learn": "scikit-learn", "GPyTorch": "gpytorch", "torch": "torch"}
    names["SciPy"] = "scipy"
    about = {
        "conventions": "tools/lowcost_conventions.py",
        "scale": "laptop",
        "versions": {name: version(package).split("+")[0] for name, package in names.items()},
        "date": datetime.date.today().isoformat(),
        "x": X.tolist(),
        "u": U.tolist(),
    }
    for row in rows:
        print(f"{row['library']:13} {row['call']:66} {row['value']:.6g}")
    path = results_folder() / "lowcost" / "lowcost_conventions.json"
    print(f"frozen: {write_frozen(path, about, rows)}")


if __name__ == "__main__":
    main()
