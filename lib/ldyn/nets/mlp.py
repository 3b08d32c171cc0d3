"""Stacks of multilayer perceptrons: parameters with a leading axis over k networks."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from ldyn.core import require_choice, require_count, stream
from ldyn.nets.stacks import require_inputs

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "leaky": lambda z: functional.leaky_relu(z, 0.1),
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softplus": functional.softplus,
    "gelu": functional.gelu,
}


def _require_widths(dims: Sequence[int]) -> None:
    if len(dims) < 2:
        raise ValueError(f"dims needs inputs and outputs, got {tuple(dims)}; try (2, 64, 1)")
    for width in dims:
        require_count(width, "each width")


def initialise(
    dims: Sequence[int], seeds: Sequence[int | str], *, like: Tensor, activation: str = "relu"
) -> list[Tensor]:
    """Return random parameters [A_1, b_1, …, A_L, b_L] of len(seeds) networks.

    A_ℓ (k, d_{ℓ−1}, d_ℓ) has entries N(0, g²/d_{ℓ−1}), g² = 2 for the ReLU family and 1 else;
    b_ℓ (k, 1, d_ℓ) is uniform on ±1/√d_{ℓ−1}. Member j depends on seeds[j] alone.

    Arguments: `dims` layer widths from inputs to outputs; dtype and device follow `like`.
    Raises: ValueError for fewer than two widths, a width < 1, or an unknown activation.
    Source: schmidthieber2020, def-network-class.
    """
    require_choice(activation, ACTIVATIONS, "activation")
    _require_widths(dims)
    gain = math.sqrt(2.0) if activation in {"relu", "leaky", "gelu"} else 1.0
    members = []
    for seed in seeds:
        draw, member = stream("initial weights", seed), []
        for a, b in pairwise(dims):
            weight = torch.randn(a, b, generator=draw, dtype=torch.float64, device="cpu") * (
                gain / math.sqrt(a)
            )
            bias = torch.rand(1, b, generator=draw, dtype=torch.float64, device="cpu") * 2 - 1
            member += [weight, bias / math.sqrt(a)]
        members.append(member)
    return [torch.stack(tensors).to(like) for tensors in zip(*members, strict=True)]


def forward(parameters: Sequence[Tensor], x: Tensor, activation: str = "relu") -> Tensor:
    """Return g(x) = A_L η(… η(A_1 x + b_1) …) + b_L for each of k networks, (k, n, c).

    Arguments: `parameters` [A_1, b_1, …] as from `initialise`; `x` (k, n, d). Members that are
    infinite or NaN leave the others as they are.
    Raises: ValueError for an unknown activation.
    Source: schmidthieber2020, def-network-class.
    """
    require_choice(activation, ACTIVATIONS, "activation")
    require_inputs(parameters, x)
    eta = ACTIVATIONS[activation]
    for i in range(0, len(parameters) - 2, 2):
        x = eta(torch.baddbmm(parameters[i + 1], x, parameters[i]))
    return torch.baddbmm(parameters[-1], x, parameters[-2])


def count_parameters(dims: Sequence[int]) -> int:
    """Return the number of parameters Σ_ℓ (d_{ℓ−1} + 1) d_ℓ of one network of these widths.

    Raises: ValueError for fewer than two widths, or a width < 1.
    Source: schmidthieber2020, def-network-class.
    """
    _require_widths(dims)
    return sum((a + 1) * b for a, b in pairwise(dims))
