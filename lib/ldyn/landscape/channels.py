"""Channels to infinity: two units of opposite sign that together become one gated linear unit."""

import torch
from torch import Tensor
from torch.func import jvp

from ldyn.core import require_choice, require_positive
from ldyn.nets import ACTIVATIONS


def channel_pair(
    share: float, w: Tensor, direction: Tensor, *, height: float, centred: bool = True
) -> tuple[Tensor, Tensor]:
    """Return v (2, 1) and w (2, D) of the pair at height a of the channel that ends at (c, w, u).

    Centred: v = c/2 ± a, w ± u/(2a). Else: v = (a, c − a), with (w + u/a, w).

    Arguments: `share` c = v_0 + v_1; `w` (D,); `direction` u (D,); `height` a > 0.
    Raises: ValueError for a height that is not positive.
    Source: martinelli2025, prop-channel.
    """
    a = require_positive(height, "height")
    if centred:
        v, inner = (
            [share / 2 + a, share / 2 - a],
            [w + direction / (2 * a), w - direction / (2 * a)],
        )
    else:
        v, inner = [a, share - a], [w + direction / a, w]
    return torch.tensor(v, dtype=w.dtype, device=w.device)[:, None], torch.stack(inner)


def gated_unit(
    x: Tensor, share: Tensor | float, w: Tensor, direction: Tensor, *, activation: str = "tanh"
) -> Tensor:
    """Return c σ(wᵀx) + (uᵀx) σ'(wᵀx), (n,): what a pair in a channel tends to.

    Arguments: `x` (n, D); `share` c; `w` (D,), `direction` u (D,).
    Raises: ValueError for an unknown activation.
    Source: martinelli2025, prop-channel.
    """
    require_choice(activation, ACTIVATIONS, "activation")
    value, push, *_ = jvp(ACTIVATIONS[activation], (x @ w,), (x @ direction,))
    return share * value + push
