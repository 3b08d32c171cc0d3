"""Chapter 1, functions with jumps: targets, estimators, constructions and the theory's numbers."""

from ldyn.piecewise.boundaries import rough_boundary, smooth_part
from ldyn.piecewise.classes import (
    Target,
    ball,
    disk,
    fragment,
    half_space,
    random_blob,
    random_fragment,
    smooth_control,
    step,
    stripes,
    wave,
)
from ldyn.piecewise.sampling import Sample, risk, sample

__all__ = [
    "Sample",
    "Target",
    "ball",
    "disk",
    "fragment",
    "half_space",
    "random_blob",
    "random_fragment",
    "risk",
    "rough_boundary",
    "sample",
    "smooth_control",
    "smooth_part",
    "step",
    "stripes",
    "wave",
]
