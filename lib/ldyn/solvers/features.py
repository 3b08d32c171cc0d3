"""Finite features φ with ⟨φ(x), φ(z)⟩ ≈ k(x, z): of frequencies, or of centres from the data."""

import math
from functools import partial
from typing import Any, Self

import torch
from torch import Tensor

from ldyn.core import require_choice, require_count, stream
from ldyn.kernels import Stationary, median_bandwidth
from ldyn.solvers.base import Transformer
from ldyn.solvers.gram import KERNELS, fill_gram
from ldyn.solvers.pivots import rpcholesky
from ldyn.solvers.points import uniform_points

_ROWS = 8192  # rows transformed at once
_COLUMNS = 128  # of L⁻ᵀ, which are zero below their own rows


class FourierFeatures(Transformer):
    """φ(x) = q^(−1/2) (cos⟨ω_1, x⟩, …, cos⟨ω_q, x⟩, sin⟨ω_1, x⟩, …, sin⟨ω_q, x⟩), ‖φ(x)‖ = 1.

    Of the data only the dimension matters, and their median distance if `bandwidth` asks for it.
    Fitted: `kernel_`, and `frequencies_` (q, d), float64.

    Arguments: `kernel`, an instance, or a name with a `bandwidth`: a number in units of x, or
    "median". `n_features` 2q; with "sobol", a power of two is best. `sampler`: "sobol" for up to
    some 20 columns, "orthogonal" above, "iid" for comparison; all are unbiased over `seed`.
    Raises: ValueError at `fit` and `transform` for bad points and choices.
    Source: rahimi2007, avron2016, yu2016, prop-feature-variance, prop-half-space.
    """

    def __init__(
        self,
        kernel: str | Stationary = "gaussian",
        n_features: int = 1024,
        *,
        sampler: str = "sobol",
        bandwidth: str | float = "median",
        seed: int = 0,
    ) -> None:
        self.kernel = kernel
        self.n_features = n_features
        self.sampler = sampler
        self.bandwidth = bandwidth
        self.seed = seed

    def fit(self, x: Any, y: object = None) -> Self:
        """Draw the frequencies for points (n, d)."""
        x = self._points(x, first=True)
        require_choice(self.sampler, ("sobol", "orthogonal", "iid"), "sampler")
        if require_count(self.n_features, "n_features", at_least=2) % 2:
            raise ValueError(
                f"n_features must be even, cosines and sines, got {self.n_features}; "
                f"try {self.n_features + 1}"
            )
        count, draw = self.n_features // 2, stream("Fourier features", self.seed)
        self.kernel_ = as_kernel(self.kernel, self.bandwidth, x)
        if self.sampler == "orthogonal":
            w = orthogonal_frequencies(count, x.shape[1], kernel=self.kernel_, generator=draw)
        else:
            u = uniform_points(count, x.shape[1] + 1, sampler=self.sampler, generator=draw)
            if self.sampler == "sobol":  # −ω has the features of ω: fill the half space ω_1 < 0
                u[:, 0] /= 2
            w = self.kernel_.frequencies(u)
        self.frequencies_ = w.to(x.device)
        return self

    def _transform(self, x: Tensor) -> Tensor:
        """φ(x), (n, 2q), in the dtype and on the device of points (n, d)."""
        q = len(self.frequencies_)
        w, features = self.frequencies_.T.to(x), x.new_empty(len(x), 2 * q)
        # In place: three times as fast as cosine, sine and their concatenation.
        for part, out in zip(x.split(_ROWS), features.split(_ROWS), strict=True):
            torch.mm(part, w, out=out[:, :q])
            torch.sin(out[:, :q], out=out[:, q:])
            out[:, :q].cos_()
            out.mul_(q**-0.5)
        return features


