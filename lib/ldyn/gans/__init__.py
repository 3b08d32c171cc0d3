"""Chapter 3: when does a generator's descent converge?"""

from ldyn.gans.conditions import (
    CONDITIONS,
    CROSSES,
    failing_sequence,
    loss_smoothness,
    search_largest,
)
from ldyn.gans.conventions import (
    convention_values,
    energy_loss,
    entropic_plan,
    frechet_distance,
    kernel_inception_distance,
    neighbour_scores,
)
from ldyn.gans.critics import sliced_distance
from ldyn.gans.dirac import TinyGAN
from ldyn.gans.envelopes import (
    Envelope,
    huber_critic,
    huber_descent,
    moreau_envelope,
    penalty_series,
)
from ldyn.gans.exercises import EXERCISES, check
from ldyn.gans.game import GANTraining
from ldyn.gans.losses import (
    LOSSES,
    Loss,
    f_divergence,
    gan_loss,
    half_squared_norm,
    kernel_norm,
    wasserstein_line,
)
from ldyn.gans.networks import (
    CRITIC_ACTIVATIONS,
    Activation,
    chain_curvature,
    curvature_at,
    gradient_quotients,
    network_smoothness,
    normalise_operator,
)
from ldyn.gans.particles import ParticlePath, mmd_hessian, particle_descent
from ldyn.gans.sinkhorn import sinkhorn_slope
from ldyn.gans.smoothness import Smoothness, gaussian_mmd_smoothness, mmd_smoothness
from ldyn.gans.stacked import GANsFit, train_gans
from ldyn.gans.steps import RULES, play, step_limit, step_matrix
from ldyn.gans.targets import grid, ring
from ldyn.gans.window import StableWindows, stable_windows
from ldyn.gate import enforce

# fmt: off
__all__ = [
    "CONDITIONS", "CRITIC_ACTIVATIONS", "CROSSES", "EXERCISES", "LOSSES", "RULES", "Activation",
    "Envelope", "GANTraining", "GANsFit", "Loss", "ParticlePath", "Smoothness", "StableWindows",
    "TinyGAN", "chain_curvature", "check", "convention_values", "curvature_at", "energy_loss",
    "entropic_plan", "f_divergence", "failing_sequence", "frechet_distance", "gan_loss",
    "gaussian_mmd_smoothness", "gradient_quotients", "grid", "half_squared_norm", "huber_critic",
    "huber_descent", "kernel_inception_distance", "kernel_norm", "loss_smoothness", "mmd_hessian",
    "mmd_smoothness", "moreau_envelope", "neighbour_scores", "network_smoothness",
    "normalise_operator", "particle_descent", "penalty_series", "play", "ring", "search_largest",
    "sinkhorn_slope", "sliced_distance", "stable_windows", "step_limit", "step_matrix",
    "train_gans", "wasserstein_line",
]
# fmt: on

enforce(globals())
