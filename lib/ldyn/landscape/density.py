"""Stochastic Lanczos quadrature: the spectrum of a matrix seen through random vectors."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_count, require_positive
from ldyn.linalg import LinearOperator, lanczos


@dataclass(frozen=True, kw_only=True)
class SpectralDensity:
    """Gauss quadratures of the spectrum, one a probe: `nodes` θ and `weights` τ (probes, m).

    Each row of weights sums to 1; a row that ended early is filled up with weights 0. `size` is p.
    Source: def-spectral-density, prop-slq.
    """

    nodes: Tensor
    weights: Tensor
    size: int

    def trace(self, function: Callable[[Tensor], Tensor] | None = None) -> tuple[float, float]:
        """Return the estimate of tr f(A) = Σ_i f(μ_i), and its standard error over the probes.

        The mean over probes of p Σ_k τ_k f(θ_k); f is the identity unless given. The error of one
        probe is nan.
        Source: prop-slq.
        """
        values = self.nodes if function is None else function(self.nodes)
        mean, error = _mean(self.size * (self.weights * values).sum(1))
        return mean.item(), error.item()

    def density(self, grid: Tensor, width: float) -> tuple[Tensor, Tensor]:
        """Return the density smoothed by N(0, width²), (g,), and its error, at `grid` (g,).

        φ_s(t) = mean over probes of Σ_k τ_k N(t; θ_k, s²), s = width; it integrates to 1.
        Raises: ValueError unless width > 0.
        Source: def-spectral-density.
        """
        s = require_positive(width, "width")
        bells = torch.exp(-((grid[:, None, None] - self.nodes) ** 2) / (2 * s * s))
        return _mean((bells * self.weights).sum(2).T / (s * math.sqrt(2 * math.pi)))


def spectral_density(
    operator: LinearOperator, *, generator: torch.Generator, probes: int = 10, steps: int = 50
) -> SpectralDensity:
    """Return quadratures with `steps` nodes for the spectrum of A, from `probes` random vectors.

    For a vector z of independent signs, Lanczos from z/√p gives T; its eigenvalues are nodes, the
    squares of the first entries of its eigenvectors weights. Σ_k τ_k θ_k^j = zᵀA^j z / p exactly
    for j ≤ 2·steps − 1, and the mean of that over z is tr A^j / p.

    Raises: ValueError for probes or steps < 1.
    Source: ghorbani2019, prop-slq.
    """
    require_count(probes, "probes")
    m = min(require_count(steps, "steps"), operator.size)
    nodes = torch.zeros(probes, m, dtype=operator.dtype, device=operator.device)
    weights = torch.zeros_like(nodes)
    for i in range(probes):
        signs = torch.randint(2, (operator.size,), generator=generator, device=generator.device)
        values, vectors, _ = lanczos(operator, (2 * signs - 1).to(nodes), m).ritz()
        nodes[i, : len(values)], weights[i, : len(values)] = values, vectors[0].square()
    return SpectralDensity(nodes=nodes, weights=weights, size=operator.size)


def _mean(estimates: Tensor) -> tuple[Tensor, Tensor]:
    """The mean over the first axis, and its standard error."""
    count = len(estimates)
    if count < 2:
        return estimates[0], torch.full_like(estimates[0], math.nan)
    return estimates.mean(0), estimates.std(0) / math.sqrt(count)
