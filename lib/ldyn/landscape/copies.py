"""One unit of a trained network: its forms F and G at any layer, and where its weights stand."""

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.func import grad

from ldyn.landscape.blocks import Forms
from ldyn.landscape.joints import joint
from ldyn.linalg import hessian_operator
from ldyn.linalg.operators import require_eval

Loss = Callable[[Tensor, Tensor], Tensor]


def unit_forms(
    net: nn.Sequential,
    layer: int,
    unit: int,
    loss: Loss,
    batches: Sequence[tuple[Tensor, Tensor]],
) -> Forms:
    """Return F (M, D) and G (D, D) of a unit or channel of any hidden layer, for any loss.

    D counts the weights into it, its bias last, and M those out of it; of a channel, those of its
    kernels. With z the next layer's output and g = ∂L/∂z held fixed, G and F are the blocks of the
    Hessian of Σ ⟨g, what the unit adds to z⟩ in (w, w) and (v, w).

    Arguments: `net`, `layer`, `unit` as for `replicate`; the total is the sum of `loss`, of outputs
    and y (n, …), (n, …) ↦ (), over `batches`, pairs (x, y), where y may be labels, integers.
    Raises: ValueError for a net whose units cannot be copied, or one in training mode in any part.
    Source: fukumizu2019, thm-block.
    """
    require_eval(net)
    joint(net, layer).require_unit(unit)
    place, start, stop = joint(net, layer), *_ends(net, layer)
    alone = _unit_network(net, layer, unit)
    below, shared, above = (
        nn.Sequential(*list(net)[part])
        for part in (slice(start), slice(start, stop + 1), slice(stop + 1, None))
    )
    pairs = []
    with torch.no_grad():
        for x, y in batches:
            h = below(x)
            z = shared(h)
            pairs.append((h, grad(lambda z, y=y: loss(above(z), y))(z)))
    pull = hessian_operator(alone, lambda out, g: (out * g).sum(), pairs)
    inputs = place.lower.weight[0].numel() + (place.lower.bias is not None)
    first = torch.eye(pull.size, inputs, dtype=pull.dtype, device=pull.device)
    columns = pull.matvec(first)
    return Forms(gate=columns[inputs:], curvature=columns[:inputs])


def unit_positions(net: nn.Sequential, layer: int, unit: int) -> Tensor:
    """Return where in θ, ordered as net.named_parameters(), the weights of a unit stand, (D + M,).

    First the D weights into it, its bias last, then the M weights out of it.
    Raises: ValueError for an unknown unit, and for a net whose units cannot be copied.
    Source: page-classifier-spectrum.
    """
    place, places, done = joint(net, layer), {}, 0
    place.require_unit(unit)
    for p in net.parameters():
        places[id(p)] = torch.arange(done, done + p.numel(), device=p.device).view(p.shape)
        done += p.numel()
    into = [places[id(p)][unit].flatten() for p in place.lower.parameters()]
    own = slice(unit * place.block, (unit + 1) * place.block)
    return torch.cat([*into, places[id(place.upper.weight)][:, own].flatten()])


def difference_vector(
    net: nn.Sequential, layer: int, units: tuple[int, int], entries: Tensor
) -> Tensor:
    """Return the vector (p,) with entries u/√2 on the weights of one unit and −u/√2 on another's.

    Arguments: `units` two of the layer; `entries` u (D + M,), ordered as by `unit_positions`.
    Raises: ValueError for entries of another number, one unit twice, and for a net whose units
    cannot be copied.
    Source: prop-swap.
    """
    if units[0] == units[1]:
        raise ValueError(f"units must be two different ones, got {units}; try another")
    one, other = (unit_positions(net, layer, unit).to(entries.device) for unit in units)
    if entries.shape != one.shape:
        raise ValueError(
            f"entries must be {len(one)}, the weights into the unit, its bias and those out of "
            f"it, got shape {tuple(entries.shape)}"
        )
    found = entries.new_zeros(sum(p.numel() for p in net.parameters()))
    found[one], found[other] = entries / 2**0.5, -entries / 2**0.5
    return found


def _ends(net: nn.Sequential, layer: int) -> tuple[int, int]:
    place = joint(net, layer)
    found = [i for i, m in enumerate(net) if m is place.lower or m is place.upper]
    return found[0], found[1]


def _unit_network(net: nn.Sequential, layer: int, unit: int) -> nn.Sequential:
    """The layers from `layer` to the next one with this unit alone, and without the next bias."""
    start, stop = _ends(net, layer)
    place = joint(nn.Sequential(*copy.deepcopy(list(net)[start : stop + 1])), 0)
    lower, upper = place.lower, place.upper
    own = slice(unit * place.block, (unit + 1) * place.block)
    lower.weight = nn.Parameter(lower.weight.detach()[unit : unit + 1].clone())
    if lower.bias is not None:
        lower.bias = nn.Parameter(lower.bias.detach()[unit : unit + 1].clone())
    upper.weight = nn.Parameter(upper.weight.detach()[:, own].clone())
    upper.bias = None
    between = list(net)[start + 1 : stop]
    return nn.Sequential(lower, *between, upper).train(net.training)
