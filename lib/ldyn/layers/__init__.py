"""Chapter 5, second half: many layers, many resolutions; pictures recognised and made."""

from ldyn.gate import enforce
from ldyn.layers.group_kernels import GroupAveragedKernel, MirrorGaussian, arc_cosine
from ldyn.layers.honest_stack import StackedKernelRidge, StackRecord
from ldyn.layers.local_score import (
    LocalScoreModel,
    local_posterior_mean,
    noise_levels,
    probability_flow,
    wiener_matrix,
    window_energies,
    window_radii,
)
from ldyn.layers.picture_classifier import PictureClassifier
from ldyn.layers.picture_features import PictureFeatures
from ldyn.layers.residual_correction import MultiscaleKernel, Wendland, residual_correction
from ldyn.layers.triangle_gram import TriangleGram

# fmt: off
__all__ = [
    "GroupAveragedKernel", "LocalScoreModel", "MirrorGaussian", "MultiscaleKernel",
    "PictureClassifier", "PictureFeatures", "StackRecord", "StackedKernelRidge",
    "TriangleGram", "Wendland", "arc_cosine", "local_posterior_mean", "noise_levels",
    "probability_flow", "residual_correction", "wiener_matrix", "window_energies",
    "window_radii",
]
# fmt: on

enforce(globals())
