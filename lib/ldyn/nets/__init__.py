"""Multilayer perceptrons, one or many of a shape trained at once."""

from ldyn.nets.mlp import ACTIVATIONS, count_parameters, forward, initialise
from ldyn.nets.training import NetsFit, Training, fit_net, fit_nets

__all__ = [
    "ACTIVATIONS",
    "NetsFit",
    "Training",
    "count_parameters",
    "fit_net",
    "fit_nets",
    "forward",
    "initialise",
]
