"""The conditions on a loss, and the constant by which the generator's gradient is Lipschitz."""

import math
from dataclasses import dataclass

from ldyn.core import require_positive
from ldyn.gate import require_fields
from ldyn.kernels import Gaussian, Matern32, Matern52, Stationary


@dataclass(frozen=True, kw_only=True)
class Smoothness:
    """The three constants of a loss on measures, through its optimal discriminators Φ_μ.

    Fields: `slope` α, ‖∇Φ_μ(x)‖ ≤ α (D1); `curvature` β₁, the Lipschitz constant of ∇Φ_μ in x
    (D2); `sensitivity` β₂, that of ∇Φ_μ(x) in μ for the distance W₁ (D3); all ≥ 0, and infinite
    where a loss does not have the condition.
    Raises: ValueError for a negative constant or NaN.
    Source: chu2020, def-discriminator-conditions.
    """

    slope: float
    curvature: float
    sensitivity: float

    def __post_init__(self) -> None:
        require_fields(self)
        for name in ("slope", "curvature", "sensitivity"):
            _require_constant(getattr(self, name), name)

    def descent_constant(self, *, speed: float, bend: float = 0.0) -> float:
        """Return L = αB + A²(β₁ + β₂), by which ∇G is Lipschitz; steps below 2/L descend.

        Arguments: `speed` A and `bend` B ≥ 0 of the generator, (G1) and (G2), perhaps infinite.
        Raises: ValueError for a negative constant or NaN.
        Source: chu2020, thm-smoothness.
        """
        _require_constant(speed, "speed")
        _require_constant(bend, "bend")
        parts = ((self.slope, bend), (speed**2, self.curvature), (speed**2, self.sensitivity))
        return sum(a * b for a, b in parts if a and b)  # a condition that nothing asks for is free

    def particle_step(self) -> float:
        """Return 1/(β₁ + β₂): what each particle moves by, in units of −∇Φ, at the step 1/L.

        Infinite if β₁ = β₂ = 0: no step is too long where ∇Φ never changes.
        Source: chu2020, cor-particles.
        """
        bound = self.curvature + self.sensitivity
        return 1 / bound if bound else math.inf


def gaussian_mmd_smoothness(bandwidth: float) -> Smoothness:
    """Return the constants of ½ MMD² with a Gaussian kernel; none of them can be smaller.

    α = 2e^(−1/2)/σ,  β₁ = (1 + 2e^(−3/2))/σ²,  β₂ = 1/σ².

    Raises: ValueError for a bandwidth that is not > 0.
    Source: chu2020, prop-gaussian-constants.
    """
    require_positive(bandwidth, "bandwidth")
    return Smoothness(
        slope=2 * math.exp(-0.5) / bandwidth,
        curvature=(1 + 2 * math.exp(-1.5)) / bandwidth**2,
        sensitivity=1 / bandwidth**2,
    )


def mmd_smoothness(kernel: Stationary) -> Smoothness:
    """Return the constants of ½ MMD² with a kernel κ(‖x − y‖/b); none of them can be smaller.

    α = 2 sup|κ′|/b,  β₁ = (sup κ″ − κ″(0))/b²,  β₂ = −κ″(0)/b².

    Arguments: `kernel` a Gaussian, Matern32 or Matern52 of `ldyn.kernels`.
    Raises: ValueError for a kernel without a second derivative, such as Laplace, or an unknown one.
    Source: chu2020, prop-radial-constants.
    """
    if type(kernel) not in _PROFILES:
        raise ValueError(
            f"the third condition needs a kernel with two derivatives, got {kernel!r}; "
            f"try {', '.join(kind.__name__ for kind in _PROFILES)}"
        )
    steepest, deepest, highest = _PROFILES[type(kernel)]
    return Smoothness(
        slope=2 * steepest / kernel.bandwidth,
        curvature=(deepest + highest) / kernel.bandwidth**2,
        sensitivity=deepest / kernel.bandwidth**2,
    )


_GOLDEN = (1 + math.sqrt(5)) / 2
_PROFILES: dict[type[Stationary], tuple[float, float, float]] = {
    # sup|κ′|, −κ″(0), sup κ″; with s = √3 r and √5 r at s = 1 and the golden ratio, s = 2 and 3
    Gaussian: (math.exp(-0.5), 1.0, 2 * math.exp(-1.5)),
    Matern32: (math.sqrt(3) * math.exp(-1), 3.0, 3 * math.exp(-2)),
    Matern52: (
        math.sqrt(5) / 3 * (_GOLDEN + _GOLDEN**2) * math.exp(-_GOLDEN),
        5 / 3,
        25 / 3 * math.exp(-3),
    ),
}


def _require_constant(value: float, name: str) -> None:
    if value < 0:
        raise ValueError(f"{name} must be a number >= 0, got {value!r}; try {name}=1.0")
