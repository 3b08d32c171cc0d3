"""Steps of a game of two numbers: their linear maps, the longest that are stable, plays."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ldyn.core import require_choice, require_count, require_positive
from ldyn.gate import holds

Field = Callable[[Tensor], Tensor]
RULES = ("simultaneous", "alternating", "extragradient", "optimistic")


def step_matrix(jacobian: Tensor, *, rule: str, step: float, momentum: float = 0.0) -> Tensor:
    """Return the linear map of (z_k, z_{k−1}) to (z_{k+1}, z_k) for the field z ↦ Az, (4, 4).

    Arguments: `jacobian` A (2, 2).
    Raises: ValueError for an unknown rule, a step that is not > 0, or a momentum that the rule has
    not.
    Source: daskalakis2018, prop-step-limits.
    """
    _require_rule(rule, momentum)
    require_positive(step, "step")
    eye = torch.eye(4, dtype=jacobian.dtype, device=jacobian.device)
    now, before = eye[:2], eye[2:]
    after = _advance(lambda z: jacobian @ z, now, before, rule, step, momentum, 1)
    return torch.cat([after, now])


def step_limit(jacobian: Tensor, *, rule: str, momentum: float = 0.0) -> float:
    """Return the longest step below which the goal attracts, 0 where no step does, exactly.

    simultaneous 2|Re λ|/|λ|², the least over the eigenvalues λ of A; alternating
    4/(S + √((a − d)² − 4bc)) for A = [[a, b], [c, d]] with bc < 0, a, d ≤ 0 and S = −(a + d) > 0,
    and 2(1 + m)/κ with momentum −1 < m < 0 if a = d = 0; extragradient and optimistic steps by the
    cubics of the proposition.

    Arguments: `jacobian` A (2, 2) at the goal.
    Raises: ValueError for an unknown rule, or one without a formula for A.
    Source: gidel2019, prop-step-limits, prop-two-answers.
    """
    _require_rule(rule, momentum)
    (a, b), (c, d) = jacobian.tolist()
    if momentum:
        if a or d or b != -c or not c:
            raise ValueError(
                "momentum has a formula for fields that turn only, simultaneous or alternating; "
                "try momentum=0, or the eigenvalues of step_matrix"
            )
        turns = rule == "alternating" and -1 < momentum < 0
        return 2 * (1 + momentum) / abs(c) if turns else 0.0
    if rule == "alternating":
        if b * c >= 0 or max(a, d) > 0:
            raise ValueError(
                f"alternating steps have a formula where b c < 0 and a, d <= 0, got "
                f"{[[a, b], [c, d]]}; try the eigenvalues of step_matrix"
            )
        trace = a + d
        return 4 / (((a - d) ** 2 - 4 * b * c) ** 0.5 - trace) if trace < 0 else 0.0
    values = torch.linalg.eigvals(jacobian).tolist()
    return min(_first_root(_CUBICS[rule](v.real, abs(v) ** 2)) for v in values)


def play(
    field: Field, start: Tensor, *, step: float | Tensor, steps: int, rule: str,
    momentum: float = 0.0, critic_steps: int = 1,
) -> Tensor:  # fmt: skip
    """Return the states (steps + 1, 2, …) of a play, the start first; they may grow without bound.

    simultaneous z + hv(z); alternating: the generator first, then `critic_steps` of the critic;
    extragradient z + hv(z + hv(z)); optimistic z + 2hv(z) − hv(before); the first two add
    `momentum` times the last move.

    Arguments: `field` maps states (2, …) to their like; `start` (2, …); `step` h, a number or one
    for each of the states, broadcast to them.
    Raises: ValueError for an unknown rule, a momentum or critic steps that it has not, steps below
    one, a step that is not > 0 or has axes that `start` has not, or a field of another shape.
    Source: mescheder2018, prop-step-limits.
    """
    _require_rule(rule, momentum, require_count(critic_steps, "critic_steps"))
    h = torch.as_tensor(step)
    sides = zip(h.shape[::-1], start.shape[:0:-1], strict=False)
    if not holds(h > 0) or h.ndim >= start.ndim or any(a not in (1, b) for a, b in sides):
        raise ValueError(
            f"step must be > 0, one number or {tuple(start.shape[1:])}, got {step}; try step=0.1"
        )
    states, field = [start, start], shaped_like_its_argument(field)
    for _ in range(require_count(steps, "steps")):
        states.append(_advance(field, states[-1], states[-2], rule, step, momentum, critic_steps))
    return torch.stack(states[1:])


def shaped_like_its_argument(field: Field) -> Field:
    """Return the field, which raises a ValueError where its value has another shape or dtype."""

    def checked(z: Tensor) -> Tensor:
        if (v := field(z)).shape != z.shape or v.dtype != z.dtype:
            raise ValueError(
                f"field must keep the shape {tuple(z.shape)} and {z.dtype}, got {tuple(v.shape)} "
                f"and {v.dtype}; try lambda z: field(z).reshape(z.shape).to(z)"
            )
        return v

    return checked


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


def _require_rule(rule: str, momentum: float, critic_steps: int = 1) -> None:
    require_choice(rule, RULES, "rule")
    ahead = rule in ("extragradient", "optimistic")
    if momentum and ahead:
        raise ValueError(f"{rule} steps have no momentum, got {momentum:g}; try momentum=0")
    if critic_steps > 1 and rule != "alternating":
        raise ValueError(f'critic_steps must be 1 for {rule} steps, got {critic_steps}; '
                         'try rule="alternating"')  # fmt: skip


def _first_root(cubic: tuple[float, ...]) -> float:
    """Return the first h > 0 where the polynomial, negative just after 0, is zero; or 0."""
    roots = np.roots(cubic)
    good = sorted(r.real for r in roots if abs(r.imag) < 1e-9 * abs(r) and r.real > 1e-12)
    return float(good[0]) if good and np.polyval(cubic, good[0] / 2) < 0 else 0.0


# |1 + hλ|² − 1 and its like over h, with x = Re λ and n = |λ|², so that Re λ² = 2x² − n
_CUBICS: dict[str, Callable[[float, float], tuple[float, ...]]] = {
    "simultaneous": lambda x, n: (n, 2 * x),
    "extragradient": lambda x, n: (n**2, 2 * n * x, 4 * x**2 - n, 2 * x),
    "optimistic": lambda x, n: (3 * n**2, -4 * n * x, -n, 2 * x),
}
