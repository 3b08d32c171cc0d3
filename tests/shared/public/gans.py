"""Valid calls of chapter 3's public functions, but those on networks, samples and steps."""

import torch

from ldyn.core import stream
from ldyn.gans import LOSSES, TinyGAN
from ldyn.kernels import Gaussian
from public.calls import Call


def points(n=5, d=2, name="points"):
    return torch.rand(n, d, generator=stream("public gans", name), dtype=torch.float64)


def weights(n=5, name="weights"):
    return points(n, 1, name)[:, 0].softmax(0)


def gram(n=5):
    x = torch.arange(n, dtype=torch.float64)[:, None]
    return Gaussian(1.0)(x, x)


def jacobian():
    return TinyGAN(penalty=0.5).jacobian()


SYMMETRIC = "whether a matrix is symmetric and a kernel's is seen in its values"

CALLS = {
    "loss_smoothness": Call(
        given=lambda: {
            "name": "Sinkhorn", "bandwidth": 1.5, "diameter": 0.8, "regularisation": 0.3,
        }
    ),
    "failing_sequence": Call(given=lambda: {"name": "MMD", "condition": "sensitivity", "n": 8.0}),
    "search_largest": Call(
        given=lambda: {
            "measure": lambda p: 3 - p.square().sum(1),
            "starts": points(3), "steps": 3, "rate": 0.1,
        },
    ),
    "energy_loss": Call(given=lambda: {"x": points(), "y": points(4, name="y")}),
    "entropic_plan": Call(
        given=lambda: {
            "cost": points(4, 3), "regularisation": 0.5, "marginals": 1.0, "iterations": 60,
        },
        values="it looks whether the potentials have converged",
    ),
    "kernel_inception_distance": Call(given=lambda: {"x": points(), "y": points(4, name="y")}),
    "frechet_distance": Call(
        given=lambda: {"x": points(), "y": points(4, name="y")},
        values="torch gives no covariance without values",
    ),
    "neighbour_scores": Call(
        given=lambda: {"real": points(), "fake": points(4, name="y"), "neighbours": 2},
        values="shares, as numbers",
    ),
    "convention_values": Call(
        given=lambda: {
            "x": points(4), "y": points(4, name="y"), "blur": 2.0, "reach": 2.0, "neighbours": 1,
        },
        values="a table of numbers",
    ),
    "sliced_distance": Call(
        given=lambda: {
            "x": points(12, 3).reshape(2, 6, 3),
            "y": points(12, 3, "y").reshape(2, 6, 3),
            "directions": 4,
        },
        infinite=("x", "y"),
    ),
    "huber_critic": Call(
        given=lambda: {"theta": points(3, 2) - 0.5, "slope": 1.0, "weight": 2.0},
        infinite=("slope", "weight"), shapeless=("theta",),
    ),
    "huber_descent": Call(
        given=lambda: {
            "start": points(3, 2) - 0.5, "step": 0.3, "steps": 4, "slope": 1.0, "weight": 2.0,
        },
        infinite=("slope", "weight"), shapeless=("start",),
    ),
    "moreau_envelope": Call(
        given=lambda: {
            "loss": LOSSES["Kullback–Leibler"], "mu": weights(), "data": weights(name="data"),
            "gram": gram(), "weight": 2.0, "steps": 5,
        },
    ),
    "penalty_series": Call(
        given=lambda: {
            "points": points(), "weights": weights() - 0.3, "bandwidth": 0.7, "terms": 4,
        }
    ),
    "check": Call(given=lambda: {"exercise": "ex-bytes", "answer": 1.0}),
    "gan_loss": Call(given=lambda: {"name": "hinge"}),
    "f_divergence": Call(
        given=lambda: {
            "f": lambda r: (r - 1).square() / 2,
            "slope": lambda r: r - 1,
            "conjugate": lambda s: s + s.square() / 2,
        }
    ),
    "half_squared_norm": Call(given=lambda: {"gram": gram()}, values=SYMMETRIC),
    "kernel_norm": Call(given=lambda: {"gram": gram()}, values=SYMMETRIC),
    "wasserstein_line": Call(given=lambda: {"points": points()[:, 0].cumsum(0)}),
    "step_matrix": Call(
        given=lambda: {
            "jacobian": jacobian(), "rule": "alternating", "step": 0.3, "momentum": 0.1,
        },
        signed=("momentum",), oblique=("jacobian",),
    ),
    "step_limit": Call(
        given=lambda: {
            "jacobian": TinyGAN().jacobian(), "rule": "alternating", "momentum": -0.1,
        },
        signed=("momentum",), oblique=("jacobian",),
    ),
    "play": Call(
        given=lambda: {
            "field": TinyGAN(penalty=0.5).field, "start": points(2, 3), "step": 0.3, "steps": 3,
            "rule": "alternating", "momentum": 0.1, "critic_steps": 2,
        },
        signed=("momentum",), shapeless=("step",),
    ),
}  # fmt: skip
