"""Chapter 1, functions with jumps: targets, estimators, constructions and the theory's numbers."""

from ldyn.gate import enforce
from ldyn.piecewise.adaptive import (
    fit_dyadic_tree,
    fit_forest,
    fit_one_split,
    fit_tree,
    haar_inverse,
    haar_threshold,
    haar_transform,
)
from ldyn.piecewise.bayes_linear import (
    covariance_eigenvalues,
    half_space_covariance,
    linear_risk_floor,
    prior_risk,
    random_half_space,
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
    wave_height,
)
from ldyn.piecewise.constructions import (
    holder_net,
    indicator_net,
    interpolant_net,
    intersection_net,
    product_net,
    square_net,
    step_net,
)
from ldyn.piecewise.dynamic import BoundaryFit, fit_boundary
from ldyn.piecewise.entropy import log_covering_number, parameter_sensitivity
from ldyn.piecewise.exercises import EXERCISES, check
from ldyn.piecewise.jumps import jump_sizes, near_jumps
from ldyn.piecewise.linear import (
    fit_cosine,
    fit_haar_projection,
    fit_neighbours,
    fit_spline,
)
from ldyn.piecewise.relunet import ReluNet, affine, compose, deepen, stack
from ldyn.piecewise.sampling import Sample, grid_values, risk, sample, sample_jittered
from ldyn.piecewise.theory import (
    conservative_boundary,
    conservative_linear_exponent,
    grid_risk_floor,
    linear_boundary,
    linear_exponent,
    network_exponent,
    samples_factor,
    wavelet_boundary,
    wavelet_exponent,
    winner,
)
from ldyn.piecewise.tuning import (
    LINEAR,
    METHODS,
    Choice,
    candidates,
    choose,
    oracle_and_validated,
)

# fmt: off
__all__ = [
    "EXERCISES", "LINEAR", "METHODS", "BoundaryFit", "Choice", "ReluNet", "Sample", "Target",
    "affine", "ball", "candidates", "check", "choose", "compose", "conservative_boundary",
    "conservative_linear_exponent", "covariance_eigenvalues", "deepen", "disk", "fit_boundary",
    "fit_cosine", "fit_dyadic_tree", "fit_forest", "fit_haar_projection", "fit_neighbours",
    "fit_one_split", "fit_spline", "fit_tree", "fragment", "grid_risk_floor", "grid_values",
    "haar_inverse", "haar_threshold", "haar_transform", "half_space", "half_space_covariance",
    "holder_net", "indicator_net", "interpolant_net", "intersection_net", "jump_sizes",
    "linear_boundary", "linear_exponent", "linear_risk_floor", "log_covering_number", "near_jumps",
    "network_exponent", "oracle_and_validated", "parameter_sensitivity", "prior_risk",
    "product_net", "random_blob", "random_fragment", "random_half_space", "risk", "rough_boundary",
    "sample", "sample_jittered", "samples_factor", "smooth_control", "smooth_part", "square_net",
    "stack", "step", "step_net", "stripes", "wave", "wave_height", "wavelet_boundary",
    "wavelet_exponent", "winner",
]
# fmt: on

enforce(globals())
