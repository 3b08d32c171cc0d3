"""Trained networks made wider without changing their function: three embeddings, and rescaling."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ldyn.core import require_positive
from ldyn.landscape.joints import HOMOGENEOUS, Joint, joint, widen
from ldyn.landscape.units import require_shares


def replicate(
    net: nn.Sequential,
    layer: int,
    unit: int,
    weights: Sequence[float] | Tensor,
    factors: Sequence[float] | Tensor | None = None,
) -> nn.Sequential:
    """Return `net` with one unit standing K + 1 times, v_j = λ_j v_*, w_j = w_*.

    The copy with λ_0 stays at `unit`; the others are the last K units of the layer. With `factors`
    β_j > 0, for ReLU and its kin, w_j = β_j w_* and v_j = (λ_j / β_j) v_*.

    Arguments: `net` of Linear and Conv2d layers, elementwise activations, pooling, Flatten and
    Dropout in eval mode; `layer` counts its Linear and Conv2d layers from 0, the last excluded;
    `unit` or channel of that layer; `weights` λ (K + 1,), Σ_j λ_j = 1; `factors` β (K + 1,).
    Raises: ValueError for other weights, and for a net whose units cannot be copied.
    Source: fukumizu2019, def-replication.
    """
    place = joint(net, layer)
    w, v, block = place.lower.weight.detach(), place.upper.weight.detach(), place.block
    place.require_unit(unit)
    gamma, beta = (t.to(w) for t in _shares(weights, factors, place))
    own = slice(unit * block, (unit + 1) * block)
    incoming = torch.stack([b * w[unit] for b in beta])
    outgoing = torch.cat([g * v[:, own] for g in gamma], 1)
    bias = None if place.lower.bias is None else beta * place.lower.bias.detach()[unit]
    rest = None if bias is None else bias[1:]
    wide = widen(net, layer, incoming[1:], rest, outgoing[:, block:])
    new = joint(wide, layer)
    with torch.no_grad():
        new.lower.weight[unit] = incoming[0]
        new.upper.weight[:, own] = outgoing[:, :block]
        if new.lower.bias is not None and bias is not None:
            new.lower.bias[unit] = bias[0]
    return wide


def _shares(
    weights: Sequence[float] | Tensor, factors: Sequence[float] | Tensor | None, place: Joint
) -> tuple[Tensor, Tensor]:
    """γ and β (K + 1,) with Σ_j β_j γ_j = 1."""
    as_given = None if isinstance(weights, Tensor) else torch.float64
    share = require_shares(torch.as_tensor(weights, dtype=as_given)).double()
    beta = torch.ones_like(share) if factors is None else torch.as_tensor(factors).to(share)
    if beta.shape != share.shape or not (beta > 0).all():
        raise ValueError(f"factors must be {len(share)} positive numbers, got {beta.tolist()}")
    alien = [type(m).__name__ for m in place.acts if type(m) not in HOMOGENEOUS]
    if alien and (beta != 1).any():
        raise ValueError(f"σ(βu) = βσ(u) fails for {alien[0]}; factors are for ReLU and its kin")
    return share / beta, beta


def add_inactive(
    net: nn.Sequential,
    layer: int,
    weight: Tensor,
    bias: Tensor | None,
    outgoing: Tensor,
    *,
    x: Tensor | None = None,
) -> nn.Sequential:
    """Return `net` with K more units in a layer that are silent at the data, whatever leaves them.

    Either w = 0, bias included, and σ(0) = 0; or σ is ReLU and wᵀh < 0 at every sample of `x`.

    Arguments: `weight` (K, …), rows like the layer's; `bias` (K,), None where the layer has none;
    `outgoing` (M, K·block, …), columns like the next layer's; `x` (n, …), inputs of `net`, which
    is looked at in eval mode.
    Raises: ValueError for a unit that is active, saying at how many samples.
    Source: fukumizu2019, def-inactive.
    """
    place = joint(net, layer)
    at_zero = nn.Sequential(*place.acts)(place.lower.weight.new_zeros(1)).item()
    if at_zero != 0:
        raise ValueError(f"inactive units need σ(0) = 0, here it is {at_zero:.3g}; "
                         "try add_unpropagated")  # fmt: skip
    wide = widen(net, layer, weight, bias, outgoing)
    if not weight.any() and (bias is None or not bias.any()):
        return wide
    if not place.acts or not isinstance(place.acts[0], nn.ReLU | nn.ReLU6):
        raise ValueError("without ReLU only units with weight = 0 and bias = 0 are inactive; "
                         "pass zeros, or try add_unpropagated")  # fmt: skip
    if x is None:
        raise ValueError("whether a ReLU unit is inactive depends on the data; pass x")
    try:
        with torch.no_grad():
            u = joint(wide, layer).lower(copy.deepcopy(place.below).eval()(x))
    except RuntimeError as error:
        raise ValueError(f"x must be inputs of net, got {tuple(x.shape)} of {x.dtype}: {error}; "
                         "try the data that net takes") from error  # fmt: skip
    units = u.movedim(1 if isinstance(place.lower, nn.Conv2d) else -1, 1)[:, -len(weight) :]
    active = int((~(units < 0)).flatten(1).any(1).sum())  # NaN is not silent either
    if active:
        raise ValueError(
            f"the new units are active at {active} of {len(x)} samples; "
            "try a bias further below zero"
        )
    return wide


def add_unpropagated(
    net: nn.Sequential, layer: int, weight: Tensor, bias: Tensor | None
) -> nn.Sequential:
    """Return `net` with K more units in a layer, of any input weights, and output weights zero.

    Arguments: `weight` (K, …), rows like the layer's; `bias` (K,), None where the layer has none.
    Raises: ValueError for other shapes, and for a net whose layers cannot be widened.
    Source: fukumizu2019, def-unpropagated.
    """
    place = joint(net, layer)
    outputs, _, *kernel = place.upper.weight.shape
    silent = weight.new_zeros(outputs, len(weight) * place.block, *kernel)
    return widen(net, layer, weight, bias, silent)


def rescale(net: nn.Sequential, layer: int, unit: int, factor: float) -> nn.Sequential:
    """Return `net` with w_* and its bias times β, and v_* over β: the same function for ReLU.

    Raises: ValueError unless β > 0 and σ(βu) = βσ(u), as for ReLU, LeakyReLU and PReLU.
    Source: dinh2017, prop-rescaling.
    """
    return replicate(net, layer, unit, [1.0], [require_positive(factor, "factor")])
