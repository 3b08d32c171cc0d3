"""The sliced energy distance of two samples, and its gradient, by sorting."""

import torch
from torch import Tensor


def sliced_energy_gradient(x: Tensor, y: Tensor, *, directions: Tensor) -> Tensor:
    """Return ∇Φ at the points x, (n, d): n times the gradient of the halved energy distance of
    the projections, averaged over the directions.

    J = mean_θ E|θ·(X − Y)| − ½E|θ·(X − X′)| − ½E|θ·(Y − Y′)| = mean_θ ∫(F_θ − G_θ)²,
    ∇Φ(x_i) = mean_θ θ (S_y(θ·x_i) − S_x(θ·x_i)),  S_y(t) = mean_l sign(t − θ·y_l), sign(0) = 0.

    Sorting makes this O(p (n + m) log(n + m)) for p directions, and no matrix of distances.

    Arguments: `x` (n, d), `y` (m, d) and `directions` (p, d), of one dtype and device; unit
    vectors give J the units of x.
    Raises: ValueError for bad points, or arguments that do not match.
    Source: szekely2013, def-half-mmd.
    """
    slope = torch.zeros_like(x)
    for direction in directions:
        places, order = (x @ direction).sort()
        signs = _sign(places, (y @ direction).sort().values) - _sign(places, places)
        slope[order] += signs[:, None] * direction
    return slope / len(directions)


def _sign(places: Tensor, values: Tensor) -> Tensor:
    """Return the mean of sign(t − v) over the sorted values, for each place t."""
    below = torch.searchsorted(values, places)
    up_to = torch.searchsorted(values, places, right=True)
    return (below + up_to).to(places.dtype) / len(values) - 1
