"""GANs of two numbers, a generator's and a critic's: fields, Jacobians, longest steps, plays."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ldyn.core import require_choice, require_count, require_positive

Field = Callable[[Tensor], Tensor]
RULES = ("simultaneous", "alternating", "extragradient", "optimistic")


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
    Raises: ValueError for an unknown name, a negative number, or what the model does not have.
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
        require_choice(self.model, ("dirac", "gaussian"), "model")
        require_choice(self.loss, _SLOPES, "loss")
        require_choice(self.on, ("data", "fakes", "both"), "on")
        for name in ("penalty", "centre", "noise", "consensus", "generator"):
            value = getattr(self, name)
            if value != 0:
                require_positive(value, name)
        if self.model == "gaussian" and (self.noise or self.centre):
            raise ValueError('noise and centre are for the model "dirac"; try noise=0, centre=0')

    @property
    def goal(self) -> Tensor:
        """The state (θ, ψ) where fakes are data and the critic is zero, (2,) float64."""
        return torch.tensor([float(self.model == "gaussian"), 0.0], dtype=torch.float64)

    def field(self, state: Tensor) -> Tensor:
        """Return (θ̇, ψ̇) at states (2, …): the generator descends, the critic ascends.

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


def step_matrix(jacobian: Tensor, *, rule: str, step: float, momentum: float = 0.0) -> Tensor:
    """Return the linear map of (z_k, z_{k−1}) to (z_{k+1}, z_k) for the field z ↦ Az, (4, 4).

    Raises: ValueError for an unknown rule.
    Source: daskalakis2018, prop-step-limits.
    """
    require_choice(rule, RULES, "rule")
    eye = torch.eye(4, dtype=jacobian.dtype, device=jacobian.device)
    now, before = eye[:2], eye[2:]
    after = _advance(lambda z: jacobian @ z, now, before, rule, step, momentum, 1)
    return torch.cat([after, now])


def step_limit(jacobian: Tensor, *, rule: str, momentum: float = 0.0) -> float:
    """Return the longest step below which the goal attracts, 0 where no step does, exactly.

    simultaneous 2|Re λ|/|λ|², the least over the eigenvalues λ of A; alternating
    4/(S + √((a − d)² − 4bc)) for A = [[a, b], [c, d]] with bc < 0 and S = −(a + d) > 0, and
    2(1 + m)/κ with momentum −1 < m < 0 if a = d = 0; extragradient and optimistic steps by the
    cubics of the proposition.

    Arguments: `jacobian` A (2, 2) at the goal.
    Raises: ValueError for an unknown rule, or a rule without a formula for this matrix.
    Source: gidel2019, prop-step-limits, prop-two-answers.
    """
    require_choice(rule, RULES, "rule")
    (a, b), (c, d) = jacobian.tolist()
    if momentum:
        if rule in ("extragradient", "optimistic") or a or d or b != -c:
            raise ValueError(
                "momentum has a formula for fields that turn only, simultaneous or alternating; "
                "try momentum=0, or the eigenvalues of step_matrix"
            )
        turns = rule == "alternating" and -1 < momentum < 0
        return 2 * (1 + momentum) / abs(c) if turns else 0.0
    if rule == "alternating":
        if b * c >= 0:
            raise ValueError(
                f"alternating steps have a formula where b c < 0, got {b * c:g}; "
                "try the eigenvalues of step_matrix"
            )
        trace = a + d
        return 4 / (((a - d) ** 2 - 4 * b * c) ** 0.5 - trace) if trace < 0 else 0.0
    values = torch.linalg.eigvals(jacobian).tolist()
    return min(_first_root(_CUBICS[rule](v.real, abs(v) ** 2)) for v in values)


def play(
    field: Field, start: Tensor, *, step: float | Tensor, steps: int, rule: str,
    momentum: float = 0.0, critic_steps: int = 1,
) -> Tensor:  # fmt: skip
    """Return the states (steps + 1, 2, …) of a play from `start` (2, …), the start first.

    simultaneous z + hv(z); alternating: the generator first, then `critic_steps` of the critic;
    extragradient z + hv(z + hv(z)); optimistic z + 2hv(z) − hv(before); the first two add
    `momentum` times the last move.

    Raises: ValueError for an unknown rule or counts below one.
    Source: mescheder2018, prop-step-limits.
    """
    require_choice(rule, RULES, "rule")
    require_count(critic_steps, "critic_steps")
    states = [start, start]
    for _ in range(require_count(steps, "steps")):
        states.append(_advance(field, states[-1], states[-2], rule, step, momentum, critic_steps))
    return torch.stack(states[1:])


def _advance(
    field: Field, now: Tensor, before: Tensor, rule: str, step: float | Tensor, momentum: float,
    critic_steps: int,
) -> Tensor:  # fmt: skip
    if rule == "extragradient":
        return now + step * field(now + step * field(now))
    if rule == "optimistic":
        return now + step * (2 * field(now) - field(before))
    glide = momentum * (now - before)
    if rule == "simultaneous":
        return now + step * field(now) + glide
    theta, psi = now[0] + step * field(now)[0] + glide[0], now[1]
    for _ in range(critic_steps):
        psi = psi + step * field(torch.stack([theta, psi]))[1]
    return torch.stack([theta, psi + glide[1]])


def _first_root(cubic: tuple[float, ...]) -> float:
    """Return the first h > 0 where the polynomial, negative just after 0, is zero; or 0."""
    roots = np.roots(cubic)
    good = sorted(r.real for r in roots if abs(r.imag) < 1e-9 * abs(r) and r.real > 1e-12)
    return float(good[0]) if good and np.polyval(cubic, good[0] / 2) < 0 else 0.0


def _quadrature() -> tuple[Tensor, Tensor]:
    """Return points and weights of a trapezoidal sum over N(0, 1): its error is e^(−2π²/0.4²)."""
    z = torch.linspace(-8.4, 8.4, 43, dtype=torch.float64)
    w = (-(z**2) / 2).exp()
    return z, w / w.sum()


# |1 + hλ|² − 1 and its like over h, with x = Re λ and n = |λ|², so that Re λ² = 2x² − n
_CUBICS: dict[str, Callable[[float, float], tuple[float, ...]]] = {
    "simultaneous": lambda x, n: (n, 2 * x),
    "extragradient": lambda x, n: (n**2, 2 * n * x, 4 * x**2 - n, 2 * x),
    "optimistic": lambda x, n: (3 * n**2, -4 * n * x, -n, 2 * x),
}
# f′ for the critic, and what the generator is pulled by, as functions of t = φ(fake)
_SLOPES: dict[str, tuple[Field, Field]] = {
    "minimax": (lambda t: torch.sigmoid(-t), lambda t: torch.sigmoid(-t)),
    "non-saturating": (lambda t: torch.sigmoid(-t), torch.sigmoid),
    "wasserstein": (torch.ones_like, torch.ones_like),
    "relativistic": (lambda t: torch.sigmoid(-t), torch.sigmoid),
}
