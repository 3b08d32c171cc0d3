"""What a critic that is a network can promise: slope and curvature from its layers."""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, hessian, vmap
from torch.nn import functional
from torch.nn.utils import parametrize

from ldyn.core import require_choice, require_count, require_positive
from ldyn.gans.smoothness import Smoothness
from ldyn.gate import holds
from ldyn.linalg import operator_norm


@dataclass(frozen=True, kw_only=True)
class Activation:
    """A scalar function a, with `slope` sup|a′| and `bend`, the Lipschitz constant of a′."""

    apply: Callable[[Tensor], Tensor]
    slope: float
    bend: float


# SiLU: a″ = 0 at x tanh(x/2) = 2, where a′ = (x + 2)/4. GELU: a″ = 0 at √2, a′ = Φ(√2) + √2 φ(√2).
_SILU_TURN = 2.3993572805154675
_GELU_SLOPE = (1 + math.erf(1)) / 2 + math.exp(-1) / math.sqrt(math.pi)

CRITIC_ACTIVATIONS: dict[str, Activation] = {
    "ELU": Activation(apply=functional.elu, slope=1.0, bend=1.0),
    "GELU": Activation(apply=functional.gelu, slope=_GELU_SLOPE, bend=math.sqrt(2 / math.pi)),
    "tanh": Activation(apply=torch.tanh, slope=1.0, bend=4 / (3 * math.sqrt(3))),
    "SiLU": Activation(apply=functional.silu, slope=(_SILU_TURN + 2) / 4, bend=0.5),
    "softplus": Activation(apply=functional.softplus, slope=1.0, bend=0.25),
    "ReLU": Activation(apply=torch.relu, slope=1.0, bend=math.inf),
}


def network_smoothness(activation: str, norms: Sequence[float]) -> Smoothness:
    """Return α and β₁ of x ↦ W_{ℓ+1} a(W_ℓ … a(W_1 x + b_1) …) from the norms of its layers.

    α_j = s‖W_j‖α_{j−1} and β_j = t‖W_j‖²α_{j−1}² + s‖W_j‖β_{j−1} with s = sup|a′|, t = sup|a″|,
    α_0 = 1, β_0 = 0, both times the last norm; nothing is said of the sensitivity, ∞.

    Arguments: `activation` a name of `CRITIC_ACTIVATIONS`; `norms` ‖W_1‖ … ‖W_{ℓ+1}‖ of the layers
    as operators, at least one.
    Raises: ValueError for an unknown activation, or no norms or some that are not > 0.
    Source: chu2020, lem-composition and prop-network-smoothness.
    """
    require_choice(activation, CRITIC_ACTIVATIONS, "activation")
    if not norms:
        raise ValueError("norms must hold one number for each layer, got none; try [1.0, 1.0]")
    a, slope, curvature = CRITIC_ACTIVATIONS[activation], 1.0, 0.0
    for norm in norms[:-1]:
        w = require_positive(norm, "each norm")
        curvature = a.bend * (w * slope) ** 2 + a.slope * w * curvature
        slope = a.slope * w * slope
    last = require_positive(norms[-1], "each norm")
    return Smoothness(slope=last * slope, curvature=last * curvature, sensitivity=math.inf)


def chain_curvature(activation: str, depth: int) -> float:
    """Return the largest |φ″| found among networks of width one with weights 1.

    φ = a∘(b_ℓ + a∘(…)): with biases at will the argument z_j of each activation is at will, and
    q_j = a″(z_j)p_{j−1}² + a′(z_j)q_{j−1}, p_j = a′(z_j)p_{j−1}, p_0 = 1, q_0 = 0. Each z_j in turn
    is set to the best of a grid, given the others, from equal starts, until q_ℓ no longer grows.

    Raises: ValueError for an unknown activation, ReLU (a″ is no function), or a depth < 1.
    Source: prop-network-smoothness.
    """
    require_choice(activation, CRITIC_ACTIVATIONS, "activation")
    require_count(depth, "depth")
    if CRITIC_ACTIVATIONS[activation].bend == math.inf:
        raise ValueError(f"{activation} has no bounded second derivative; try 'softplus'")
    grid = torch.linspace(-6, 6, 2401, dtype=torch.float64)
    grid[1200] = -1e-9  # ELU bends most as 0 is approached from below
    first = grad(CRITIC_ACTIVATIONS[activation].apply)
    slope, bend = vmap(first)(grid), vmap(grad(first))(grid)
    starts = [int(slope.argmax()), int(bend.abs().argmax()), 1150, 1300, 1400, 1600]
    return max(_ascend(slope, bend * sign, [i] * depth) for i in starts for sign in (1, -1))


