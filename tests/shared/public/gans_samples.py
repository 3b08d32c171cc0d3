"""Valid calls of chapter 3's public functions on networks, particles and samples."""

import torch
from torch import nn

from ldyn.core import stream
from ldyn.gans import GANTraining, ring, sliced_distance
from ldyn.kernels import Matern32
from public.calls import Call
from public.gans import points

TINY = GANTraining(width=4, batch=4, steps=2, looks=1, critic_steps=1, warm=1, settle=1)


def draw(count, generator):
    return ring(count, generator=generator)


def layer():
    built = nn.Linear(3, 2)
    with torch.no_grad():
        built.weight.copy_(points(2, 3, "layer"))
        built.bias.zero_()
    return built


def cloud(n, name):
    x = points(n, 2, name)
    return x, torch.log_softmax(x[:, 0], 0)


CALLS = {
    "chain_curvature": Call(given=lambda: {"activation": "tanh", "depth": 1}),
    "curvature_at": Call(given=lambda: {"critic": lambda z: z.square().sum(), "x": points()}),
    "gradient_quotients": Call(given=lambda: {"critic": lambda z: z.sin().sum(), "x": points()}),
    "network_smoothness": Call(given=lambda: {"activation": "ELU", "norms": [1.0, 2.0]}),
    "normalise_operator": Call(
        given=lambda: {"layer": layer(), "like": torch.zeros(1, 3), "norm": 2.0},
        shapeless=("like",),
        writes=("layer",),
        values="the layer, which is not moved, is applied",
    ),
    "mmd_hessian": Call(
        given=lambda: {"x": points(3), "y": points(4, name="y"), "bandwidth": 0.7}
    ),
    "particle_descent": Call(
        given=lambda: {
            "field": lambda x: x - 0.5, "start": points(), "step": 0.3, "steps": 4, "looks": 2,
        }
    ),
    "sinkhorn_slope": Call(
        given=lambda: {
            "x": points(3), "mu": cloud(4, "mu"), "data": cloud(5, "data"),
            "regularisation": 1.0, "debiased": True, "iterations": 40,
        },
        values="it looks whether weights are probabilities and the potentials have converged",
    ),
    "gaussian_mmd_smoothness": Call(given=lambda: {"bandwidth": 0.7}),
    "mmd_smoothness": Call(given=lambda: {"kernel": Matern32(0.7)}),
    "train_gans": Call(
        given=lambda: {
            "sample": draw, "rates": torch.tensor([0.1, 0.2], dtype=torch.float64),
            "seeds": [0, "one"], "training": TINY, "judge": sliced_distance,
        },
        values="samples are drawn on the processor",
    ),
    "ring": Call(
        given=lambda: {
            "count": 5, "modes": 3, "radius": 1.5, "spread": 0.2, "generator": stream("ring"),
        }
    ),
    "grid": Call(
        given=lambda: {"count": 5, "side": 3, "spread": 0.2, "generator": stream("grid")}
    ),
    "stable_windows": Call(
        given=lambda: {
            "errors": points(2, 6), "exponents": torch.arange(6.0).double(), "threshold": 0.5,
        },
        values="steps are to be evenly spaced, and errors may be infinite but not NaN",
    ),
}  # fmt: skip
