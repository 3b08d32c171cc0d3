"""Losses as convex functions of a measure on finitely many points, with critics and conjugates."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_choice

Measures = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A convex loss J of a measure μ on m points, for data μ_0; measures are weights (m,) > 0.

    Fields: `value(mu, data)` J(μ), a scalar; `critic(mu, data)` Φ_μ (m,), the derivative of J by
    the weights; `conjugate(phi, data)` J*(φ) = sup_μ ⟨φ, μ⟩ − J(μ) over weights ≥ 0, a scalar,
    infinite outside its domain. At φ = Φ_μ the inequality of Fenchel and Young is tight:
    J(μ) + J*(Φ_μ) = ⟨Φ_μ, μ⟩.
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

    Arguments: f on (0, ∞), its derivative and its conjugate f*(s) = sup_{r ≥ 0} rs − f(r).
    Source: nowozin2016, prop-loss-table.
    """
    return Loss(
        value=lambda mu, data: (data * f(mu / data)).sum(),
        critic=lambda mu, data: slope(mu / data),
        conjugate=lambda phi, data: (data * conjugate(phi)).sum(),
    )


def half_squared_norm(gram: Tensor) -> Loss:
    """Return J(μ) = ½ ⟨μ − μ_0, K (μ − μ_0)⟩, half the squared MMD, for a Gram matrix K (m, m).

    Φ_μ = K(μ − μ_0) and J*(φ) = ⟨φ, μ_0⟩ + ½ ⟨φ, K⁻¹ φ⟩, over signed weights.
    Source: gretton2012, def-half-mmd.
    """
    return Loss(
        value=lambda mu, data: (mu - data) @ gram @ (mu - data) / 2,
        critic=lambda mu, data: gram @ (mu - data),
        conjugate=lambda phi, data: phi @ data + phi @ torch.linalg.solve(gram, phi) / 2,
    )


def wasserstein_line(points: Tensor) -> Loss:
    """Return J(μ) = W_1(μ, μ_0) of probability weights on increasing points of the line (m,).

    J(μ) = ∫ |F_μ − F_0|, Φ_μ(x) = ∫_x^∞ sign(F_μ − F_0), and J*(φ) = ⟨φ, μ_0⟩ where φ is
    1-Lipschitz. Weights of another mass are refused by no formula here: J is then the integral.
    Source: arjovsky2017, prop-loss-table.
    """
    gaps = points.diff()

    def excess(mu: Tensor, data: Tensor) -> Tensor:
        return (mu - data).cumsum(0)[:-1]

    def critic(mu: Tensor, data: Tensor) -> Tensor:
        signs = excess(mu, data).sign() * gaps
        return torch.cat([signs.flip(0).cumsum(0).flip(0), signs.new_zeros(1)])

    def conjugate(phi: Tensor, data: Tensor) -> Tensor:
        steep = (phi.diff().abs() > gaps * (1 + 1e-12)).any()
        return torch.where(steep, torch.inf, phi @ data)

    return Loss(
        value=lambda mu, data: (excess(mu, data).abs() * gaps).sum(),
        critic=critic,
        conjugate=conjugate,
    )


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
