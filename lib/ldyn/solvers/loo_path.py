"""Leave-one-out errors of kernel ridge regression at many ridges, exactly."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ldyn.core import require_positive, stream
from ldyn.solvers.pivots import pivoted

PANEL = 64  # columns reduced at a time, and width of the blocks of the band
SAFE = 2e-7  # float32 serves where the least ridge is above so many times ‖K‖₁


def loo_path(gram: Tensor, y: Tensor, *, ridges: Sequence[float]) -> Tensor:
    """Return the mean squared leave-one-out errors of kernel ridge at every ridge λ, (r,) float64.

    loo(λ) = mean_i (c_i/g_i)²,  c = (K + λI)⁻¹ y,  g = diag (K + λI)⁻¹, as `loo_solutions`.

    Arguments: `gram` K (n, n), symmetric, `y` (n,) or (n, c), each in a precision of its own.
    Raises: ValueError as `loo_solutions`.
    Source: schreiber1989, prop-loo-path.
    """
    return loo_solutions(gram, y, ridges=ridges)[0]


def loo_solutions(gram: Tensor, y: Tensor, *, ridges: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Return `loo_path`, (r,), and the coefficients c of every ridge λ, (r, n) or (r, n, c).

    loo(λ) = mean_i (c_i/g_i)²,  c = (K + λI)⁻¹ y,  g = diag (K + λI)⁻¹; both in float64.

    K = QBQᵀ with B block tridiagonal, once, in 10n³/3 operations; then per ridge, B + λI = LLᵀ and
    Z = L⁻¹Qᵀ give g_i = Σ_j Z_ji² and c = Zᵀ(Zy) in O(n²). Where K is FᵀF of rank below n/4, up to
    a relative error of 1e-10 (float32: 1e-4) at the least ridge, FFᵀ is diagonalised in its place.

    Arguments: `gram` K (n, n) symmetric, overwritten nowhere, n ≥ 2; `y` (n,) or (n, c), the mean
    is over all entries; each may have a precision of its own. Computed in the dtype of K, but in
    float64 where λ_min ≤ 2e-7·‖K‖₁: the relative error is of the order u‖K‖/λ, u the rounding.
    Raises: ValueError for shapes that do not match, no ridge, one that is not > 0, or one too small
    to factorise.
    Source: schreiber1989, prop-loo-path.
    """
    n = len(gram)
    if n < 2 or not len(ridges):
        raise ValueError(
            f"gram must have at least 2 rows and ridges at least one ridge, got {n} and "
            f"{len(ridges)}; try kernel(x, x) and [1e-3, 1e-2, 1e-1]"
        )
    least = min(require_positive(ridge, "ridge") for ridge in ridges)
    size = torch.linalg.vector_norm(gram, ord=1, dim=0).max().item()
    single = gram.dtype == torch.float32 and least > SAFE * size
    dtype, right = torch.float32 if single else torch.float64, y.reshape(n, -1).double()
    # What a low rank leaves of a rounded K is not small against a ridge below the rounding.
    factor = _low_rank(gram, least * (1e-4 if single else 1e-10)) if dtype == gram.dtype else None
    if factor is None:
        found = _by_band(gram.to(dtype, copy=True), right, ridges)
    else:
        found = _by_rank(factor, right, ridges)
    errors = [(c / g[:, None]).double().square().mean() for c, g in found]
    return torch.stack(errors), torch.stack([c.double() for c, _ in found]).reshape(-1, *y.shape)