def _ascend(slope: Tensor, bend: Tensor, chosen: list[int]) -> float:
    """Coordinate ascent of q_ℓ over indices into the grid; the tail gives D q_j + C p_j²."""
    best, now = -1.0, 0.0
    while now > best + 1e-9 * abs(best):
        best = now
        p, q = 1.0, 0.0
        for j in range(len(chosen)):
            d, c = 1.0, 0.0
            for i in reversed(chosen[j + 1 :]):
                c, d = d * bend[i].item() + c * slope[i].item() ** 2, d * slope[i].item()
            i = int((d * (bend * p**2 + slope * q) + c * (slope * p) ** 2).argmax())
            chosen[j] = i
            p, q = slope[i].item() * p, bend[i].item() * p**2 + slope[i].item() * q
        now = q
    return now


def curvature_at(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return ‖∇²φ(x_i)‖ (n,), the operator norm, at points `x` (n, d), of φ: (d,) → ().

    Raises: ValueError for a φ with more than one value.
    Source: def-discriminator-conditions.
    """
    _require_scalar(critic, x)
    return torch.linalg.eigvalsh(vmap(hessian(critic))(x)).abs().amax(-1)


def gradient_quotients(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return ‖∇φ(x_{i+1}) − ∇φ(x_i)‖/‖x_{i+1} − x_i‖ (n − 1,) of φ: (d,) → (), from below β₁.

    Arguments: `x` (n, d), n ≥ 2, neighbours different. Raises: ValueError for other points, or a φ
    with more than one value.
    Source: def-discriminator-conditions, prop-relu-kinks.
    """
    moves = x.diff(dim=0).norm(dim=1)
    if not len(moves) or not holds(moves > 0):
        raise ValueError("x needs at least two points, and neighbours that differ; try linspace")
    _require_scalar(critic, x)
    return vmap(grad(critic))(x).diff(dim=0).norm(dim=1) / moves


def _require_scalar(critic: Callable[[Tensor], Tensor], x: Tensor) -> None:
    if shape := tuple(critic(x[0]).shape):
        raise ValueError(
            f"the critic must take a point (d,) to a number (), got {shape}; "
            "try lambda x: critic(x)[0]"
        )


class _OperatorNormalised(nn.Module):
    like: Tensor

    def __init__(self, layer: nn.Module, like: Tensor, norm: float) -> None:
        super().__init__()
        blank = copy.deepcopy(layer)
        blank.register_parameter("bias", None)  # it would not follow the layer to a device
        self.blank = [blank]  # in a list, so that its weight is no parameter of the network
        self.norm = norm
        self.register_buffer("like", torch.zeros_like(like), persistent=False)

    def forward(self, weight: Tensor) -> Tensor:
        act = lambda x: functional_call(self.blank[0], {"weight": weight}, (x,))  # noqa: E731
        size = operator_norm(act, self.like, tolerance=1e-4)
        if size == 0:
            raise ValueError("a layer of norm 0 cannot be divided by it; start from other weights")
        return weight * (self.norm / size)


def normalise_operator(layer: nn.Module, like: Tensor, *, norm: float = 1.0) -> nn.Module:
    """Divide a layer's weight by its operator norm whenever it is used, and return the layer.

    W ↦ c W/‖A_W‖ with A_W the layer as it acts on inputs shaped `like`, c = `norm`; found anew
    each time, with the derivative of the quotient. The weight is the same each time it is read.

    Arguments: `layer` with a `weight` in which it is linear (Linear, Conv, ConvTranspose), and
    perhaps a `bias`; `like` as for `operator_norm`.
    Raises: ValueError for a layer without weight, one that does not take `like` or has norm 0 or
    weights that are not finite, or a `norm` that is not > 0.
    Source: miyato2018, prop-convolution-norm.
    """
    require_positive(norm, "norm")
    if not isinstance(getattr(layer, "weight", None), Tensor):
        raise ValueError(f"{type(layer).__name__} has no weight to divide; give a linear layer")
    parametrize.register_parametrization(layer, "weight", _OperatorNormalised(layer, like, norm))
    return layer
