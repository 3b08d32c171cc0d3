"""The Hessian at a replicated unit: separating coordinates, the surplus block and its inertia."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import jvp

from ldyn.core import require_choice, require_count
from ldyn.gate import holds, require_fields, require_together
from ldyn.landscape.units import UnitNet, require_shares
from ldyn.nets import ACTIVATIONS


@dataclass(frozen=True, kw_only=True)
class Forms:
    """What the data say about a replicated unit: F (…, M, D) and G (…, D, D).

    F = Σ_ν g_ν σ'(w_*ᵀ h_ν) h_νᵀ,  G = Σ_ν (g_νᵀ v_*) σ''(w_*ᵀ h_ν) h_ν h_νᵀ.
    Fields: `gate` F; `curvature` G, symmetric. Raises: ValueError for another G, or NaN.
    """

    gate: Tensor
    curvature: Tensor

    def __post_init__(self) -> None:
        require_fields(self)


def surplus_forms(
    gradients: Tensor, inputs: Tensor, v: Tensor, w: Tensor, *, activation: str
) -> Forms:
    """Return F and G of one unit from the gradients that arrive at its layer's output.

    Arguments: `gradients` g (…, n, M), ∂ℓ_ν/∂z_ν; `inputs` h (…, n, D), the layer's inputs with
    their column of ones; `v` (…, M), `w` (…, D) the unit; leading axes are networks.
    Raises: ValueError for an unknown activation.
    Source: fukumizu2019, thm-block.
    """
    require_choice(activation, ACTIVATIONS, "activation")
    first, second = _derivatives(activation, (inputs @ w[..., None])[..., 0])
    gate = (gradients * first[..., None]).mT @ inputs
    pull = (gradients @ v[..., None])[..., 0] * second
    return Forms(gate=gate, curvature=(inputs * pull[..., None]).mT @ inputs)


def _derivatives(activation: str, u: Tensor) -> tuple[Tensor, Tensor]:
    sigma, ones = ACTIVATIONS[activation], torch.ones_like(u)

    def slope(z: Tensor) -> Tensor:
        value: Tensor = jvp(sigma, (z,), (ones,))[1]
        return value

    first, second = jvp(slope, (u,), (ones,))[:2]
    return first, second


def last_unit_forms(net: UnitNet, theta: Tensor, x: Tensor, y: Tensor) -> Forms:
    """Return F and G of the last unit under the squared loss.

    Arguments: `theta` θ (…, p); `x` (…, n, D), `y` (…, n, M).
    Source: fukumizu2000, thm-block.
    """
    v, w, _ = net.split(theta)
    r = net.residuals(theta, x, y).unflatten(-1, (-1, net.outputs))
    return surplus_forms(r, x, v[..., -1, :], w[..., -1, :], activation=net.activation)


def separating_map(weights: Tensor, outputs: int, inputs: int) -> Tensor:
    """Return T with [v_0, w_0, …, v_K, w_K] = T [a, b, η_1, …, η_K, δ_1, …, δ_K].

    v_j = λ_j a + δ_j, w_j = b + η_j, where η_0 = −Σ_{j≥1} λ_j η_j / λ_0 and δ_0 = −Σ_{j≥1} δ_j.

    Arguments: `weights` λ (K + 1,), Σ λ_j = 1, λ_0 ≠ 0; `outputs` M, `inputs` D. T is square of
    side (K + 1)(M + D).
    Raises: ValueError unless the weights sum to one and the first is not zero.
    Source: fukumizu2019, def-separating.
    """
    _require_led(weights)
    m, d = require_count(outputs, "outputs"), require_count(inputs, "inputs")
    copies = len(weights)
    eye_m, eye_d = (torch.eye(s, dtype=weights.dtype, device=weights.device) for s in (m, d))
    surplus = torch.eye(copies, dtype=weights.dtype, device=weights.device)[:, 1:]
    eta, delta = surplus.clone(), surplus.clone()
    eta[0], delta[0] = -weights[1:] / weights[0], -1
    size = m + d
    matrix = weights.new_zeros(copies * size, copies * size)
    rows = matrix.view(copies, size, -1)
    rows[:, :m, :m] = weights[:, None, None] * eye_m
    rows[:, m:, m:size] = eye_d
    wide = size + (copies - 1) * d
    rows[:, m:, size:wide] = torch.einsum("jk,de->jdke", eta, eye_d).flatten(2)
    rows[:, :m, wide:] = torch.einsum("jk,de->jdke", delta, eye_m).flatten(2)
    return matrix


def surplus_block(forms: Forms, weights: Tensor) -> Tensor:
    """Return the Hessian's block in (η_1, …, η_K, δ_1, …, δ_K), (…, K(D + M), K(D + M)).

    (η_i, η_j): (λ_i λ_j/λ_0 + λ_i 1{i=j}) G;  (δ_i, η_j): (λ_j/λ_0 + 1{i=j}) F;  (δ_i, δ_j): 0.

    Arguments: `forms` with F (…, M, D), G (…, D, D); `weights` λ (K + 1,) with λ_0 ≠ 0.
    Raises: ValueError unless the weights sum to one and the first is not zero.
    Source: fukumizu2019, thm-block.
    """
    _require_led(weights)
    require_together("weights", weights, "forms", forms.gate)
    rest, surplus = weights[1:], len(weights) - 1
    one = torch.eye(surplus, dtype=weights.dtype, device=weights.device)
    bend = rest[:, None] * rest / weights[0] + torch.diag(rest)
    tie = (rest / weights[0]).expand(surplus, -1) + one
    m, d = forms.gate.shape[-2:]
    block = forms.gate.new_zeros(*forms.gate.shape[:-2], surplus * (d + m), surplus * (d + m))
    cut = surplus * d
    block[..., :cut, :cut] = torch.kron(bend, forms.curvature.contiguous())
    block[..., cut:, :cut] = torch.kron(tie, forms.gate.contiguous())
    block[..., :cut, cut:] = block[..., cut:, :cut].mT
    return block


def surplus_inertia(
    forms: Forms, weights: Tensor, *, zero: float | Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return how many eigenvalues of the surplus block are negative and positive, (…) each.

    n₊ = K r + (p − 1) g₊ + m g₋,  n₋ = K r + (p − 1) g₋ + m g₊, where r = rank F, g± count the
    signs of G on ker F, and p, m the λ_j that are positive and negative.

    Arguments: `forms` with F (…, M, D), G (…, D, D); `weights` λ (K + 1,), none zero; `zero` the
    size up to which singular values of F and eigenvalues of G count as none, one for all or (…, 1);
    unless given 10⁻⁸ of the largest entry of F and G, in float32 √eps of it.
    Raises: ValueError unless the weights sum to one and none is zero, and zero ≥ 0.
    Source: fukumizu2019, thm-inertia.
    """
    require_shares(weights)
    if not holds(weights != 0):
        raise ValueError(f"expected weights (K + 1,), none zero, got {weights.tolist()}")
    if zero is None:
        both = torch.cat([forms.gate, forms.curvature], -2).abs().amax((-2, -1))
        zero = max(1e-8, torch.finfo(both.dtype).eps ** 0.5 / 2) * both[..., None]
    if not holds(torch.as_tensor(zero) >= 0):
        raise ValueError(f"zero must be >= 0, got {zero}; try None")
    _, sizes, right = torch.linalg.svd(forms.gate, full_matrices=True)
    rank = (sizes > zero).sum(-1)
    d = right.shape[-1]
    kernel = torch.arange(d, device=rank.device) >= rank[..., None]
    basis = right.mT * kernel[..., None, :]
    signs = torch.linalg.eigvalsh(basis.mT @ forms.curvature @ basis)
    up, down = (signs > zero).sum(-1), (signs < -zero).sum(-1)
    surplus, p = len(weights) - 1, int((weights > 0).sum())
    m = surplus + 1 - p
    negative = surplus * rank + (p - 1) * down + m * up
    return negative, surplus * rank + (p - 1) * up + m * down


def _require_led(weights: Tensor) -> None:
    if not holds(require_shares(weights)[0] != 0):
        raise ValueError(
            f"weights must have the first not zero, got {weights.tolist()}; "
            "put a copy with a weight first"
        )