def _low_rank(gram: Tensor, stop: float) -> Tensor | None:
    """Return F (k, n), k ≤ n/4, with tr(K − FᵀF) ≤ stop or of rounding; None if there is none.

    The log of the trace left is convex in k, more or less: a sixteenth of the columns must bring a
    quarter of what is asked for.
    """
    diagonal, n = gram.diagonal().double(), len(gram)
    # Of float32 entries the pivots are drawn in float64, but rounding is left behind all the same.
    tiny = (8 if gram.dtype == torch.float32 else 64) * torch.finfo(gram.dtype).eps
    trace, stop = diagonal.sum().item(), max(stop, tiny * diagonal.sum().item())
    entries = lambda i, j: (gram[i] if j is None else gram[i][:, j]).double()  # noqa: E731
    for rank, bar in ((n // 16, trace * (stop / trace) ** 0.25), (n // 4, stop)):
        if not rank:
            return None
        found = pivoted(
            entries, diagonal, rank=rank, generator=stream("loo path"), stop=stop, tiny=tiny
        )
        if found.left > bar:
            return None
    signs = (1 - 2 * (torch.arange(n, device=gram.device) % 2))[:, None].to(gram)
    missed = (gram @ signs).double() - found.factor.T @ (found.factor @ signs.double())
    return found.factor if missed.norm() <= 10 * stop else None  # else K is not positive


def _by_rank(factor: Tensor, y: Tensor, ridges: Sequence[float]) -> list[tuple[Tensor, Tensor]]:
    """Return c and g a ridge from FFᵀ = WSWᵀ, G = FᵀW: λ(K + λI)⁻¹ = I − G(S + λI)⁻¹Gᵀ."""
    values, vectors = torch.linalg.eigh(factor @ factor.T)
    g = factor.T @ vectors
    squares, projected, found = g.square(), g.T @ y, []
    for ridge in ridges:
        shrunk = 1 / (values.clamp(min=0) + ridge)
        fitted = g @ (shrunk[:, None] * projected)
        found.append(((y - fitted) / ridge, (1 - squares @ shrunk) / ridge))
    return found


def _by_band(a: Tensor, y: Tensor, ridges: Sequence[float]) -> list[tuple[Tensor, Tensor]]:
    """Return c and g a ridge from Qᵀ a Q = B, block tridiagonal; `a` is overwritten."""
    diagonal, below, rotation = _band(a)
    right, found = y.to(a), []
    for ridge in ridges:
        c, g, z = torch.zeros_like(right), a.new_zeros(len(a)), rotation[:0]
        side = diagonal[0][:, :0]  # no block before the first
        for k, rows in enumerate(rotation.split(PANEL)):
            eye = torch.eye(len(rows)).to(a)
            lower, failed = torch.linalg.cholesky_ex(diagonal[k] + ridge * eye - side @ side.T)
            if failed:
                raise ValueError(
                    f"the ridge must lift the Gram matrix above rounding, got {ridge:.1e}; "
                    f"try {100 * torch.finfo(a.dtype).eps * len(a):.0e}"
                )
            # Products with the small inverse: thrice as fast as solving for n columns.
            inverse = torch.linalg.solve_triangular(lower, eye, upper=False)
            z = (inverse @ rows).addmm_(inverse @ side, z, alpha=-1)
            g += z.square().sum(0)
            c += z.T @ (z @ right)
            if k < len(below):
                side = torch.linalg.solve_triangular(lower, below[k].T, upper=False).T
        found.append((c, g))
    return found


def _band(a: Tensor) -> tuple[list[Tensor], list[Tensor], Tensor]:
    """Return the diagonal blocks of QᵀaQ, those below them, and Qᵀ, by Householder panels.

    A panel's reflectors are I − VTVᵀ with T⁻¹ = triu(VᵀV, 1) + diag(1/τ); from both sides,
    A − VWᵀ − WVᵀ with W = X − ½V TᵀVᵀX, X = AVT.
    """
    n, diagonal, below, reflectors = len(a), [], [], []
    for j in range(0, n - PANEL, PANEL):
        s = j + PANEL
        diagonal.append(a[j:s, j:s].clone())
        packed, tau = torch.geqrf(a[s:, j:s])
        below.append(packed[:PANEL].triu())
        v = packed[:, : len(tau)].tril(-1)
        v.diagonal().copy_(tau != 0)  # τ = 0 is no reflection
        inverse = (v.T @ v).triu(1) + torch.diag(1 / torch.where(tau == 0, 1, tau))
        t = torch.linalg.solve_triangular(inverse, torch.eye(len(tau)).to(a), upper=True)
        rest = a[s:, s:]
        x = (v.T @ rest).T @ t  # symmetric, and rows are faster
        w = x - v @ (t.T @ (v.T @ x)) / 2
        rest.addmm_(torch.cat([v, w], 1), torch.cat([w, v], 1).T, alpha=-1)
        reflectors.append((s, v, t))
    diagonal.append(a[len(below) * PANEL :, len(below) * PANEL :].clone())
    rotation = torch.eye(n, dtype=a.dtype, device=a.device)
    for s, v, t in reversed(reflectors):
        rest = rotation[s:, s:]
        rest.addmm_(rest @ v @ t.T, v.T, alpha=-1)
    return diagonal, below, rotation
