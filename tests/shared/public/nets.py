"""Valid calls of the networks' public functions."""

from ldyn.nets import Training, initialise
from public.calls import Call
from public.piecewise import numbers, points

QUICK = Training(hidden=(3,), steps=2, batch=4, check_every=1)


def stack():
    return initialise((2, 3, 1), [0], like=points())


CALLS = {
    "count_parameters": Call(given=lambda: {"dims": (2, 3, 1)}),
    "fit_net": Call(
        given=lambda: {"x": points(), "y": numbers(), "seed": 0, "training": QUICK},
        signed=("seed",), values="keeps the best weights",
    ),
    "fit_nets": Call(
        given=lambda: {
            "x": points()[None], "y": numbers()[None], "seeds": [0], "training": QUICK
        },
        values="keeps the best weights",
    ),
    "forward": Call(
        given=lambda: {"parameters": stack(), "x": points()[None], "activation": "tanh"},
        infinite=("x",),
    ),
    "initialise": Call(
        given=lambda: {"dims": (2, 3, 1), "seeds": [0], "like": points(), "activation": "tanh"},
        shapeless=("like",),
    ),
    "stacked_values": Call(
        given=lambda: {"parameters": stack(), "x": points()[None], "activation": "elu"},
        infinite=("x",),
    ),
}  # fmt: skip
