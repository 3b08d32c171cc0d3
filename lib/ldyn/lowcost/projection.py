"""One hidden layer without its output weights: they are solved for."""

import torch
from torch import Tensor
from torch.func import jvp
from torch.nn.functional import pad

from ldyn.core import require_choice
from ldyn.nets import ACTIVATIONS

EPSILON = 1e-6  # where units are dead, or all but the same, the output weights stay finite


def project_outputs(
    w: Tensor, x: Tensor, y: Tensor, activation: str = "tanh"
) -> tuple[Tensor, Tensor, Tensor]:
    """Return r = (A V − Y)ᵀ (k, M·(n + H)), its derivative in w, and V (k, H, M), of k networks.

    V = (AᵀA)⁻¹ Aᵀ Y with A = σ(X Wᵀ) over ε I and Y = y over 0, ε = 1e-6, so that r ends in ε Vᵀ.
    The derivative is Kaufman's, P (∂A/∂w) V with P = I − A (AᵀA)⁻¹ Aᵀ, for a least-squares method.
    Columns of x and y that are zero, and where σ(0) = 0 units that are, change nothing and stay so.

    Arguments: `w` (k, p), in each row w_0, …, w_{H−1}, p = H D; `x` (k, n, D), `y` (k, n, M);
    float64, in which ε² is above rounding.
    Raises: ValueError for a p that is no multiple of D, or an unknown activation.
    Source: golub1973, kaufman1975.
    """
    act = ACTIVATIONS[require_choice(activation, ACTIVATIONS, "activation")]
    units, rest = divmod(w.shape[1], x.shape[2])
    if rest or not units:
        told = f"w must be of shape (k, H D) with D = {x.shape[2]} as in x, got {tuple(w.shape)}"
        raise ValueError(f"{told}; put the input weights of all units in a row")
    x = x.mT.contiguous()  # the data last: long rows are faster
    u = w.unflatten(1, (units, -1)) @ x
    a = act(u)
    slope = 1 - a.square() if act is torch.tanh else jvp(act, (u,), (torch.ones_like(u),))[1]
    floor = EPSILON * torch.eye(units, dtype=a.dtype, device=a.device)
    a, y = torch.cat([a, floor.expand(len(a), -1, -1)], 2), pad(y, (0, 0, 0, units))
    factor, _ = torch.linalg.cholesky_ex(a @ a.mT)
    v = torch.cholesky_solve(a @ y, factor)
    bend = pad((slope[:, :, None] * x[:, None]).flatten(1, 2), (0, units))
    bend = torch.baddbmm(bend, torch.cholesky_solve(a @ bend.mT, factor).mT, a, alpha=-1)
    gain = v.repeat_interleave(x.shape[1], 1)
    jacobian = (gain[..., None] * bend[:, :, None]).flatten(2).mT
    return (v.mT @ a - y.mT).flatten(1), jacobian, v
