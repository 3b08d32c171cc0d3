"""Valid calls of chapter 5's public functions on layers, resolutions and pictures."""

import torch

from ldyn.kernels import Gaussian
from public.calls import Call
from public.samples import values


def covariance(n=4):
    a = values(n, n)
    return a.T @ a


CALLS = {
    "arc_cosine": Call(given=lambda: {"x": values(3, 2), "z": values(4, 2), "order": 1}),
    "local_posterior_mean": Call(
        given=lambda: {
            "x": values(2, 1, 4, 4), "data": values(3, 1, 4, 4), "noise": 0.3,
            "radii": torch.ones(2, 2, dtype=torch.long),
        },
        integers=("radii",), values="the radii say what is read",
    ),
    "noise_levels": Call(given=lambda: {"count": 4}),
    "probability_flow": Call(
        given=lambda: {"x": values(2, 3), "denoise": lambda x, s: x / (1 + s), "levels": [2.0, 0.5]}
    ),
    "residual_correction": Call(
        given=lambda: {
            "x": values(6, 2), "y": values(6), "kernels": [Gaussian(0.9), Gaussian(0.3)],
            "rows": [3, 6], "ridge": 0.1,
        },
    ),
    "wiener_matrix": Call(given=lambda: {"covariance": covariance(), "noise": 0.5}),
    "window_energies": Call(
        given=lambda: {"wiener": covariance(), "shape": (1, 2, 2), "block": 1},
        oblique=("wiener",),
    ),
    "window_radii": Call(given=lambda: {"energies": values(3, 2, 2).sort(0).values, "share": 0.5}),
}  # fmt: skip
