"""What libraries return for two samples, written out: energies, entropic transport, scores."""

import math

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive, stream
from ldyn.kernels import Gaussian, Laplace, half_squared_mmd

_FLOOR = 1e-4  # geomloss raises squared distances to 1e-8
_HALVES = {"small": 100, "large": 1000}


def energy_loss(x: Tensor, y: Tensor) -> Tensor:
    """Return E‖X − Y‖ − ½E‖X − X′‖ − ½E‖Y − Y′‖ of two samples, a scalar in units of x.

    Half the squared energy distance; on the line ∫(F − G)².

    Arguments: `x` (n, d), `y` (m, d).
    Source: feydy2019.
    """
    return _distances(x, y).mean() - (_distances(x, x).mean() + _distances(y, y).mean()) / 2


def entropic_plan(
    cost: Tensor, *, regularisation: float, marginals: float | None = None, iterations: int = 5000
) -> tuple[Tensor, Tensor]:
    """Return the plan P (n, m) for uniform weights a, b and its value, a scalar.

    min_P ⟨P, C⟩ + ε KL(P‖abᵀ), P1 = a, Pᵀ1 = b; or, for a weight ρ of the marginals, with
    ρ KL(P1‖a) + ρ KL(Pᵀ1‖b) in their place; KL(p‖q) = Σ p log(p/q) − p + q.

    Arguments: `cost` (n, m); `regularisation` ε and `marginals` ρ in its units.
    Raises: ValueError for ε or ρ that are not > 0, a count below one, or a potential that still
    moves by more than 1e-4 ε after the iterations: marginals are right to that.
    Source: peyre2019.
    """
    require_positive(regularisation, "regularisation")
    require_count(iterations, "iterations")
    rho = require_positive(marginals, "marginals") if marginals is not None else float("inf")
    eps, (n, m) = regularisation, cost.shape
    damping = 1 / (1 + eps / rho)
    scaled, f, g = -cost / eps, cost.new_full((n, 1), math.nan), cost.new_zeros(1, m)
    pull = lambda g: -damping * ((scaled + g).logsumexp(1, keepdim=True) - math.log(m))  # noqa: E731
    for _ in range(iterations):  # f and g are the potentials over ε
        before, f = f, pull(g)
        if torch.equal(before, f):  # and so for ever
            break
        g = -damping * ((scaled + f).logsumexp(0, keepdim=True) - math.log(n))
    if not (left := (pull(g) - f).abs().max()) <= 1e-4:
        raise ValueError(
            f"a potential still moves by {left:.1e} of the regularisation after {iterations} "
            "iterations; allow more of them, or a larger regularisation"
        )
    plan = (scaled + f + g).exp() / (n * m)
    value = (plan * cost).sum() + eps * divergence(plan, torch.full_like(plan, 1 / (n * m)))
    if marginals is not None:
        for side in (plan.sum(0), plan.sum(1)):
            value = value + rho * divergence(side, torch.full_like(side, 1 / len(side)))
    return plan, value


def divergence(p: Tensor, q: Tensor) -> Tensor:
    """Return KL(p‖q) = Σ p log(p/q) − p + q of nonnegative weights of one shape.

    Source: peyre2019.
    """
    return (torch.xlogy(p, p) - torch.xlogy(p, q) - p + q).sum()


def kernel_inception_distance(x: Tensor, y: Tensor) -> Tensor:
    """Return the unbiased estimate of MMD² with the kernel (⟨x, y⟩/d + 1)³, a scalar.

    Pairs of a point with itself do not count: the value can be below zero.

    Arguments: features `x` (n, d), `y` (m, d). Raises: ValueError unless n, m ≥ 2.
    Source: binkowski2018, prop-kid-itself.
    """
    _require_two(x, y)
    kernel = lambda a, b: (a @ b.T / a.shape[1] + 1) ** 3  # noqa: E731
    within = [(k.sum() - k.trace()) / (len(k) * (len(k) - 1)) for k in (kernel(x, x), kernel(y, y))]
    return within[0] + within[1] - 2 * kernel(x, y).mean()


def frechet_distance(x: Tensor, y: Tensor) -> Tensor:
    """Return ‖m_x − m_y‖² + tr(S_x + S_y − 2(S_x S_y)^½), the squared W₂ of fitted normal laws.

    Covariances have n − 1 in the denominator.

    Arguments: features `x` (n, d), `y` (m, d). Raises: ValueError unless n, m ≥ 2.
    Source: heusel2017.
    """
    _require_two(x, y)
    s, t = (torch.cov(a.T).reshape(x.shape[1], -1) for a in (x, y))
    crossed = torch.linalg.eigvals(s @ t).real.clamp(min=0).sqrt().sum()
    return (x.mean(0) - y.mean(0)).square().sum() + s.trace() + t.trace() - 2 * crossed


