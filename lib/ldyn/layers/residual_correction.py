"""Fits at nested scales: each level corrects what the coarser ones leave; kernels of all scales."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_count, require_points, require_positive
from ldyn.gate import holds
from ldyn.kernels import Stationary

Kernel = Callable[[Tensor, Tensor], Tensor]


class Wendland(Stationary):
    """k(x, z) = (1 − r)₊⁴ (4r + 1), r = ‖x − z‖/b, zero from b on; positive definite for d ≤ 3.

    Raises: ValueError for a bad bandwidth, or, when called, for points of more than 3 columns.
    Source: wendland1995, def-residual-correction.
    """

    def __call__(self, x: Tensor, z: Tensor) -> Tensor:
        """Return the Gram matrix k(x_i, z_j), (n, m), of points `x` (n, d) and `z` (m, d)."""
        if x.shape[1] > 3:
            raise ValueError(f"x must have at most 3 columns, got {x.shape[1]}; try Matern32")
        return super().__call__(x, z)

    def profile(self, r: Tensor) -> Tensor:
        return (1 - r).clamp(min=0).pow(4) * (4 * r + 1)


@dataclass(frozen=True)
class MultiscaleKernel:
    """k = Σ_j a_j k_j; its norm is ‖f‖² = min Σ_j ‖f_j‖²/a_j over all f = Σ_j f_j.

    Fields: `kernels` k_j, callable on points (n, d), (m, d); `weights` a_j > 0, one a kernel.
    Raises: ValueError for no kernels, other weights than kernels, or weights that are not > 0.
    Source: aronszajn1950, thm-sum-kernel.
    """

    kernels: Sequence[Kernel]
    weights: Sequence[float]

    def __post_init__(self) -> None:
        if not self.kernels or len(self.weights) != len(self.kernels):
            many = f"{len(self.weights)} weights for {len(self.kernels)} kernels"
            raise ValueError(f"expected one weight a kernel, got {many}; give both in order")
        for kernel, weight in zip(self.kernels, self.weights, strict=True):
            if require_positive(weight, "weights") and not callable(kernel):
                raise ValueError(f"kernels must be functions, got {kernel}; try [Gaussian(1.0)]")

    def __call__(self, x: Tensor, z: Tensor) -> Tensor:
        """Return the Gram matrix (n, m) of points `x` (n, d) and `z` (m, d)."""
        parts = [a * k(x, z) for a, k in zip(self.weights, self.kernels, strict=True)]
        return torch.stack(parts).sum(0)


@dataclass(frozen=True, kw_only=True)
class Level:
    """One correction Σ_i c_i k(x_i, ·): `sites` (m, d), `coefficients` (m,), `kernel`, `ridge`."""

    kernel: Kernel
    sites: Tensor
    coefficients: Tensor
    ridge: float

    def __call__(self, x: Tensor) -> Tensor:
        """Return the correction at points (n, d), (n,)."""
        return self.kernel(x, self.sites) @ self.coefficients

    def condition(self) -> float:
        """Return the condition number of the level's matrix K + λI."""
        values = torch.linalg.eigvalsh(self.kernel(self.sites, self.sites)) + self.ridge
        return (values[-1] / values[0]).item()


@dataclass(frozen=True, kw_only=True)
class ResidualCorrection:
    """The sum of the corrections `levels`, coarse to fine. Source: def-residual-correction."""

    levels: tuple[Level, ...]

    def __call__(self, x: Tensor) -> Tensor:
        """Return f_L at points (n, d), (n,)."""
        return self.partial(x)[-1]

    def partial(self, x: Tensor) -> Tensor:
        """Return f_1, …, f_L at points (n, d): (L, n)."""
        require_points(x, dim=self.levels[0].sites.shape[1])
        return torch.stack([level(x) for level in self.levels]).cumsum(0)


def residual_correction(
    x: Tensor, y: Tensor, *, kernels: Sequence[Kernel], rows: Sequence[int], ridge: float = 0.0
) -> ResidualCorrection:
    """Return the fit f_L: f_0 = 0, f_j = f_{j−1} + Σ_{i≤m_j} c_i k_j(x_i, ·),
    (K_j + λI) c = (y − f_{j−1})(x_1, …, x_{m_j}).

    Arguments: `x` (n, d), `y` (n,), rows ordered so that each prefix covers all points; `kernels`
    k_1, …, k_L from wide to narrow, each (n, d), (m, d) ↦ (n, m); `rows` m_1 ≤ … ≤ m_L ≤ n;
    `ridge` λ ≥ 0, zero to interpolate.
    Raises: ValueError for bad samples, other numbers of kernels and rows, rows that decrease or
    exceed n, a negative ridge, or a matrix without Cholesky factor.
    Source: floater1996, def-residual-correction.
    """
    counts = [require_count(m, "rows") for m in rows]
    if not counts or len(counts) != len(kernels) or counts != sorted(counts) or counts[-1] > len(x):
        raise ValueError(
            f"expected rows m_1 <= ... <= m_L <= {len(x)}, one a kernel, got {counts} for "
            f"{len(kernels)} kernels; try [{len(x)}] * {max(1, len(kernels))}"
        )
    if ridge < 0:
        raise ValueError(f"ridge must be a number >= 0, got {ridge!r}; try ridge=0.0")
    levels: list[Level] = []
    left = y.clone()
    for kernel, m in zip(kernels, counts, strict=True):
        gram = kernel(x, x[:m])
        factor, failed = torch.linalg.cholesky_ex(gram[:m] + ridge * torch.eye(m).to(gram))
        if not holds(failed == 0):
            raise ValueError(
                f"the matrix of level {len(levels) + 1} is singular to rounding; try a narrower "
                "kernel for these sites, fewer rows, or a ridge"
            )
        c = torch.cholesky_solve(left[:m, None], factor)[:, 0]
        left = left - gram @ c
        levels.append(Level(kernel=kernel, sites=x[:m], coefficients=c, ridge=ridge))
    return ResidualCorrection(levels=tuple(levels))
