"""Valid calls of curvature: operators and Lanczos."""

import torch
from torch import nn

from ldyn.linalg import LinearOperator
from public.calls import Call
from public.samples import normals

F64, CPU = torch.float64, torch.device("cpu")
APPLIED = "a product is a function that the caller gives, on the device of its matrix"
COPIED = "the parameters of a model are looked at when the operator is made"


def operator(size=6):
    """A symmetric operator that is no multiple of the identity."""
    a = normals(size, size)
    return LinearOperator(size=size, apply=(a + a.mT).mv, dtype=F64, device=CPU)


def net():
    """A small network in double precision and eval mode."""
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)).double().eval()
    for p in model.parameters():
        p.data = normals(*p.shape)
    return model


def _curvature(**more):
    loss = lambda z, y: (z - y).square().sum() / 2  # noqa: E731
    return {"model": net(), "loss": loss, "batches": [(normals(4, 2), normals(4, 1))]} | more


def _largest(**more):
    return {"operator": operator(), "start": normals(6), "steps": 4} | more


CALLS = {
    "hessian_operator": Call(given=_curvature, values=COPIED),
    "gauss_newton_operator": Call(given=_curvature, values=COPIED),
    "flat_parameters": Call(given=lambda: {"model": net()}),
    "lanczos": Call(given=_largest, values=APPLIED, double="refused"),
    "extreme_eigenpairs": Call(
        given=lambda: _largest(lowest=1, highest=2, tolerance=1e-6),
        values=APPLIED,
        double="refused",
    ),
    "operator_norm": Call(
        given=lambda: {
            "layer": lambda x: 3 * x + 1,
            "like": normals(3),
            "steps": 9,
            "rounds": 2,
            "tolerance": 1e-4,
        },
        shapeless=("like",),
        values="the map is asked whether it is affine",
    ),
}
