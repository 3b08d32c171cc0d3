"""Chapter 3: when does a generator's descent converge?"""

from ldyn.gans.dirac import RULES, TinyGAN, play, step_limit, step_matrix
from ldyn.gans.losses import (
    LOSSES,
    Loss,
    f_divergence,
    gan_loss,
    half_squared_norm,
    wasserstein_line,
)
from ldyn.gans.particles import ParticlePath, mmd_hessian, particle_descent
from ldyn.gans.smoothness import Smoothness, gaussian_mmd_smoothness
from ldyn.gans.targets import ring

__all__ = [
    "LOSSES",
    "RULES",
    "Loss",
    "ParticlePath",
    "Smoothness",
    "TinyGAN",
    "f_divergence",
    "gan_loss",
    "gaussian_mmd_smoothness",
    "half_squared_norm",
    "mmd_hessian",
    "particle_descent",
    "play",
    "ring",
    "step_limit",
    "step_matrix",
    "wasserstein_line",
]
