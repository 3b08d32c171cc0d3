"""Losses as convex functions of a measure on finitely many points, with critics and conjugates."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_choice
from ldyn.gate import holds

Measures = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A convex loss J of a measure μ on m points, for data μ_0; measures are weights (m,) > 0.

    Fields: `value(mu, data)` J(μ), a scalar; `critic(mu, data)` Φ_μ (m,), the derivative of J by
    the weights; `conjugate(phi, data)` J*(φ) = sup_μ ⟨φ, μ⟩ − J(μ) over weights ≥ 0, a scalar,
    infinite outside its domain. At φ = Φ_μ the inequality of Fenchel and Young is tight:
    J(μ) + J*(Φ_μ) = ⟨Φ_μ, μ⟩.
    Raises (each field): ValueError for weights that do not match, are not finite or, but for the
    norms of kernels and the line, not > 0, and for a φ of another shape or with NaN.
    Source: chu2019, def-loss.
    """

    value: Measures
    critic: Measures
    conjugate: Measures


def gan_loss(name: str) -> Loss:
    """Return one of the losses of GANs: `LOSSES` lists their names.

    Raises: ValueError for an unknown name, with the known ones.
    Source: chu2019, prop-loss-table.
    """
    require_choice(name, LOSSES, "name")
    return LOSSES[name]


def f_divergence(f: Callable[[Tensor], Tensor], slope: Callable[[Tensor], Tensor],
                 conjugate: Callable[[Tensor], Tensor]) -> Loss:  # fmt: skip
    """Return J(μ) = Σ μ_0 f(μ/μ_0), Φ_μ = f′(μ/μ_0), J*(φ) = Σ μ_0 f*(φ).

    Arguments: `f` on (0, ∞), its derivative `slope` and `conjugate` f*(s) = sup_{r ≥ 0} rs − f(r).
    Source: nowozin2016, prop-loss-table.
    """

    def ratio(mu: Tensor, data: Tensor) -> Tensor:
        _require_measures(mu, data, least=0)
        return mu / data

    def conjugate_of(phi: Tensor, data: Tensor) -> Tensor:
        _require_function(phi, data)
        return (data * conjugate(phi)).sum()

    return Loss(
        value=lambda mu, data: (data * f(ratio(mu, data))).sum(),
        critic=lambda mu, data: slope(ratio(mu, data)),
        conjugate=conjugate_of,
    )


def half_squared_norm(gram: Tensor) -> Loss:
    """Return J(μ) = ½ ⟨μ − μ_0, K (μ − μ_0)⟩, half the squared MMD, K = `gram` (m, m), symmetric.

    Φ_μ = K(μ − μ_0) and J*(φ) = ⟨φ, μ_0⟩ + ½ ⟨φ, K⁻¹ φ⟩, over signed weights.
    Raises: ValueError for a matrix that is not symmetric or has a negative eigenvalue; and, from
    the conjugate, for one that is singular.
    Source: gretton2012, def-half-mmd.
    """
    change = _change(gram)

    def square(mu: Tensor, data: Tensor) -> Tensor:
        xi = change(mu, data)
        return xi @ gram @ xi / 2

    return Loss(
        value=square,
        critic=lambda mu, data: gram @ change(mu, data),
        conjugate=lambda phi, data: _squared_norm(phi, data, gram) / 2 + phi @ data,
    )


def kernel_norm(gram: Tensor) -> Loss:
    """Return J(μ) = ⟨μ − μ_0, K (μ − μ_0)⟩^½, the MMD itself, for K = `gram` (m, m), symmetric.

    Φ_μ = K(μ − μ_0)/J(μ), or 0 at μ_0, where all φ of the unit ball are critics, and
    J*(φ) = ⟨φ, μ_0⟩ where ⟨φ, K⁻¹ φ⟩ ≤ 1, over signed weights. Raises: as `half_squared_norm`.
    Source: gretton2012, prop-loss-table.
    """
    change = _change(gram)

    def norm(mu: Tensor, data: Tensor) -> Tensor:
        xi = change(mu, data)
        return (xi @ gram @ xi).clamp(min=0).sqrt()

    def critic(mu: Tensor, data: Tensor) -> Tensor:
        witness, height = gram @ change(mu, data), norm(mu, data)
        return torch.where(height > 0, witness / height, 0)

    def conjugate(phi: Tensor, data: Tensor) -> Tensor:
        rounding = 100 * len(gram) * torch.finfo(gram.dtype).eps
        return _within(_squared_norm(phi, data, gram), 1 + rounding, phi @ data)

    return Loss(value=norm, critic=critic, conjugate=conjugate)


