"""Recognition of pictures by kernel ridge regression on closed-form features, nothing to choose."""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from ldyn.core import require_count, stream
from ldyn.kernels import Gaussian
from ldyn.layers.group_kernels import MirrorGaussian
from ldyn.layers.patches import as_pictures
from ldyn.layers.picture_features import PictureFeatures
from ldyn.layers.triangle_gram import TriangleGram
from ldyn.solvers import FitRecord, fill_gram, loo_residuals, pcg
from ldyn.solvers.base import like
from ldyn.solvers.classifier import Classifier, as_labels
from ldyn.solvers.pivots import pivoted

Kernel = Callable[[Tensor, Tensor], Tensor]
LEARNED = 3000  # pictures at least that show the components of the features
RIDGES = (0.3, 0.1, 0.03, 0.01)
JUDGED = 4000  # pictures that choose by leave-one-out; up to so many, one Cholesky is the answer
RANK, STEPS, TOLERANCE = 1500, 100, 1e-3  # of conjugate gradients
BLOCK, PART = 4096, 512  # training pictures, and others, that are compared at once


class PictureClassifier(Classifier):
    """The class of largest f̂_k, f̂ the kernel ridge regression of one-hot targets on φ(picture).

    φ is `PictureFeatures`, both branches scaled to the same mean squared distance, in at most
    `components` principal components of its symmetric and of its antisymmetric half. The kernel is
    Gaussian, exp(−d²/m), m the median squared distance, or its mean over mirror images; this and
    the ridge are chosen by exact leave-one-out on at most 4,000 pictures: of the ridges within one
    standard error of the least error, the largest. Solved by one Cholesky or conjugate gradients.

    Arguments: `seed`; `features`, of other parameters than the usual; `verbose`; `components`.
    Fitted: `record_`, whose bandwidth is in units of the features; `loo_accuracy_`, of those that
    chose; `mirrored_`; `components_`.
    Raises: ValueError for bad pictures or labels, fewer than two classes, or no component.
    Source: wahba1990, prop-mirror-features, page-recognition.
    """

    def __init__(
        self, seed: int = 0, features: PictureFeatures | None = None, verbose: bool = False,
        components: int = 2048,
    ) -> None:  # fmt: skip
        self.seed, self.features = seed, features
        self.verbose, self.components = verbose, components

    def fit(self, images: Any, y: Any) -> Self:
        """Learn, choose, solve. Arguments: pictures (n, h, w) or (n, 3, h, w), labels `y` (n,)."""
        self._require_seed()
        x, most = as_pictures(images), require_count(self.components, "components")
        self.classes_, codes = np.unique(as_labels(y, len(x)), return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"at least two classes are needed, got {self.classes_}; pass more")
        given = {"seed": self.seed} if self.features is None else self.features.get_params()
        self._clock: dict[str, float] = {}
        self._told = time.perf_counter()
        with _exact():
            self.features_ = PictureFeatures(**given).fit(x)
            self.n_features_in_, n = self.features_.n_features_in_, len(x)
            self._fit_components(x[self._draw("components", n, max(LEARNED, most + 1))], most)
            self._lap("layers")
            self._rows = self._components(x)
            self._lap("features")
            targets = torch.eye(len(self.classes_)).double()[torch.from_numpy(codes)].to(x.device)
            self.intercept_ = targets.mean(0)
            some = self._rows[self._draw("median", n, 2000)]
            self._bandwidth = math.sqrt(torch.pdist(some).square().median().item() / 2)
            facts = self._choose(targets - self.intercept_, torch.from_numpy(codes).to(x.device))
            self._lap("choice")
            facts |= self._solve(targets - self.intercept_, facts["ridge"])
        self.record_ = FitRecord(**facts, bandwidths=(self._bandwidth,), seconds=self._clock)
        return self

    def decision_function(self, images: Any) -> Any:
        """Return f̂_k − ½ of pictures, (m, classes); of two classes (m,), the second's."""
        self._require_fitted()
        values = like(self._values(as_pictures(images)) - 0.5, images)
        return values[:, 1] if len(self.classes_) == 2 else values

    def _labelled(self, x: Any) -> np.ndarray:
        self._require_fitted()
        return np.asarray(self.classes_[self._values(as_pictures(x)).argmax(1).cpu().numpy()])

    def _values(self, x: Tensor) -> Tensor:
        kernel, found = self._kernel(self.mirrored_), []
        with _exact():
            for part in x.split(PART):
                z = self._components(part)
                parts = zip(self._rows.split(BLOCK), self._coefficients.split(BLOCK), strict=True)
                found.append(sum(kernel(z, rows) @ c for rows, c in parts))
        return torch.cat(found).double() + self.intercept_

    def _fit_components(self, x: Tensor, most: int) -> None:
        """Projections of both halves on their leading components, by the Gram matrix of `x`."""
        phi, branches = self.features_.transform(x).float(), self.features_.branches_.to(x.device)
        even = self.features_.signs_.to(x.device) > 0
        self._mean = torch.where(even, phi.mean(0), 0)  # over mirror images the others' is 0
        phi -= self._mean
        spread = torch.zeros(2, device=x.device).index_add_(0, branches, phi.square().mean(0))
        scale = spread.clamp(min=1e-12).rsqrt()[branches]
        phi *= scale
        self._widths = [int(even.sum()), int((~even).sum())]
        halves = [torch.linalg.eigh(half @ half.T) for half in phi.split(self._widths, 1)]
        values = torch.cat([v for v, _ in halves])
        least = values.sort(descending=True).values[: min(most, len(x) - 1)][-1]
        least = torch.maximum(least, 1e-6 * values.max())
        self.kept_ = (values[values >= least].sum() / values.sum()).item()
        self._maps, signs = [], []
        for half, (v, u), sign in zip(phi.split(self._widths, 1), halves, (1.0, -1.0), strict=True):
            u, v = u[:, v >= least], v[v >= least]
            self._maps.append(half.T @ (u / v.sqrt()) * scale[even if sign > 0 else ~even][:, None])
            signs += [sign] * len(v)
        self._signs, self.components_ = torch.tensor(signs, device=x.device), len(signs)

    def _components(self, x: Tensor) -> Tensor:
        found = []
        for k, part in enumerate(x.split(PART)):
            phi = self.features_.transform(part).float().sub_(self._mean)
            halves = zip(phi.split(self._widths, 1), self._maps, strict=True)
            found.append(torch.cat([half @ a for half, a in halves], 1))
            self._tell(f"features of {min(len(x), (k + 1) * PART):,} of {len(x):,}")
        return torch.cat(found)

    def _kernel(self, mirrored: bool) -> Kernel:
        if mirrored:
            return MirrorGaussian(self._bandwidth, self._signs)
        return partial(fill_gram, Gaussian(self._bandwidth))

    def _choose(self, y: Tensor, codes: Tensor) -> dict[str, Any]:
        """Mirror or not, and the ridge, by leave-one-out."""
        rows, found = self._draw("judged", len(y), JUDGED), []
        z, y, codes = self._rows[rows], y[rows], codes[rows]
        for mirrored in (True, False):
            gram = _filled(self._kernel(mirrored), z, z)
            for ridge in RIDGES:
                left_out = loo_residuals(gram, y.float(), ridge=ridge)
                right = (y - left_out + self.intercept_).argmax(1) == codes
                error = left_out.double().square().sum(1)
                found.append((mirrored, ridge, error, right.double().mean().item()))
                self._tell(f"{_name(mirrored)}, ridge {ridge}: {error.mean().item():.4f} left out")
        best = min(found, key=lambda f: f[2].mean())
        gaps = ((f, f[2] - best[2]) for f in found if f[0] == best[0])
        near = [f for f, g in gaps if g.mean() <= g.std() / math.sqrt(len(g))]
        self.mirrored_, ridge, error, self.loo_accuracy_ = max(near, key=lambda f: f[1])
        return {
            "kernel": _name(self.mirrored_),
            "ridge": ridge,
            "loo": error.mean().item(),
            "loo_rows": len(rows),
            "candidates": tuple(
                (f"{_name(m)}, λ = {r}", 1, e.mean().item()) for m, r, e, _ in found
            ),
        }

    def _solve(self, y: Tensor, ridge: float) -> dict[str, Any]:
        z, kernel = self._rows, self._kernel(self.mirrored_)
        if len(z) <= JUDGED:
            gram = _filled(kernel, z, z).double()
            gram.diagonal().add_(ridge)
            self._coefficients = torch.cholesky_solve(y, torch.linalg.cholesky(gram)).float()
            self._lap("solution")
            return {"solver": "cholesky"}
        product = TriangleGram(kernel, z)
        self._lap("Gram matrix")
        odd = z[:, self._signs < 0].square().sum(1)
        twins = torch.exp(-2 * odd / self._bandwidth**2) if self.mirrored_ else torch.ones_like(odd)
        factor = pivoted(
            lambda i, j: kernel(z[i], z if j is None else z[j]), (1 + twins) / 2,
            rank=RANK, generator=stream("pivots", self.seed),
        ).factor  # fmt: skip
        self._lap("pivots")
        found = pcg(
            product, y, ridge=ridge, factor=factor, tolerance=TOLERANCE, most=STEPS,
            keep=lambda state, k: self._tell(f"step {k} of conjugate gradients"),
        )  # fmt: skip
        if "positive" in found.reason:
            raise ValueError(f"conjugate gradients: {found.reason}")
        self._coefficients = found.coefficients.float()
        self._lap("solution")
        facts = {"iterations": len(found.residuals), "residual": found.residuals[-1]}
        return {"solver": "pcg", "condition": found.condition} | facts

    def _draw(self, name: str, n: int, most: int) -> Tensor:
        return torch.randperm(n, generator=stream(f"picture {name}", self.seed))[:most]

    def _lap(self, stage: str) -> None:
        now = time.perf_counter()
        self._clock[stage], self._told = now - self._told, now

    def _tell(self, text: str) -> None:
        if self.verbose:
            sys.stderr.write(f"\r{text}\033[K")
            sys.stderr.flush()


def _filled(kernel: Kernel, a: Tensor, b: Tensor) -> Tensor:
    """k(a_i, b_j), some rows at a time: what is computed on the way stays in the cache."""
    return torch.cat([kernel(part, b) for part in a.split(PART)])


def _name(mirrored: bool) -> str:
    return "gaussian, mirrored" if mirrored else "gaussian"


@contextmanager
def _exact() -> Iterator[None]:
    """Products of float32 in float32: some processors round to bfloat16 where the reader lets them,
    and K + λI is then indefinite."""
    found = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(found)
