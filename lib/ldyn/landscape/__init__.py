"""Chapter 2: surplus units; what minima of a narrow network become in a wider one."""

from ldyn.gate import enforce
from ldyn.landscape.blocks import (
    Forms,
    last_unit_forms,
    separating_map,
    surplus_block,
    surplus_forms,
    surplus_inertia,
)
from ldyn.landscape.channels import channel_pair, gated_unit
from ldyn.landscape.copies import difference_vector, unit_forms, unit_positions
from ldyn.landscape.copy_price import copy_exponent, copy_price
from ldyn.landscape.curve import curve_toy
from ldyn.landscape.dense import Inertia, dense_hessian, inertia
from ldyn.landscape.density import SpectralDensity, spectral_density
from ldyn.landscape.embeddings import add_inactive, add_unpropagated, replicate, rescale
from ldyn.landscape.exercises import EXERCISES, check
from ldyn.landscape.flatness import (
    growth_order,
    inactive,
    kink_distance,
    kink_margin,
    sample_inactive,
)
from ldyn.landscape.flow import Flow, gradient_flow
from ldyn.landscape.minima import Minima, gradient_descent, levenberg_marquardt, newton
from ldyn.landscape.mixtures import place_information
from ldyn.landscape.pac_bayes import (
    binary_kl,
    exchange_rate,
    gaussian_divergence,
    gaussian_price,
    gibbs_price,
    inactive_probability,
    kl_inverse,
    pac_bayes_bound,
    sample_conditioned,
)
from ldyn.landscape.symmetry import UnitGroups, classify_units, expansion_count, surjections
from ldyn.landscape.toy import Toy, fukumizu_amari_toy
from ldyn.landscape.units import UnitNet

# fmt: off
__all__ = [
    "EXERCISES", "Flow", "Forms", "Inertia", "Minima", "SpectralDensity", "Toy", "UnitGroups",
    "UnitNet", "add_inactive", "add_unpropagated", "binary_kl", "channel_pair", "check",
    "classify_units", "copy_exponent", "copy_price", "curve_toy", "dense_hessian",
    "difference_vector", "exchange_rate", "expansion_count", "fukumizu_amari_toy", "gated_unit",
    "gaussian_divergence", "gaussian_price", "gibbs_price", "gradient_descent", "gradient_flow",
    "growth_order", "inactive", "inactive_probability", "inertia", "kink_distance", "kink_margin",
    "kl_inverse", "last_unit_forms", "levenberg_marquardt", "newton", "pac_bayes_bound",
    "place_information", "replicate", "rescale", "sample_conditioned", "sample_inactive",
    "separating_map", "spectral_density", "surjections", "surplus_block", "surplus_forms",
    "surplus_inertia", "unit_forms",
    "unit_positions",
]
# fmt: on

enforce(globals())
