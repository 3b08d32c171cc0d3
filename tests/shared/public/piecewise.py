"""Valid calls of chapter 1's public functions: targets, samples, networks, numbers."""

import torch

from ldyn.core import stream
from ldyn.data import Disparity
from ldyn.piecewise import square_net, step, step_net, wave_height
from public.calls import Call
from public.samples import values

NETS = "networks are in float64"


def points(n=12, d=2):
    return values(n, d)


def numbers(n=12):
    return values(n)


def candidates(n=3):
    return {"1": numbers(n), "2": 1 - numbers(n)}


def scene():
    values = torch.tensor([[5.0, 5, 0, 9, 9], [5, 5, 0, 9, 15]], dtype=torch.float64)
    return Disparity(values=values, known=values > 0, image=torch.zeros(2, 5, 3, dtype=torch.uint8))


CALLS = {
    "affine": Call(given=lambda: {"matrix": points(3, 2), "offset": numbers(3)}, double=NETS),
    "ball": Call(given=lambda: {"center": (0.3, 0.4, 0.5), "radius": 0.2}),
    "candidates": Call(
        given=lambda: {
            "method": "haar cut",
            "x": points(),
            "y": numbers(),
            "z": points(3),
            "noise": 0.3,
        }
    ),
    "check": Call(given=lambda: {"exercise": "ex-le-cam", "answer": 0.2}),
    "choose": Call(
        given=lambda: {"candidates": candidates(), "truth": numbers(3)},
        values="compares risks",
        double="the candidates have a dtype of their own",
    ),
    "compose": Call(given=lambda: {"outer": step_net(3.0), "inner": step_net(2.0)}, double=NETS),
    "conservative_boundary": Call(given=lambda: {"alpha": 1.5, "dim": 2}, infinite=("alpha",)),
    "covariance_eigenvalues": Call(given=lambda: {"dim": 2, "points": points(4)}),
    "deepen": Call(given=lambda: {"net": step_net(3.0), "depth": 3}, double=NETS),
    "disk": Call(given=lambda: {"center": (0.3, 0.4), "radius": 0.2}),
    "fragment": Call(
        given=lambda: {"h": lambda x: wave_height(x[:, 0]), "dim": 2, "alpha": 2.0},
        infinite=("alpha",),
    ),
    "grid_risk_floor": Call(given=lambda: {"n": 16, "dim": 2, "noise": 0.3}),
    "grid_values": Call(given=lambda: {"function": lambda x: x[:, 0], "side": 3, "dim": 2}),
    "haar_inverse": Call(given=lambda: {"coefficients": [points(1, 1), points(3, 1)[:, :, None]]}),
    "haar_threshold": Call(given=lambda: {"values": points(4, 4), "noise": 0.3, "factor": 1.5}),
    "haar_transform": Call(given=lambda: {"values": points(4, 4)}),
    "half_space": Call(given=lambda: {"normal": (1.0, 0.0), "offset": 0.5}, signed=("offset",)),
    "half_space_covariance": Call(given=lambda: {"x": points(3), "z": points(4)}),
    "holder_net": Call(given=lambda: {"f": lambda x: x[:, 0], "dim": 2, "cells": 2, "teeth": 2}),
    "indicator_net": Call(given=lambda: {"values": numbers(4), "slope": 8.0}, double=NETS),
    "interpolant_net": Call(given=lambda: {"values": numbers(4)}, double=NETS),
    "intersection_net": Call(
        given=lambda: {"indicators": [step_net(3.0), step_net(2.0)]}, double=NETS
    ),
    "jump_sizes": Call(given=lambda: {"scene": scene(), "threshold": 3.0}),
    "linear_boundary": Call(given=lambda: {"alpha": 0.5, "dim": 2}, infinite=("alpha",)),
    "linear_risk_floor": Call(given=lambda: {"eigenvalues": numbers(), "n": 5, "noise": 0.3}),
    "log_covering_number": Call(
        given=lambda: {"radius": 0.5, "depth": 3, "nonzero": 20, "largest": 2.0}
    ),
    "near_jumps": Call(given=lambda: {"scene": scene(), "threshold": 3.0, "within": 1}),
    "oracle_and_validated": Call(
        given=lambda: {
            "method": "haar cut",
            "x": points(),
            "y": numbers(),
            "z": points(3),
            "truth": numbers(3),
            "noise": 0.3,
        },
        values="compares risks",
    ),
    "parameter_sensitivity": Call(given=lambda: {"depth": 3, "width": 5, "largest": 2.0}),
    "prior_risk": Call(
        given=lambda: {"weights": points(4, 3), "x": points(3), "z": points(4), "noise": 0.3}
    ),
    "product_net": Call(given=lambda: {"teeth": 2, "bound": 2.0}),
    "random_blob": Call(given=lambda: {"generator": stream("b")}),
    "random_fragment": Call(
        given=lambda: {"dim": 2, "alpha": 1.5, "beta": 0.5, "pieces": 3, "generator": stream("f")}
    ),
    "random_half_space": Call(given=lambda: {"dim": 2, "generator": stream("h")}),
    "risk": Call(
        given=lambda: {
            "predictor": lambda x: x[:, 0],
            "target": step(),
            "generator": stream("r"),
            "points": 64,
            "dtype": torch.float32,
        }
    ),
    "rough_boundary": Call(
        given=lambda: {"alpha": 1.5, "dim": 2, "terms": 3, "generator": stream("g")}
    ),
    "sample": Call(
        given=lambda: {
            "target": step(),
            "n": 5,
            "noise": 0.3,
            "generator": stream("s"),
            "dtype": torch.float32,
        }
    ),
    "samples_factor": Call(given=lambda: {"exponent": 0.5, "gain": 10.0}),
    "sample_jittered": Call(
        given=lambda: {"target": step(), "side": 4, "noise": 0.3, "generator": stream("jittered")}
    ),
    "wavelet_boundary": Call(given=lambda: {"alpha": 0.5, "dim": 2}, infinite=("alpha",)),
    "smooth_control": Call(given=lambda: {"dim": 2}),
    "smooth_part": Call(
        given=lambda: {"beta": 1.5, "dim": 2, "level": 0.5, "generator": stream("p")},
        signed=("level",),
    ),
    "square_net": Call(given=lambda: {"teeth": 3}),
    "stack": Call(
        given=lambda: {"nets": [step_net(3.0), square_net(2)], "shared": True}, double=NETS
    ),
    "step": Call(given=lambda: {"theta": 0.3}),
    "step_net": Call(given=lambda: {"slope": 8.0}),
    "stripes": Call(given=lambda: {"pieces": 3}),
    "wave": Call(given=dict),
    "wave_height": Call(given=lambda: {"u": numbers()}),
} | {
    name: Call(given=lambda: {"alpha": 1.5, "beta": 2.0, "dim": 2}, infinite=("alpha", "beta"))
    for name in (
        "conservative_linear_exponent",
        "linear_exponent",
        "network_exponent",
        "wavelet_exponent",
        "winner",
    )
}
