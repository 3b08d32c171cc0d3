"""Chapter 1, functions with jumps: targets, estimators, constructions and the theory's numbers."""

from ldyn.piecewise.adaptive import (
    fit_dyadic_tree,
    fit_forest,
    fit_one_split,
    fit_tree,
    haar_inverse,
    haar_threshold,
    haar_transform,
)
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
from ldyn.piecewise.linear import (
    fit_cosine,
    fit_haar_projection,
    fit_neighbours,
    fit_spline,
)
from ldyn.piecewise.sampling import Sample, grid_values, risk, sample

__all__ = [
    "Sample",
    "Target",
    "ball",
    "disk",
    "fit_cosine",
    "fit_dyadic_tree",
    "fit_forest",
    "fit_haar_projection",
    "fit_neighbours",
    "fit_one_split",
    "fit_spline",
    "fit_tree",
    "fragment",
    "grid_values",
    "haar_inverse",
    "haar_threshold",
    "haar_transform",
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