def neighbour_scores(real: Tensor, fake: Tensor, *, neighbours: int) -> dict[str, float]:
    """Return precision, recall, density and coverage from balls that reach to the k-th neighbour.

    A point is inside a ball if it is strictly closer than the radius.

    Arguments: `real` (n, d), `fake` (m, d); `neighbours` k < n, m.
    Raises: ValueError unless 1 ≤ k < n, m.
    Source: naeem2020.
    """
    k = require_count(neighbours, "neighbours")
    if k >= min(len(real), len(fake)):
        raise ValueError(
            f"neighbours must be below the sizes {len(real)} and {len(fake)}, got {k}; try 1"
        )
    radii = [_distances(a, a).kthvalue(k + 1, 1).values for a in (real, fake)]
    apart = _distances(real, fake)
    inside = (apart < radii[0][:, None]).double()
    return {
        "precision": inside.amax(0).mean().item(),
        "recall": (apart < radii[1]).double().amax(1).mean().item(),
        "density": inside.sum(0).mean().item() / k,
        "coverage": (apart.amin(1) < radii[0]).double().mean().item(),
    }


def convention_values(
    x: Tensor, y: Tensor, *, blur: float, reach: float, neighbours: int
) -> dict[str, float]:
    """Return what the rows of the frozen table `conventions` should be, by their keys.

    Transport has the cost ‖x − y‖², ε = 2 blur² and, unbalanced, ρ = 2 reach².

    Arguments: `x`, `y` (n, d). Raises: ValueError unless n ≥ 2 and the scales are > 0.
    Source: feydy2019, peyre2019.
    """
    for name, scale in (("blur", blur), ("reach", reach)):
        require_positive(scale, name)
    return (
        _of_kernels(x, y, blur)
        | _on_the_line(x[:, :1], y[:, :1])
        | _of_transport(x, y, 2 * blur**2, 2 * reach**2)
        | _of_features(x, y, neighbours)
    )


def _of_kernels(x: Tensor, y: Tensor, blur: float) -> dict[str, float]:
    gauss = half_squared_mmd(x, y, kernel=Gaussian(blur)).item()
    l1 = lambda a, b: (-torch.cdist(a, b, p=1) / blur).exp().mean()  # noqa: E731
    exact = half_squared_mmd(x, y, kernel=Laplace(blur)).item()
    floor = (1 - math.exp(-_FLOOR)) * (1 / len(x) + 1 / len(y)) / 2
    manhattan = (l1(x, x) + l1(y, y)) / 2 - l1(x, y)
    return {"gaussian": gauss, "rbf": gauss, "laplacian": exact - floor, "l1": manhattan.item()}


def _on_the_line(u: Tensor, v: Tensor) -> dict[str, float]:
    moved, energy = (u.sort(0).values - v.sort(0).values).abs(), energy_loss(u, v).item()
    first, second = moved.mean().item(), moved.square().mean().item()
    return {
        "energy_distance": math.sqrt(2 * energy),
        "energy": energy - _FLOOR * (1 / len(u) + 1 / len(v)) / 2,
        "w1": first,
        "w1_pot": first,
        "w2_pot": second,
        "sliced": math.sqrt(second),
    }


def _of_transport(x: Tensor, y: Tensor, eps: float, rho: float) -> dict[str, float]:
    cost = lambda a, b: _distances(a, b).square()  # noqa: E731
    value = lambda a, b: entropic_plan(cost(a, b), regularisation=eps)[1].item()  # noqa: E731
    plan, full = entropic_plan(cost(x, y), regularisation=eps)
    free, unbalanced = entropic_plan(cost(x, y), regularisation=eps, marginals=rho)
    linear = (plan * cost(x, y)).sum().item()
    return {
        "sinkhorn2": linear,
        "solve": full.item(),
        "solve_linear": linear,
        "biased": full.item() / 2,
        "coarse": full.item() / 2,
        "debiased": (full.item() - (value(x, x) + value(y, y)) / 2) / 2,
        "unbalanced_pot": unbalanced.item(),
        "unbalanced_linear": (free * cost(x, y)).sum().item(),
        "reach": unbalanced.item() / 2,
    }


def _of_features(x: Tensor, y: Tensor, neighbours: int) -> dict[str, float]:
    wide = wide_features(300)
    halves = {f"fid_{k}": wide_features(n).split(n // 2) for k, n in _HALVES.items()}
    copies = x.repeat_interleave(neighbours + 1, 0)
    return {
        "kid": kernel_inception_distance(x, y).item(),
        "kid_itself": kernel_inception_distance(x, x).item(),
        "kid_wide": kernel_inception_distance(wide, wide).item(),
        "fid": frechet_distance(x, y).item(),
        **{key: frechet_distance(*pair).item() for key, pair in halves.items()},
        **neighbour_scores(x, y, neighbours=neighbours),
        "repeated": neighbour_scores(copies, copies, neighbours=neighbours)["precision"],
    }


def wide_features(n: int) -> Tensor:
    """Return n points of N(0, I) in 64 dimensions, (n, 64): features of nothing in particular."""
    return torch.randn(n, 64, generator=stream("conventions", n), dtype=torch.float64)


def _distances(x: Tensor, y: Tensor) -> Tensor:
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def _require_two(x: Tensor, y: Tensor) -> None:
    if min(len(x), len(y)) < 2:
        raise ValueError(
            f"x and y must have at least 2 points each, got {len(x)} and {len(y)}; "
            "try larger samples"
        )
