"""Exact kernel ridge regression, with leave-one-out choice of ridge and bandwidth."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_positive, require_samples
from ldyn.kernels.stationary import Stationary

Predictor = Callable[[Tensor], Tensor]
Kernel = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class RidgePath:
    """Kernel ridge at many ridges: `coefficients` (n, r) in the dtype of x.

    Called with (m, d) points it returns the (m, r) predictions of all ridges at once.
    """

    kernel: Kernel
    x: Tensor
    ridges: tuple[float, ...]
    coefficients: Tensor
    residuals: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        return self.kernel(x.to(self.x), self.x) @ self.coefficients

    def member(self, i: int) -> Predictor:
        """Return the predictor of ridge i, (m, d) → (m,)."""
        return _predictor(self.kernel, self.x, self.coefficients[:, i])


@dataclass(frozen=True, kw_only=True)
class RidgeSelection:
    """The pair chosen by leave-one-out.

    Fields: `loo` (b, r) mean squared leave-one-out errors, `at_edge` whether the choice lies on
    the edge of the grid, which asks for a wider one.
    """

    predictor: Predictor
    bandwidth: float
    ridge: float
    loo: Tensor
    at_edge: bool


def ridge_path(x: Tensor, y: Tensor, *, kernel: Kernel, ridges: Sequence[float]) -> RidgePath:
    """Return kernel ridge regression at every ridge λ, from one eigendecomposition.

    f̂_λ = argmin_f Σ_i (y_i − f(x_i))² + λ‖f‖²_H = Σ_i c_i k(x_i, ·),  c = (K + λI)⁻¹ y.
    `residuals` (n, r) are leave-one-out: y_i − f̂^(−i)(x_i) = c_i / [(K + λI)⁻¹]_ii.

    Arguments: `x` (n, d), `y` (n,); `kernel` (n, d), (m, d) ↦ (n, m); computed in float64 on the
    device of x. The decomposition is of K, or of a factor where K has, up to rounding, at most half
    its rank; ridges so small that the rounding of either would show are solved one by one, as by
    `fit_ridge`.
    Raises: ValueError for bad samples, no ridge, or a ridge that is not > 0 or too small to
    factorise.
    Source: wahba1990, prop-loo.
    """
    require_samples(x, y, at_least=2)
    _require_instance(kernel)
    if not len(ridges):
        raise ValueError("ridges must name at least one ridge, got none; try [1e-3, 1e-2, 1e-1]")
    for ridge in ridges:
        require_positive(ridge, "ridge")
    _require_instance(kernel)
    x, y = x.double(), y.double()
    gram, all_ridges = kernel(x, x), y.new_tensor(ridges)
    # A decomposition's rounding shows as eps · trace / λ: below that each λ has its own Cholesky.
    large = all_ridges >= 1e5 * torch.finfo(gram.dtype).eps * gram.trace()
    parts = [_resolvents(gram, y, all_ridges[large])] if large.any() else []
    parts += [_resolvent(gram, y, ridge) for ridge in all_ridges[~large].tolist()]
    back = torch.cat([large.nonzero(), (~large).nonzero()])[:, 0].argsort()
    coefficients, diagonal = (torch.cat(p, 1)[:, back] for p in zip(*parts, strict=True))
    return RidgePath(
        kernel=kernel,
        x=x,
        ridges=tuple(ridges),
        coefficients=coefficients,
        residuals=coefficients / diagonal,
    )


def fit_ridge(x: Tensor, y: Tensor, *, kernel: Kernel, ridge: float) -> Predictor:
    """Return kernel ridge regression as a predictor, (m, d) → (m,).

    f̂ = argmin_f Σ_i (y_i − f(x_i))² + λ‖f‖²_H = Σ_i c_i k(x_i, ·),  c = (K + λI)⁻¹ y.

    Arguments: `x` (n, d), `y` (n,); `kernel` (n, d), (m, d) ↦ (n, m); solved by Cholesky in float64
    on the device of x.
    Raises: ValueError for bad samples, or unless ridge > 0 and large enough to factorise.
    Source: wahba1990, prop-loo.
    """
    require_samples(x, y)
    require_positive(ridge, "ridge")
    _require_instance(kernel)
    x, y = x.double(), y.double()
    factor = _lifted(kernel(x, x), ridge)
    return _predictor(kernel, x, torch.cholesky_solve(y[:, None], factor)[:, 0])


def fit_ridge_loo(
    x: Tensor,
    y: Tensor,
    *,
    kernel: type[Stationary],
    bandwidths: Sequence[float],
    ridges: Sequence[float],
) -> RidgeSelection:
    """Return kernel ridge at the bandwidth and ridge of least leave-one-out error, exactly.

    loo(b, λ) = (1/n) Σ_i (c_i / [(K_b + λI)⁻¹]_ii)²; one decomposition a bandwidth serves all
    ridges, as in `ridge_path`.

    Arguments: `x` (n, d), `y` (n,); `kernel` a class, such as Gaussian.
    Raises: ValueError for bad samples or an empty or non-positive grid.
    Source: wahba1990, prop-loo.
    """
    if not len(bandwidths):
        raise ValueError("bandwidths must name at least one, got none; try [0.05, 0.1, 0.2]")
    if not issubclass(kernel, Stationary):
        raise ValueError(f"kernel must be a stationary kernel, got {kernel.__name__}; try Gaussian")
    paths = [ridge_path(x, y, kernel=kernel(b), ridges=ridges) for b in bandwidths]
    unit = 2.0 ** (math.frexp(y.abs().max().item())[1] - 1)  # whose square could leave the range
    loo = torch.stack([(path.residuals / unit).square().mean(0) for path in paths])
    i, j = divmod(int(loo.argmin()), len(ridges))
    ends = (i in {0, len(bandwidths) - 1} and len(bandwidths) > 1) or (
        j in {0, len(ridges) - 1} and len(ridges) > 1
    )
    return RidgeSelection(
        predictor=paths[i].member(j),
        bandwidth=bandwidths[i],
        ridge=ridges[j],
        loo=loo * unit * unit,
        at_edge=ends,
    )


def _require_instance(kernel: Kernel) -> None:
    if isinstance(kernel, type):
        raise ValueError(
            f"kernel must be a kernel with its bandwidth, got the class {kernel.__name__}; "
            f"try {kernel.__name__}(0.1)"
        )


def _lifted(gram: Tensor, ridge: float) -> Tensor:
    """The Cholesky factor of K + λI, which takes the place of K."""
    gram.diagonal().add_(ridge)
    factor, failed = torch.linalg.cholesky_ex(gram)
    if failed:
        raise ValueError(
            f"ridge must lift the Gram matrix above rounding, got {ridge}; "
            f"try {1e-12 * len(gram):.0e}"
        )
    return factor


def _resolvent(gram: Tensor, y: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    """As `_resolvents`, at one ridge, (n, 1), by Cholesky."""
    factor = _lifted(gram.clone(), ridge)
    diagonal = torch.cholesky_inverse(factor).diagonal()[:, None]
    return torch.cholesky_solve(y[:, None], factor), diagonal


def _resolvents(gram: Tensor, y: Tensor, ridges: Tensor) -> tuple[Tensor, Tensor]:
    """Return (K + λI)⁻¹ y and the diagonal of (K + λI)⁻¹, both (n, r), at every ridge λ.

    With K = QΛQᵀ: (K + λI)⁻¹ = Q (Λ + λI)⁻¹ Qᵀ. With K = FᵀF, FFᵀ = WSWᵀ and Z = FᵀW:
    (K + λI)⁻¹ = (I − Z (S + λI)⁻¹ Zᵀ) / λ.
    """
    factor = _factor(gram)
    values, vectors = torch.linalg.eigh(gram if factor is None else factor @ factor.T)
    shrunk = 1 / (values.clamp(min=0)[:, None] + ridges)
    if factor is None:
        return vectors @ (shrunk * (vectors.T @ y)[:, None]), vectors.square() @ shrunk
    z = factor.T @ vectors
    fitted = z @ (shrunk * (z.T @ y)[:, None])
    return (y[:, None] - fitted) / ridges, (1 - z.square() @ shrunk) / ridges


def _factor(gram: Tensor) -> Tensor | None:
    """Return F (q, n), q ≤ n/2, with K = FᵀF up to rounding, by pivoted Cholesky; else None.

    The trace left over bounds the error ‖K − FᵀF‖; at machine epsilon times the trace of K it is
    that of an eigendecomposition. Gives up as soon as log(trace left) lags behind a straight line.
    """
    eps, most = torch.finfo(gram.dtype).eps, len(gram) // 2
    factor, left = gram.new_empty(most, len(gram)), gram.diagonal().clone()
    trace = left.sum().item()
    for q in range(most):
        rest = left.sum().item()
        if rest <= eps * trace:
            return factor[:q]
        if q % 32 == 31 and math.log(rest / trace) / math.log(eps) < q / most:
            return None
        i = int(left.argmax())
        factor[q] = (gram[i] - factor[:q, i] @ factor[:q]) / left[i].sqrt()
        left = (left - factor[q].square()).clamp(min=0)
        left[i] = 0
    return None


def _predictor(kernel: Kernel, x: Tensor, coefficients: Tensor) -> Predictor:
    def predictor(z: Tensor) -> Tensor:
        values = [kernel(part.to(x), x) @ coefficients for part in z.split(8192)]
        return torch.cat(values).to(z)

    return predictor
