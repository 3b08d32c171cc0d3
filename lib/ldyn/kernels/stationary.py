"""Stationary kernels k(x, z) = κ(‖x − z‖ / bandwidth), and the law of their frequencies."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_points, require_positive


@dataclass(frozen=True)
class Stationary:
    """A stationary kernel of unit variance; leaves define the profile κ and the frequency law.

    Fields: `bandwidth` > 0, in units of the inputs.
    Raises: ValueError unless bandwidth is a finite number > 0.
    Source: rahimi2007, def-kernel.
    """

    bandwidth: float

    def __post_init__(self) -> None:
        require_positive(self.bandwidth, "bandwidth")

    def __call__(self, x: Tensor, z: Tensor) -> Tensor:
        """Return the Gram matrix k(x_i, z_j), (n, m), of points `x` (n, d) and `z` (m, d).

        Raises: ValueError for bad points or different dimensions.
        """
        require_points(x)
        require_points(z, name="z", dim=x.shape[1])
        # The direct differences: expanding ‖x − z‖² loses all digits for close points.
        mode = "donot_use_mm_for_euclid_dist"
        return self.profile(torch.cdist(x, z, compute_mode=mode) / self.bandwidth)

    def profile(self, r: Tensor) -> Tensor:
        """Return κ at the scaled distances `r`."""
        raise NotImplementedError

    def frequencies(self, points: Tensor) -> Tensor:
        """Map `points` (q, d + 1) of the unit cube to frequencies (q, d) with the spectral law.

        k(x, z) = E cos⟨ω, x − z⟩ for uniform points; any low-discrepancy set may take their
        place. The first d coordinates become normals, the last the Student mixing variable. Exact
        0 and 1, as in the first point of a Sobol' net, where quantiles are infinite, move inside
        by half a step of the points, 1/(2q).
        Raises: ValueError for points outside the cube.
        """
        require_points(points, name="points", cube=True)
        half = 0.5 / len(points)
        u = points.where(points > 0, half).where(points < 1, 1 - half)
        edge = 1e-12 if points.dtype == torch.float64 else 1e-6
        u = u.clamp(edge, 1 - edge)
        normal = math.sqrt(2.0) * torch.erfinv(2 * u[:, :-1] - 1)
        return normal * self.mixing(u[:, -1:]) / self.bandwidth

    def mixing(self, u: Tensor) -> Tensor:
        """Return the scale of the normal frequencies as the quantile at `u`."""
        raise NotImplementedError


class Gaussian(Stationary):
    """k(x, z) = exp(−‖x − z‖² / (2 b²)), b the bandwidth; its frequencies are N(0, I/b²).

    Source: rahimi2007, def-kernel.
    """

    def profile(self, r: Tensor) -> Tensor:
        return r.square().mul_(-0.5).exp_()

    def mixing(self, u: Tensor) -> Tensor:
        return torch.ones_like(u)


@dataclass(frozen=True)
class MultiGaussian(Stationary):
    """k(x, z) = mean_γ exp(−γ ‖x − z‖²/b²), one Gaussian a rate; CGNN's kernel is their sum.

    The last coordinate of a point of `frequencies` chooses γ: on a grid all get the same share.

    Fields: `bandwidth` b > 0; `rates` γ > 0.
    Source: goudet2018, def-mean-embedding.
    """

    rates: tuple[float, ...] = (0.005, 0.05, 0.25, 0.5, 1.0, 5.0, 50.0)

    def profile(self, r: Tensor) -> Tensor:
        return torch.stack([(-rate * r.square()).exp_() for rate in self.rates]).mean(0)

    def mixing(self, u: Tensor) -> Tensor:
        return (2 * u.new_tensor(self.rates)).sqrt()[(u * len(self.rates)).long()]


class _Matern(Stationary):
    """Matérn of order ν: frequencies are multivariate Student-t with 2ν degrees of freedom."""

    degrees: int

    def mixing(self, u: Tensor) -> Tensor:
        # t = normal · √(2ν / χ²_{2ν}); χ² with odd degrees 1, 3, 5 has no closed quantile but 1.
        if self.degrees == 1:
            chi = math.sqrt(2.0) * torch.erfinv(u)
            return 1 / chi
        return (self.degrees / _chi_square_quantile(u, self.degrees)).sqrt()


class Laplace(_Matern):
    """k(x, z) = exp(−‖x − z‖ / b), Matérn of order ½: as rough as a random edge.

    Source: rahimi2007, def-kernel.
    """

    degrees = 1

    def profile(self, r: Tensor) -> Tensor:
        return (-r).exp()


class Matern32(_Matern):
    """k(x, z) = (1 + s) exp(−s), s = √3 ‖x − z‖ / b. Source: rahimi2007, def-kernel."""

    degrees = 3

    def profile(self, r: Tensor) -> Tensor:
        s = math.sqrt(3.0) * r
        return (1 + s) * (-s).exp()


class Matern52(_Matern):
    """k(x, z) = (1 + s + s²/3) exp(−s), s = √5 ‖x − z‖ / b. Source: rahimi2007, def-kernel."""

    degrees = 5

    def profile(self, r: Tensor) -> Tensor:
        s = math.sqrt(5.0) * r
        return (1 + s + s.square() / 3) * (-s).exp()


def _chi_square_quantile(u: Tensor, degrees: int) -> Tensor:
    """Solve P(degrees/2, q/2) = u by bisection on log q, to the precision of the dtype."""
    half = torch.full_like(u, degrees / 2)
    low, high = torch.full_like(u, -60.0), torch.full_like(u, 8.0)
    for _ in range(70):
        middle = (low + high) / 2
        below = torch.special.gammainc(half, middle.exp() / 2) < u
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    return ((low + high) / 2).exp()
