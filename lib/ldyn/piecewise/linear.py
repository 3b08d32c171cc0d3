"""Linear estimators: f̂(x) = Σ_i Y_i Υ_i(x), with weights Υ_i free of the responses."""

from collections.abc import Callable

import torch
from torch import Tensor

from ldyn.core import require_count, require_points, require_positive, require_samples
from ldyn.core.optional import needs
from ldyn.piecewise.dyadic import cell_index, cell_sums, coarsen, refine

Predictor = Callable[[Tensor], Tensor]


def cosine_basis(x: Tensor, cutoff: int) -> Tensor:
    """Return the tensor cosine basis at the points `x` (n, d), as (n, cutoff^d).

    φ_k(x) = Π_j c_{k_j} cos(π k_j x_j),  0 ≤ k_j < cutoff,  c_0 = 1, c_k = √2: orthonormal on
    the cube.
    Raises: ValueError unless cutoff ≥ 1.
    Source: tsybakov2009, def-linear-estimator.
    """
    require_count(cutoff, "cutoff")
    k = torch.arange(cutoff, dtype=x.dtype, device=x.device)
    scale = torch.full_like(k, 2.0**0.5)
    scale[0] = 1.0
    basis = torch.ones(len(x), 1, dtype=x.dtype, device=x.device)
    for j in range(x.shape[1]):
        column = scale * (torch.pi * x[:, j : j + 1] * k).cos()
        basis = (basis[:, :, None] * column[:, None, :]).flatten(1)
    return basis


def fit_cosine(x: Tensor, y: Tensor, *, cutoff: int) -> Predictor:
    """Return the least-squares fit in the span of the first cutoff^d cosines.

    f̂ = Σ_k θ̂_k φ_k,  θ̂ = argmin_θ Σ_i (y_i − Σ_k θ_k φ_k(x_i))².

    Arguments: `x` (n, d) and the predictor's points in the unit cube, `y` (n,). Raises: ValueError
    for bad samples, points outside, or cutoff^d > n/2, where the normal equations degenerate.
    Source: tsybakov2009, thm-cosine-upper.
    """
    require_samples(x, y, cube=True)
    require_count(cutoff, "cutoff")
    if 2 * cutoff ** x.shape[1] > max(len(y), 2):
        raise ValueError(
            f"cutoff {cutoff} asks for {cutoff ** x.shape[1]} coefficients from {len(y)} samples; "
            f"try a cutoff of at most {int((len(y) / 2) ** (1 / x.shape[1]))}"
        )
    basis = cosine_basis(x, cutoff)
    # A whisper of ridge, far below the noise, keeps clustered designs solvable.
    gram = basis.T @ basis
    gram.diagonal().add_(1e-8 * len(y))
    coefficients = torch.linalg.solve(gram, basis.T @ y)
    d = x.shape[1]
    return lambda z: cosine_basis(require_points(z, dim=d, cube=True), cutoff) @ coefficients.to(z)


def fit_spline(x: Tensor, y: Tensor, *, penalty: float) -> Predictor:
    """Return the cubic smoothing spline, in dimension 1.

    f̂ = argmin_f Σ_i (y_i − f(x_i))² + penalty ∫ f''²; beyond the outermost points, constant.

    Arguments: `x` (n, d), `y` (n,), taken without their derivatives. Raises: ValueError for bad
    samples, fewer than 5 distinct points, d ≠ 1 or a penalty that is not > 0; ImportError without
    SciPy.
    Source: wahba1990, def-linear-estimator.
    """
    require_samples(x, y, at_least=5)
    require_positive(penalty, "penalty")
    if x.shape[1] != 1:
        raise ValueError(f"the spline is for d = 1, got d = {x.shape[1]}; try fit_cosine")
    with needs("scipy"):
        from scipy.interpolate import make_smoothing_spline
    # Responses at one point enter by their mean, with their number as its weight: the same sum.
    knots, at, counts = x[:, 0].double().unique(return_inverse=True, return_counts=True)
    if len(knots) < 5:
        raise ValueError(f"the spline needs 5 distinct points, got {len(knots)}; draw more data")
    means = torch.zeros_like(knots).index_add_(0, at, y.double()) / counts
    spline = make_smoothing_spline(
        knots.cpu().numpy(), means.cpu().numpy(), w=counts.double().cpu().numpy(), lam=penalty
    )
    # Outside the data a natural cubic spline goes on as a line; clamping keeps it from running off.
    low, high = x.min().item(), x.max().item()

    def predictor(z: Tensor) -> Tensor:
        inside = require_points(z, dim=1)[:, 0].clamp(low, high)
        return torch.from_numpy(spline(inside.cpu().numpy())).to(z)

    return predictor


def neighbour_means(x: Tensor, y: Tensor, z: Tensor, counts: list[int]) -> Tensor:
    """Return the means of y over the k nearest points to each z, for every k, as (len(counts), m).

    Raises: ValueError for bad samples or points, or a count outside 1 … n.
    Source: tsybakov2009, def-linear-estimator.
    """
    require_samples(x, y)
    require_points(z, name="z", dim=x.shape[1])
    for count in counts:
        require_count(count, "neighbours")
        if count > len(y):
            raise ValueError(f"{count} neighbours from {len(y)} samples; try at most {len(y)}")
    pick = torch.tensor(counts, device=x.device)
    parts = []
    for part in z.split(4096):
        # The direct differences: expanding ‖z − x‖² would shuffle close points in float32.
        gaps = torch.cdist(part, x, compute_mode="donot_use_mm_for_euclid_dist")
        nearest = gaps.topk(max(counts), largest=False).indices
        parts.append(y[nearest].cumsum(1)[:, pick - 1] / pick)
    return torch.cat(parts).T


def fit_neighbours(x: Tensor, y: Tensor, *, neighbours: int) -> Predictor:
    """Return the k-nearest-neighbour mean: f̂(z) = (1/k) Σ of y_i over the k points next to z.

    Arguments: `x` (n, d), `y` (n,). Raises: ValueError for bad samples or neighbours outside 1 … n.
    Source: tsybakov2009, def-linear-estimator.
    """
    require_samples(x, y)
    neighbour_means(x, y, x[:1], [neighbours])
    return lambda z: neighbour_means(x, y, z.to(x), [neighbours])[0].to(z)


def fit_haar_projection(x: Tensor, y: Tensor, *, level: int) -> Predictor:
    """Return the Haar estimator cut at a level: the mean of y in each dyadic cell of side 2^(−τ).

    An empty cell takes the mean of its smallest ancestor that is not.

    Arguments: `x` (n, d) and the predictor's points in the unit cube, `y` (n,), `level` τ ≥ 0.
    Raises: ValueError for bad samples, points outside, or level < 0.
    Source: imaizumi2022, prop-level-cut.
    """
    require_samples(x, y, cube=True)
    require_count(level, "level", at_least=0)
    counts, sums = cell_sums(x, torch.stack([torch.ones_like(y), y]), level)
    means = [sums / counts]
    while means[-1].numel() > 1:
        counts, sums = coarsen(counts), coarsen(sums)
        means.append(sums / counts)
    value = means.pop()
    while means:
        finer = means.pop()
        value = torch.where(finer.isfinite(), finer, refine(value))
    flat, d = value.flatten(), x.shape[1]
    return lambda z: flat[cell_index(require_points(z, dim=d, cube=True), level)].to(z)
