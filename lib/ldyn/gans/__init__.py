"""Chapter 3: when does a generator's descent converge?"""

from ldyn.gans.envelopes import (
    Envelope,
    huber_critic,
    huber_descent,
    moreau_envelope,
    penalty_series,
)
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
    "Envelope",
    "Loss",
    "ParticlePath",
    "Smoothness",
    "f_divergence",
    "gan_loss",
    "gaussian_mmd_smoothness",
    "half_squared_norm",
    "huber_critic",
    "huber_descent",
    "mmd_hessian",
    "moreau_envelope",
    "particle_descent",
    "penalty_series",
    "ring",
    "wasserstein_line",
]
