"""Valid calls of chapter 1's public functions."""

import torch

from ldyn.core import stream
from ldyn.piecewise import step, step_net
from public.calls import Call


def _points(n=12, d=2):
    return torch.rand(n, d, generator=stream("public"), dtype=torch.float64)


def _values(n=12):
    return torch.rand(n, generator=stream("values"), dtype=torch.float64)


CALLS = {
    "risk": Call(
        given=lambda: {
            "predictor": lambda x: x[:, 0],
            "target": step(),
            "generator": stream("r"),
            "points": 64,
        }
    ),
    "sample": Call(
        given=lambda: {"target": step(), "n": 5, "noise": 0.3, "generator": stream("s")}
    ),
    "fit_cosine": Call(given=lambda: {"x": _points(), "y": _values(), "cutoff": 2}),
    "fit_boundary": Call(
        given=lambda: {
            "x": _points(),
            "y": _values(),
            "pieces": 2,
            "levels": 4,
            "low": 0.1,
            "high": 0.9,
        }
    ),
    "linear_risk_floor": Call(given=lambda: {"eigenvalues": _values(), "n": 5, "noise": 0.3}),
    "prior_risk": Call(
        given=lambda: {"weights": _points(4, 3), "x": _points(3), "z": _points(4), "noise": 0.3}
    ),
    "half_space": Call(given=lambda: {"normal": (1.0, 0.0), "offset": 0.5}, signed=("offset",)),
    "step": Call(given=lambda: {"theta": 0.3}),
    "affine": Call(given=lambda: {"matrix": _points(3, 2), "offset": _values(3)}),
    "linear_exponent": Call(
        given=lambda: {"alpha": 1.0, "beta": 2.0, "dim": 2}, infinite=("alpha", "beta")
    ),
    "half_space_covariance": Call(given=lambda: {"x": _points(3), "z": _points(4)}),
    "compose": Call(given=lambda: {"outer": step_net(3.0), "inner": step_net(2.0)}),
    "haar_transform": Call(given=lambda: {"values": _points(4, 4)}),
    "random_half_space": Call(given=lambda: {"dim": 2, "generator": stream("h")}),
}
