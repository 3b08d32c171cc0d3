"""Multilayer perceptrons, one or many of a shape trained at once."""

from ldyn.gate import enforce
from ldyn.nets.mlp import ACTIVATIONS, count_parameters, forward, initialise
from ldyn.nets.stacks import ETAS, SpectralNorms, StackedAdam, stacked_values
from ldyn.nets.training import NetsFit, Training, fit_net, fit_nets

# fmt: off
__all__ = [
    "ACTIVATIONS", "ETAS", "NetsFit", "SpectralNorms", "StackedAdam", "Training",
    "count_parameters", "fit_net", "fit_nets", "forward", "initialise", "stacked_values",
]
# fmt: on

enforce(globals())