def wasserstein_line(points: Tensor) -> Loss:
    """Return J(μ) = W_1(μ, μ_0) of probability weights on increasing `points` (m,) of the line.

    J(μ) = ∫ |F_μ − F_0|, Φ_μ(x) = ∫_x^∞ sign(F_μ − F_0), and J*(φ) = ⟨φ, μ_0⟩ where φ is
    1-Lipschitz. Weights may be zero.
    Raises: ValueError for points that do not increase; and, from the loss, for different masses.
    Source: arjovsky2017, prop-loss-table.
    """
    gaps = points.diff()
    if not holds(gaps > 0):
        raise ValueError("points must increase, got others; try points.unique()")

    def excess(mu: Tensor, data: Tensor) -> Tensor:
        _require_measures(mu, data, least=-math.inf, like=points)
        if abs(mu.sum() - data.sum()) > 1e-5 * data.sum():
            raise ValueError("mu and data must have the same mass; try mu / mu.sum() for both")
        return (mu - data).cumsum(0)[:-1]

    def critic(mu: Tensor, data: Tensor) -> Tensor:
        signs = excess(mu, data).sign() * gaps
        return torch.cat([signs.flip(0).cumsum(0).flip(0), signs.new_zeros(1)])

    def conjugate(phi: Tensor, data: Tensor) -> Tensor:
        _require_function(phi, data)
        # each of m sums in the critic may have rounded at the size of its largest value
        rounding = len(phi) * torch.finfo(phi.dtype).eps * phi.abs().amax()
        steep = (phi.diff().abs() > gaps + rounding).any()
        return torch.where(steep, torch.inf, phi @ data)

    return Loss(
        value=lambda mu, data: (excess(mu, data).abs() * gaps).sum(),
        critic=critic,
        conjugate=conjugate,
    )


def _require_measures(
    mu: Tensor, data: Tensor, *, least: float, like: Tensor | None = None
) -> None:
    _require_function(mu, data if like is None else like, name="mu")
    _require_function(data, mu, name="data")
    for name, w in (("mu", mu), ("data", data)):
        if not holds((w > least) & (w < math.inf)):
            raise ValueError(
                f"{name} must be finite weights{' > 0' * (least == 0)}; leave out points without "
                "mass, or mix a little of another measure in"
            )


def _require_function(phi: Tensor, like: Tensor, *, name: str = "phi") -> None:
    """Values on the points that `like` lives on."""
    if not (isinstance(phi, Tensor) and isinstance(like, Tensor) and phi.is_floating_point()):
        raise ValueError(f"{name} must be a floating tensor (m,); try torch.as_tensor(…).double()")
    if phi.shape != like.shape or phi.ndim > 1 or phi.numel() == 0:
        raise ValueError(
            f"{name} must have one value a point, got {tuple(phi.shape)} and {tuple(like.shape)}; "
            "one measure at a time"
        )
    if (phi.dtype, phi.device) != (like.dtype, like.device):
        raise ValueError(f"{name} is {phi.dtype} on {phi.device}, not {like.dtype}; try .to(…)")
    if not holds(~phi.isnan()):
        raise ValueError(f"{name} must not be NaN; mend it first")


def _change(gram: Tensor) -> Measures:
    """μ − μ_0 of weights that match a Gram matrix."""
    least, top = torch.linalg.eigvalsh(gram)[[0, -1]].tolist()
    if least < -100 * len(gram) * torch.finfo(gram.dtype).eps * abs(top):
        raise ValueError(f"gram must have eigenvalues >= 0, got {least:.1e}; try kernel(x, x)")

    def change(mu: Tensor, data: Tensor) -> Tensor:
        _require_measures(mu, data, least=-math.inf, like=gram[0])
        return mu - data

    return change


def _squared_norm(phi: Tensor, data: Tensor, gram: Tensor) -> Tensor:
    _require_function(phi, data)
    _require_function(phi, gram[0])
    solved, fault = torch.linalg.solve_ex(gram, phi)
    if fault:
        raise ValueError("gram must be invertible here, got a singular one; try distinct points")
    return phi @ solved


def _squares(r: Tensor) -> Tensor:
    return (r - 2 * torch.log1p(r) - 1 / (1 + r) + 1) / 2


def _squares_conjugate(s: Tensor) -> Tensor:
    q = (2 * s.clamp(min=0)).sqrt()
    return torch.where(q < 1, -s.clamp(min=0) - q - torch.log1p(-q.clamp(max=1)), torch.inf)


def _within(s: Tensor, top: float, value: Tensor) -> Tensor:
    return torch.where(s < top, value, torch.inf)


_HALF_LOG_2 = 0.34657359027997264
LOSSES: dict[str, Loss] = {
    # JS: Σ ½ μ log 2μ/(μ + μ_0) + ½ μ_0 log 2μ_0/(μ + μ_0)
    "minimax": f_divergence(
        lambda r: (r * (2 * r / (1 + r)).log() + (2 / (1 + r)).log()) / 2,
        lambda r: (2 * r / (1 + r)).log() / 2,
        lambda s: _within(s, _HALF_LOG_2, -torch.log(2 - (2 * s).exp().clamp(max=2)) / 2),
    ),
    # KL(m‖μ_0) − m + μ_0 with m = (μ + μ_0)/2
    "non-saturating": f_divergence(
        lambda r: (1 + r) / 2 * ((1 + r) / 2).log() - (1 + r) / 2 + 1,
        lambda r: ((1 + r) / 2).log() / 2,
        lambda s: (2 * s.clamp(min=-_HALF_LOG_2)).exp() - 1 - s.clamp(min=-_HALF_LOG_2),
    ),
    "Kullback–Leibler": f_divergence(
        lambda r: r * r.log(), lambda r: r.log() + 1, lambda s: (s - 1).exp()
    ),
    # labels 0, 1 and 1: the generator's term ½ (1 − D*)², D* = μ_0/(μ + μ_0)
    "least squares": f_divergence(
        _squares, lambda r: (r / (1 + r)).square() / 2, _squares_conjugate
    ),
    # Σ |μ − μ_0|
    "hinge": f_divergence(
        lambda r: (r - 1).abs(),
        lambda r: (r - 1).sign(),
        lambda s: _within(s, 1 + 1e-12, s.clamp(min=-1)),
    ),
}
