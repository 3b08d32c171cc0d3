"""GANs of two numbers, a generator's and a critic's: their fields and Jacobians."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_choice, require_positive
from ldyn.gate import require_fields

Field = Callable[[Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class TinyGAN:
    """A generator θ against a critic φ = ψ a(x): both are one number, the goal is ψ = 0.

    `model` "dirac": data δ_0, fakes δ_θ, a = x; "gaussian": data N(0, 1), fakes N(0, θ²), a = x².
    `loss` "minimax": the critic raises E f(φ(fake)) + E f(−φ(data)), f(t) = −log(1 + e^(−t)), and
    the generator lowers it; "non-saturating": the generator lowers −E f(−φ(fake)) instead;
    "wasserstein": f(t) = t; "relativistic": f(φ(fake) − φ(data)) over pairs, and −f(−·).
    `penalty` γ: the critic also lowers γ/2 E(‖∇φ‖ − `centre`)², `on` "data", "fakes" or "both";
    `noise` σ of normal noise on data and fakes; `consensus`: both also lower this times ½‖v‖²;
    `generator` η: the generator also lowers η/2 (∂_ψ V)².
    Expectations over normal laws are sums of 43 terms, in float32 as in float64 right to 1e-6 of
    1 + |v| while σ|ψ| ≤ 3, or max(1, θ²)|ψ| ≤ 1 in the Gaussian model, and to a quarter beyond.
    Raises: ValueError for an unknown name, a negative number, what the model does not have, or a
    `centre` without `penalty`.
    Source: mescheder2018, def-dirac-gan.
    """

    model: str = "dirac"
    loss: str = "minimax"
    penalty: float = 0.0
    on: str = "data"
    centre: float = 0.0
    noise: float = 0.0
    consensus: float = 0.0
    generator: float = 0.0

    def __post_init__(self) -> None:
        require_fields(self)
        require_choice(self.model, ("dirac", "gaussian"), "model")
        require_choice(self.loss, _SLOPES, "loss")
        require_choice(self.on, ("data", "fakes", "both"), "on")
        for name in ("penalty", "centre", "noise", "consensus", "generator"):
            if value := getattr(self, name):
                require_positive(value, name)
        if self.centre and not self.penalty:
            raise ValueError(f"centre needs a penalty, got {self.centre} and 0; try penalty=1.0")
        if self.model == "gaussian" and (self.noise or self.centre):
            raise ValueError('noise and centre are for the model "dirac"; try noise=0, centre=0')

    @property
    def goal(self) -> Tensor:
        """The state (θ, ψ) where fakes are data and the critic is zero, (2,) float64."""
        return torch.tensor([float(self.model == "gaussian"), 0.0], dtype=torch.float64)

    def field(self, state: Tensor) -> Tensor:
        """Return (θ̇, ψ̇), (2, …): the generator descends, the critic ascends.

        Arguments: `state` (2, …) of places (θ, ψ), infinite or NaN where a play has diverged.
        Source: mescheder2018, prop-dirac-circles, prop-one-centred.
        """
        plain = self._with_generator if self.generator else self._plain
        v = plain(state)
        if not self.consensus:
            return v
        return v - self.consensus * torch.func.vjp(plain, state)[1](v)[0]

    def jacobian(self) -> Tensor:
        """Return the derivative of the field at the goal, (2, 2) float64, in closed form.

        A = [[−ηκ², −κ + ηκd₀], [κ, −d]] with the coupling κ, the critic's damping d and the
        part d₀ of it that is the loss's own; A − kAᵀA with consensus k.
        Raises: ValueError with `centre` > 0, where the field jumps at the goal.
        Source: mescheder2018, thm-joint-stability, prop-tiny-jacobians.
        """
        if self.penalty and self.centre:
            raise ValueError("the field jumps at the goal, it has no derivative; try centre=0")
        slope, bend = (1.0, 0.0) if self.loss == "wasserstein" else (0.5, 0.25)
        dirac, paired = self.model == "dirac", self.loss == "relativistic"
        coupling = slope if dirac else 2 * slope
        square = 2 * self.noise**2 if dirac else 4.0 if paired else 6.0
        slopes = (1 if dirac else 4) * (2 if self.on == "both" else 1)
        loss_damping = bend * square
        damping = loss_damping + self.penalty * slopes
        still = self.generator * coupling
        rows = [[-still * coupling, still * loss_damping - coupling], [coupling, -damping]]
        a = torch.tensor(rows, dtype=torch.float64)
        return a - self.consensus * a.T @ a

    def _features(self, theta: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return a(fake), ∂_θ a(fake), a(data) with the noise ahead, and its weights."""
        if self.model == "dirac" and not self.noise:
            one = torch.ones_like(theta)[None]
            return theta[None], one, 0 * one, one
        z, w = (t.to(theta).reshape(-1, *[1] * theta.ndim) for t in _quadrature())
        if self.model == "dirac":
            return theta + self.noise * z, torch.ones_like(theta + z), self.noise * z, w
        return (theta * z) ** 2, 2 * theta * z**2, z**2 + 0 * theta, w

    def _plain(self, state: Tensor) -> Tensor:
        theta, psi = state
        fake, tilt, data, w = self._features(theta)
        slope, pull = _SLOPES[self.loss]
        if self.loss == "relativistic":
            gap = fake[:, None] - data[None]
            pairs = w[:, None] * w[None]
            down = (pairs * tilt[:, None] * pull(psi * gap)).sum((0, 1))
            up = (pairs * gap * slope(psi * gap)).sum((0, 1))
        else:
            down = (w * tilt * pull(psi * fake)).sum(0)
            up = (w * (fake * slope(psi * fake) - data * slope(-psi * data))).sum(0)
        return torch.stack([-psi * down, up - self.penalty * self._penalty_slope(theta, psi)])

    def _penalty_slope(self, theta: Tensor, psi: Tensor) -> Tensor:
        """Return ∂_ψ ½E(‖∇φ‖ − centre)², summed over where it is taken."""
        size = torch.ones_like(theta) if self.model == "dirac" else 4 * theta**2
        there = torch.ones_like(theta) if self.model == "dirac" else 4 * torch.ones_like(theta)
        weight = {"data": there, "fakes": size, "both": there + size}[self.on]
        return weight * (psi - self.centre * psi.sign())

    def _with_generator(self, state: Tensor) -> Tensor:
        free = TinyGAN(model=self.model, loss=self.loss, noise=self.noise)
        up, pull = torch.func.vjp(lambda s: free._plain(s)[1], state)[:2]
        down, raised = self._plain(state)
        return torch.stack([down - self.generator * pull(up)[0][0], raised])


def _quadrature() -> tuple[Tensor, Tensor]:
    """Return points and weights of a trapezoidal sum over N(0, 1): its error is e^(−2π²/0.4²)."""
    z = torch.linspace(-8.4, 8.4, 43, dtype=torch.float64)
    w = (-(z**2) / 2).exp()
    return z, w / w.sum()


# f′ for the critic, and what the generator is pulled by, as functions of t = φ(fake)
_SLOPES: dict[str, tuple[Field, Field]] = {
    "minimax": (lambda t: torch.sigmoid(-t), lambda t: torch.sigmoid(-t)),
    "non-saturating": (lambda t: torch.sigmoid(-t), torch.sigmoid),
    "wasserstein": (torch.ones_like, torch.ones_like),
    "relativistic": (lambda t: torch.sigmoid(-t), torch.sigmoid),
}
