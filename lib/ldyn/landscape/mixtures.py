"""Posteriors that do not say which of the places in a layer hold the surplus units."""

import itertools

import torch
from torch import Tensor


def place_information(needed: Tensor, surplus: Tensor) -> Tensor:
    """Return what a draw from the mixture over places tells of S, in nats (draws,).

    ln Q_S(θ) − ln Q̄(θ) for θ from Q_S, where Q̄ is the mean of Q_S over the C(H_0 + K, K) sets S of
    places of the surplus units. Its mean is by how much KL(Q̄‖P) is below KL(Q_S‖P).

    Arguments: of draws whose first H_0 places are the needed ones, in order: `needed`
    (draws, H_0 + K, H_0) the log-density of the unit at place j under the posterior of the i-th
    needed unit, `surplus` (draws, H_0 + K) under that of a surplus one; −∞ is allowed.
    Raises: ValueError for other shapes.
    Source: fukumizu2019, prop-places.
    """
    places = surplus.shape[-1]
    if needed.ndim != 3 or surplus.ndim != 2 or needed.shape[:2] != surplus.shape:
        raise ValueError(
            f"expected needed (draws, H_0 + K, H_0) and surplus (draws, H_0 + K), got "
            f"{tuple(needed.shape)} and {tuple(surplus.shape)}"
        )
    count = needed.shape[2]
    products = torch.stack(
        [
            needed[:, list(kept), range(count)].sum(1)
            + surplus[:, [j for j in range(places) if j not in kept]].sum(1)
            for kept in itertools.combinations(range(places), count)
        ]
    )  # the first has the needed units where they are
    total = torch.logsumexp(products, 0) - torch.tensor(len(products)).to(products).log()
    return products[0] - total
