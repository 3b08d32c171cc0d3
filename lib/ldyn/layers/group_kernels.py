"""Kernels averaged over a group of transforms, and the kernels of one layer of random filters."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ldyn.core import require_points, require_positive

Kernel = Callable[[Tensor, Tensor], Tensor]
Transform = Callable[[Tensor], Tensor]
_DIRECT = "donot_use_mm_for_euclid_dist"
ROUNDINGS = 1e4  # an orbit is closed if its points come back within so many roundings


@dataclass(frozen=True)
class GroupAveragedKernel:
    """k̄(x, z) = |G|⁻¹ Σ_g k(x, gz), for a kernel with k(gx, gz) = k(x, z); it sees orbits only.

    With `both`, k̄(x, z) = |G|⁻² Σ_{g,h} k(gx, hz), for any kernel and any set of transforms.

    Fields: `kernel` maps (n, d), (m, d) to (n, m); `transforms` G, each (n, d) → (n, d).
    Raises: ValueError for no transforms; when called, for bad points, or where the transforms of a
    row are no orbit of a group (then only `both` is positive semi-definite).
    Source: haasdonk2007, thm-group-average.
    """

    kernel: Kernel
    transforms: tuple[Transform, ...]
    both: bool = False

    def __post_init__(self) -> None:
        if not callable(self.kernel) or callable(self.transforms) or not self.transforms:
            raise ValueError(
                "kernel must be a function and transforms hold at least one map, got "
                f"{type(self.kernel).__name__} and {self.transforms}; try (lambda x: x,)"
            )

    def __call__(self, x: Tensor, z: Tensor) -> Tensor:
        """Return the Gram matrix k̄(x_i, z_j), (n, m), of points `x` (n, d) and `z` (m, d)."""
        if not self.both:
            self._require_orbit(z[:1])
        left = [g(x) for g in self.transforms] if self.both else [x]
        pairs = [(a, g(z)) for a in left for g in self.transforms]
        return torch.stack([self.kernel(a, b) for a, b in pairs]).mean(0)

    def _require_orbit(self, point: Tensor) -> None:
        orbit = torch.cat([g(point) for g in self.transforms])
        again = torch.cat([point, *(g(orbit) for g in self.transforms)])
        off = (again[:, None] - orbit).abs().amax(2).amin(1).max().item()
        if off > ROUNDINGS * torch.finfo(point.dtype).eps * max(1.0, point.abs().max().item()):
            raise ValueError(
                "transforms must be a group, but two in a row lead out of an orbit; add what is "
                "missing, or try both=True, which averages over both arguments"
            )


@dataclass(frozen=True, eq=False)
class MirrorGaussian:
    """The Gaussian kernel averaged over a mirror that acts on features by signs, x ↦ signs ∘ x.

    k̄(x, z) = ½ (e^(−γ(|s−s′|² + |a−a′|²)) + e^(−γ(|s−s′|² + |a+a′|²))), γ = 1/(2b²), with s, s′ the
    columns of sign +1 and a, a′ those of −1: two products of half the width, two exponentials.

    Fields: `bandwidth` b > 0; `signs` (d,), +1 and −1.
    Raises: ValueError for a bad bandwidth, signs or points.
    Source: prop-mirror-halves.
    """

    bandwidth: float
    signs: Tensor

    def __post_init__(self) -> None:
        require_positive(self.bandwidth, "bandwidth")
        signs = torch.as_tensor(self.signs)
        if not isinstance(self.signs, Tensor) or signs.ndim != 1 or not (signs.abs() == 1).all():
            raise ValueError(
                f"signs must be a tensor (d,), each +1 or -1, got {type(self.signs).__name__} of "
                f"shape {tuple(signs.shape)}; try torch.as_tensor(signs).sign().reshape(-1)"
            )

    def __call__(self, x: Tensor, z: Tensor) -> Tensor:
        """Return the Gram matrix k̄(x_i, z_j), (n, m), of points `x` (n, d) and `z` (m, d).

        By ‖x‖² − 2⟨x, z⟩ + ‖z‖², whose rounding is that of `fill_gram`.
        """
        require_points(x, dim=len(self.signs))
        even = self.signs.to(x.device) > 0
        same, odd = x[:, even] @ z[:, even].T, x[:, ~even] @ z[:, ~even].T
        base = x.square().sum(1)[:, None] + z.square().sum(1) - 2 * same
        scale = -0.5 / self.bandwidth**2
        near = (base - 2 * odd).clamp_(min=0).mul_(scale).exp_()
        return near.add_((base + 2 * odd).clamp_(min=0).mul_(scale).exp_()).div_(2)


def arc_cosine(x: Tensor, z: Tensor, *, order: int) -> Tensor:
    """Return the mean of random threshold units over all filters w ∼ N(0, I), (n, m).

    order 0: 2 E 1[⟨w,x⟩ > 0] 1[⟨w,z⟩ > 0] = 1 − θ/π, θ the angle between x and z;
    order 1: 2 E ⟨w,x⟩₊ ⟨w,z⟩₊ = ‖x‖ ‖z‖ (sin θ + (π − θ) cos θ)/π.

    Arguments: `x` (n, d), `z` (m, d), nonzero if order is 0; `order` 0 or 1.
    Raises: ValueError for bad points, rows of zeros if order is 0, or another order.
    Source: cho2009, thm-arc-cosine.
    """
    if order not in (0, 1):
        raise ValueError(f"order must be 0 (steps) or 1 (ReLU), got {order!r}; try order=1")
    tiny = torch.finfo(x.dtype).tiny
    a, b = x.norm(dim=1, keepdim=True), z.norm(dim=1, keepdim=True)
    if not order and not (torch.cat([a, b]) > 0).all():
        raise ValueError("x and z must have no zero row for order 0, got one; drop it")
    u, v = x / a.clamp(min=tiny), z / b.clamp(min=tiny)
    # The half angle: arccos loses half the digits of close directions.
    apart, along = torch.cdist(u, v, compute_mode=_DIRECT), torch.cdist(u, -v, compute_mode=_DIRECT)
    theta = 2 * torch.atan2(apart, along)
    if order == 0:
        return 1 - theta / math.pi
    return a * b.T * (theta.sin() + (math.pi - theta) * theta.cos()) / math.pi
