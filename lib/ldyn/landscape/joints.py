"""Where two layers of a trained nn.Sequential meet: what may stand between, and adding units."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ldyn.core import require_count

# Each acts on every number alone, and on all alike; PReLU only with one parameter.
HOMOGENEOUS = (nn.ReLU, nn.LeakyReLU, nn.PReLU)
ACTING = (*HOMOGENEOUS, nn.Tanh, nn.Sigmoid, nn.Softplus, nn.GELU, nn.SiLU, nn.ELU, nn.ReLU6)
POOLING = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d)


@dataclass(frozen=True, kw_only=True)
class Joint:
    """A hidden layer and the next one in a network.

    Fields: `below` what comes before `lower`; `acts` the activations between the two layers;
    `block` how many columns of `upper` one unit of `lower` has: the places of a channel.
    """

    below: nn.Sequential
    lower: nn.Linear | nn.Conv2d
    acts: list[nn.Module]
    upper: nn.Linear | nn.Conv2d
    block: int

    def require_unit(self, unit: int) -> None:
        """Raise the ValueError of a unit that the lower layer does not have."""
        units = len(self.lower.weight)
        if not 0 <= require_count(unit, "unit", at_least=min(unit, 0)) < units:
            raise ValueError(f"unit must be one of 0, …, {units - 1}, got {unit}; try 0")


def joint(net: nn.Sequential, layer: int) -> Joint:
    """Return hidden layer `layer` of `net`, counted among its Linear and Conv2d layers, as a Joint.

    Raises: ValueError where copies of a unit would not be copies in the next layer's inputs.
    Source: page-embeddings.
    """
    if not isinstance(net, nn.Sequential) or type(net).forward is not nn.Sequential.forward:
        raise ValueError(
            f"expected an nn.Sequential, got {type(net).__name__}; in nets of another form a unit "
            "may go to several layers, so write this one as a list of layers"
        )
    parts = list(net)
    places = [i for i, m in enumerate(parts) if type(m) in (nn.Linear, nn.Conv2d)]
    if require_count(layer, "layer", at_least=0) >= len(places) - 1:
        raise ValueError(
            f"layer {layer} is not a hidden one: the net has {len(places)} Linear or Conv2d layers "
            "at its top level, counted from 0, and the last is the output; try a smaller number"
        )
    counted = [id(parts[i]) for i in places]
    for module in net.modules():
        if isinstance(module, nn.Linear | nn.Conv2d) and id(module) not in counted:
            raise ValueError(
                f"which layers are counted must be plain, got a {type(module).__name__} that is "
                "not at the top level of the net or only derived from one; write its layers one "
                "after the other, and remove parametrizations first"
            )
    start, stop = places[layer : layer + 2]
    lower, upper, between = parts[start], parts[stop], parts[start + 1 : stop]
    assert isinstance(lower, nn.Linear | nn.Conv2d)
    assert isinstance(upper, nn.Linear | nn.Conv2d)
    _require_alone(net, (lower, upper))
    _require_apart(lower, upper, between)
    units, columns = lower.weight.shape[0], upper.weight.shape[1]
    flattened = isinstance(lower, nn.Conv2d) and isinstance(upper, nn.Linear)
    if columns % units or (columns != units and not flattened):
        raise ValueError(
            f"the next layer has {columns} columns for {units} units; inputs of Linear layers "
            "with more axes than (n, d) are not supported"
        )
    acts = [m for m in between if type(m) in ACTING]
    below = nn.Sequential(*parts[:start])
    return Joint(below=below, lower=lower, acts=acts, upper=upper, block=columns // units)


def _require_alone(net: nn.Module, touched: Sequence[nn.Module]) -> None:
    owners = [id(p) for _, p in net.named_parameters(remove_duplicate=False)]
    for module in touched:
        if any(owners.count(id(p)) > 1 for p in module.parameters()):
            raise ValueError("the layer shares parameters with another one; clone them first")
        if module._forward_hooks or module._forward_pre_hooks:
            raise ValueError("the layer has hooks, as weight_norm leaves; remove them first")
        if isinstance(module, nn.Conv2d) and module.groups != 1:
            raise ValueError(
                f"the layer is a convolution in {module.groups} groups, which ties channels to "
                "their group; write it as a full convolution with zeros"
            )


def _require_apart(lower: nn.Module, upper: nn.Module, between: list[nn.Module]) -> None:
    flat = isinstance(lower, nn.Linear)
    for module in between:
        kind = type(module)
        if kind in (nn.Dropout, nn.Dropout2d):
            if module.training and module.p:
                raise ValueError("Dropout tells copies apart; call net.eval() first")
        elif kind is nn.Flatten:
            if (module.start_dim, module.end_dim) != (1, -1):
                raise ValueError("Flatten must keep the first axis alone; try nn.Flatten()")
            flat = True
        elif kind is nn.PReLU and module.num_parameters != 1:
            raise ValueError("PReLU with a slope for each unit tells copies apart; use one slope")
        elif kind not in (nn.Identity, *ACTING, *(() if flat else POOLING)):
            raise ValueError(
                f"{kind.__name__} between the layers may mix units or tell copies apart; fold "
                "normalisations into the weights, or try a layer with an elementwise activation"
            )
    if flat == isinstance(upper, nn.Conv2d):
        raise ValueError(
            f"cannot see which inputs of the {type(upper).__name__} come from a unit of the "
            f"{type(lower).__name__}; between a Conv2d and a Linear there must be nn.Flatten()"
        )


def widen(
    net: nn.Sequential, layer: int, weight: Tensor, bias: Tensor | None, outgoing: Tensor
) -> nn.Sequential:
    """Return a copy of `net` with K more units at the end of `layer`.

    Arguments: `weight` (K, …), rows like the layer's; `bias` (K,), None where the layer has none;
    `outgoing` (M, K·block, …), columns like the next layer's.
    Raises: ValueError for other shapes.
    Source: page-embeddings.
    """
    wide = copy.deepcopy(net)
    place = joint(wide, layer)
    lower, upper, k = place.lower, place.upper, len(weight)
    rows, columns = lower.weight.shape, upper.weight.shape
    expected = (k, *rows[1:]), (columns[0], k * place.block, *columns[2:])
    given = tuple(weight.shape), tuple(outgoing.shape)
    if given != expected:
        raise ValueError(f"expected weight and outgoing of shapes {expected}, got {given}")
    if (bias is None) != (lower.bias is None) or (bias is not None and bias.shape != (k,)):
        got = None if bias is None else tuple(bias.shape)
        raise ValueError(f"expected bias ({k},), or None where the layer has none, got {got}")
    lower.weight = _longer(lower.weight, weight, 0)
    if lower.bias is not None and bias is not None:
        lower.bias = _longer(lower.bias, bias, 0)
    upper.weight = _longer(upper.weight, outgoing, 1)
    for module, end, axis in ((lower, "out", 0), (upper, "in", 1)):
        kind = "features" if isinstance(module, nn.Linear) else "channels"
        setattr(module, f"{end}_{kind}", module.weight.shape[axis])
    return wide


def _longer(old: Tensor, new: Tensor, axis: int) -> nn.Parameter:
    both = torch.cat([old.detach(), new.detach().to(old)], axis)
    return nn.Parameter(both, requires_grad=old.requires_grad)
