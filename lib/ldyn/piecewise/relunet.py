"""ReLU networks as records of affine maps, with exact counts and a small algebra."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from ldyn.core import require_count, require_points
from ldyn.gate import require_fields

Layer = tuple[Tensor, Tensor]


@dataclass(frozen=True, kw_only=True)
class ReluNet:
    """A network g = A_L η(… η(A_1 x + b_1) …) + b_L with η(z) = max(z, 0).

    Fields: `layers` the L affine maps (A_ℓ (d_ℓ, d_{ℓ−1}), b_ℓ (d_ℓ,)), kept in float64.
    Raises: ValueError for no layer, one that is not finite, or shapes that do not follow.
    Source: schmidthieber2020, def-network-class.
    """

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        require_fields(self)
        wide = tuple((a.double(), b.double()) for a, b in self.layers)
        object.__setattr__(self, "layers", wide)
        shapes = [(*a.shape, *b.shape) for a, b in wide]
        fit = all(len(s) == 3 and s[0] == s[2] and 0 not in s for s in shapes)
        if not shapes or not fit or any(s[0] != t[1] for s, t in pairwise(shapes)):
            raise ValueError(
                "layers must be pairs of A (d, e) and b (d,), each e the d before, got "
                f"{[(tuple(a.shape), tuple(b.shape)) for a, b in wide]}; try affine and compose"
            )

    def __call__(self, x: Tensor) -> Tensor:
        """Return g at points `x` (n, d), on their device: (n,) for one output, else (n, c)."""
        require_points(x, dim=self.layers[0][0].shape[1])
        z = x.double()
        layers = self.to(x.device).layers
        for a, b in layers[:-1]:
            z = (z @ a.T + b).clamp(min=0)
        a, b = layers[-1]
        z = z @ a.T + b
        return (z[:, 0] if z.shape[1] == 1 else z).to(x.dtype)

    def to(self, device: torch.device) -> "ReluNet":
        """Return the network with its parameters on `device`."""
        return ReluNet(layers=tuple((a.to(device), b.to(device)) for a, b in self.layers))

    @property
    def depth(self) -> int:
        """L, the number of affine maps."""
        return len(self.layers)

    @property
    def nonzero(self) -> int:
        """S, the number of non-zero parameters."""
        return sum(int(a.count_nonzero() + b.count_nonzero()) for a, b in self.layers)

    @property
    def largest(self) -> float:
        """B, the largest absolute value of a parameter."""
        return max(max(a.abs().max().item(), b.abs().max().item()) for a, b in self.layers)


def affine(matrix: Tensor, offset: Tensor) -> ReluNet:
    """Return the network of depth 1, x ↦ `matrix` (c, d) · x + `offset` (c,).

    Source: def-network-class.
    """
    return ReluNet(layers=((matrix.double(), offset.double()),))


def compose(outer: ReluNet, inner: ReluNet) -> ReluNet:
    """Return outer ∘ inner, of depth L + L′ − 1: the affine maps that meet are multiplied.

    Raises: ValueError when the outputs of one do not fit the inputs of the other.
    Source: lem-algebra.
    """
    (a, b), (c, e) = inner.layers[-1], outer.layers[0]
    if a.shape[0] != c.shape[1]:
        raise ValueError(
            f"inner must have the {c.shape[1]} outputs that outer takes, got {a.shape[0]}; "
            "stack networks to widen inner"
        )
    return ReluNet(layers=(*inner.layers[:-1], (c @ a, c @ b + e), *outer.layers[1:]))


def deepen(net: ReluNet, depth: int) -> ReluNet:
    """Return the same function at depth `depth`, if that is larger, by z = η(z) − η(−z).

    Raises: ValueError for depth < 0.
    Source: lem-algebra.
    """
    require_count(depth, "depth", at_least=0)
    while net.depth < depth:
        last = net.layers[-1][1]
        eye = torch.eye(len(last), dtype=last.dtype, device=last.device)
        split = (torch.cat([eye, -eye]), last.new_zeros(2 * len(last)))
        carry = ReluNet(layers=(split, (torch.cat([eye, -eye], 1), last.new_zeros(len(last)))))
        net = compose(carry, net)
    return net


def stack(nets: list[ReluNet], *, shared: bool) -> ReluNet:
    """Return the networks side by side: x ↦ (g_1(x), g_2(x), …), at the largest depth.

    Arguments: `shared` True when all take the same input, False when each takes its own part of
    a longer one.
    Raises: ValueError when there is no network.
    Source: lem-algebra.
    """
    if not nets:
        raise ValueError("stack needs at least one network, got none; try [net]")
    depth = max(net.depth for net in nets)
    nets = [deepen(net, depth) for net in nets]
    layers = []
    for level in range(depth):
        matrices = [net.layers[level][0] for net in nets]
        joined = torch.cat(matrices) if level == 0 and shared else torch.block_diag(*matrices)
        layers.append((joined, torch.cat([net.layers[level][1] for net in nets])))
    return ReluNet(layers=tuple(layers))
