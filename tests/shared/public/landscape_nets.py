"""Valid calls of chapter 2: networks made wider, and descents on one hidden layer."""

import torch
from torch import nn

from ldyn.core import stream
from ldyn.landscape import UnitNet
from public.calls import Call
from public.linalg import net, operator
from public.samples import normals

F64 = torch.float64
COPIED = "the weights of the network are looked at"
ASKED = "whether a step helps depends on the values"
FAMILY = UnitNet(inputs=2)


def _relu():
    model = net()
    return nn.Sequential(model[0], nn.ReLU(), model[2]).eval()


def _bowl(theta):
    """A loss (…, p) ↦ (…) that has its minimum at zero."""
    return (1 + theta.square()).log().sum(-1)


def _one():
    return {"net": FAMILY, "theta": normals(6), "x": normals(5, 2)}


def _unit(**more):
    return {"net": net(), "layer": 0, "unit": 1} | more


def _new(**more):
    return {
        "net": _relu(),
        "layer": 0,
        "weight": 0 * normals(2, 2),
        "bias": -1 + 0 * normals(2),
    } | more


def _descent(**more):
    return {"loss": _bowl, "start": normals(2, 3) / 4, "data": ()} | more


CALLS = {
    "add_inactive": Call(
        given=lambda: _new(outgoing=normals(1, 2), x=normals(4, 2)),
        values=COPIED,
    ),
    "add_unpropagated": Call(given=_new),
    "dense_hessian": Call(given=lambda: {"function": _bowl, "theta": normals(3)}),
    "difference_vector": Call(
        given=lambda: {"net": net(), "layer": 0, "units": (0, 2), "entries": normals(4)}
    ),
    "gradient_descent": Call(given=lambda: _descent(rate=0.1, steps=4, looks=2)),
    "gradient_flow": Call(
        given=lambda: _descent(times=(0.01, 0.1), tolerance=0.1, most_steps=9), values=ASKED
    ),
    "growth_order": Call(
        given=lambda: {
            "loss": _bowl,
            "theta": 0 * normals(3),
            "direction": normals(3),
            "sizes": torch.tensor([0.01, 0.02], dtype=F64),
            "rounding": 1e-20,
        },
    ),
    "kink_distance": Call(given=lambda: _one() | {"direction": normals(6)}),
    "kink_margin": Call(given=_one),
    "last_unit_forms": Call(given=lambda: _one() | {"y": normals(5, 1)}),
    "levenberg_marquardt": Call(
        given=lambda: {
            "residuals": lambda theta: theta.sin(),
            "start": normals(2, 3) / 4,
            "data": [],
            "steps": 2,
            "tolerance": 1e-3,
        },
        values=ASKED,
    ),
    "newton": Call(given=lambda: _descent(steps=1)),
    "replicate": Call(given=lambda: _unit(weights=[0.5, 0.75, -0.25])),
    "rescale": Call(given=lambda: _unit(factor=2.0) | {"net": _relu()}),
    "spectral_density": Call(
        given=lambda: {
            "operator": operator(),
            "generator": stream("probes"),
            "probes": 2,
            "steps": 3,
        }
    ),
    "unit_forms": Call(
        given=lambda: _unit(
            loss=lambda z, y: (z - y).square().sum() / 2, batches=[(normals(4, 2), normals(4, 1))]
        ),
        values=COPIED,
    ),
    "unit_positions": Call(given=_unit),
}