class NystromFeatures(Transformer):
    """φ(x) = L⁻¹ k_S(x), L Lᵀ = K_SS + εI: ⟨φ(x), φ(z)⟩ is k on the span of the centres S.

    Whitened: ‖φ(x)‖² ≤ k(x, x) for any centres, duplicates included, so that ΦᵀΦ + λI has a
    condition number of at most 1 + n/λ. ε is m times the machine epsilon of x; L is in float64.
    Fitted: `kernel_`, `centres_` (m, d), `chosen_` (m,) their rows, `whitening_` L⁻¹ (m, m).

    Arguments: `kernel`, an instance, or a name with a `bandwidth`: a number in units of x, or
    "median". `n_centres` m, fewer if rows are fewer, or fewer leave nothing to add. `selection`:
    "rpcholesky", randomly pivoted Cholesky, or "uniform".
    Raises: ValueError at `fit` and `transform` for bad points and choices.
    Source: williams2001, chen2025b, prop-whitened-features.
    """

    def __init__(
        self,
        kernel: str | Stationary = "gaussian",
        n_centres: int = 512,
        *,
        selection: str = "rpcholesky",
        bandwidth: str | float = "median",
        seed: int = 0,
    ) -> None:
        self.kernel = kernel
        self.n_centres = n_centres
        self.selection = selection
        self.bandwidth = bandwidth
        self.seed = seed

    def fit(self, x: Any, y: object = None) -> Self:
        """Choose the centres among points (n, d), and whiten their kernel matrix."""
        x = self._points(x, first=True)
        m, eps = require_count(self.n_centres, "n_centres"), torch.finfo(x.dtype).eps
        draw = stream("Nyström features", self.seed, device=x.device)
        self.kernel_ = as_kernel(self.kernel, self.bandwidth, x)
        if require_choice(self.selection, ("rpcholesky", "uniform"), "selection") == "uniform":
            self.chosen_ = torch.randperm(len(x), generator=draw, device=x.device)[:m]
        else:
            self.chosen_ = rpcholesky(
                x,
                kernel=partial(fill_gram, self.kernel_),
                rank=min(m, len(x)),
                generator=draw,
                stop=eps * len(x),
            ).chosen
        self.centres_ = x[self.chosen_]
        gram = self.kernel_(self.centres_.double(), self.centres_.double())
        gram.diagonal().add_(eps * len(gram))
        one = torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
        self.whitening_ = torch.linalg.solve_triangular(
            torch.linalg.cholesky(gram), one, upper=False
        )
        return self

    def _transform(self, x: Tensor) -> Tensor:
        """φ(x), (n, m), in the dtype and on the device of points (n, d)."""
        centres, whiten = self.centres_.to(x), self.whitening_.T.to(x)
        features = x.new_empty(len(x), len(centres))
        for part, out in zip(x.split(_ROWS // 8), features.split(_ROWS // 8), strict=True):
            gram = fill_gram(self.kernel_, part, centres)
            for j in range(0, len(centres), _COLUMNS):
                end = j + _COLUMNS
                torch.mm(gram[:, :end], whiten[:end, j:end], out=out[:, j:end])
        return features


def as_kernel(kernel: str | Stationary, bandwidth: str | float, x: Tensor) -> Stationary:
    """Return the kernel itself, or that of the name, with the bandwidth, or the median distance
    of points x over √2.

    Raises: ValueError for another name, a bandwidth that is not > 0, or two bandwidths.
    Source: rahimi2007, def-kernel.
    """
    if isinstance(kernel, Stationary):
        if bandwidth != "median":
            raise ValueError(
                f"the kernel has bandwidth {kernel.bandwidth}, got another, {bandwidth}; try "
                "the name of the kernel with it"
            )
        return kernel
    law = KERNELS[require_choice(kernel, KERNELS, "kernel")]
    if isinstance(bandwidth, str):
        require_choice(bandwidth, ("median",), "bandwidth, unless a number,")
        return law(median_bandwidth(x))
    return law(bandwidth)


def orthogonal_frequencies(
    count: int, dim: int, *, kernel: Stationary, generator: torch.Generator
) -> Tensor:
    """Return frequencies (count, dim), float64, each of the kernel's law, at right angles in
    blocks of dim.

    ω_i = ‖w_i‖ u_i: w_i independent of the kernel's law, u_i rows of Haar orthogonal matrices.

    Raises: ValueError for counts < 1.
    Source: yu2016, prop-orthogonal-features.
    """
    require_count(dim, "dim")
    points = uniform_points(count, dim + 1, sampler="iid", generator=generator)
    blocks = math.ceil(count / dim)
    normal = torch.randn(
        blocks,
        dim,
        min(dim, count),
        generator=generator,
        dtype=torch.float64,
        device=generator.device,
    )
    q, r = torch.linalg.qr(normal)
    # Without the signs of the diagonal of R, the law of Q would depend on the method.
    q = q * r.diagonal(dim1=1, dim2=2).sign()[:, None]
    lengths = kernel.frequencies(points).norm(dim=1, keepdim=True)
    return lengths * q.mT.reshape(-1, dim)[:count]


def feature_variance(kernel: Stationary, delta: Tensor, *, count: int) -> Tensor:
    """Return Var k̂(δ) = (1/q) ((1 + k(2δ))/2 − k(δ)²), (n,), of q independent frequencies.

    Arguments: `delta` δ = x − z (n, d); `count` q.
    Raises: ValueError for bad points, or count < 1.
    Source: rahimi2007, prop-feature-variance.
    """
    r = delta.norm(dim=1) / kernel.bandwidth
    once, twice = kernel.profile(r), kernel.profile(2 * r)
    return ((1 + twice) / 2 - once.square()) / require_count(count, "count")
