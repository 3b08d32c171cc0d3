"""Valid calls of chapter 2: one unit, its copies and its price."""

import torch

from ldyn.core import stream
from ldyn.landscape import Forms
from public.calls import Call
from public.samples import values

F64 = torch.float64
RANGE = "numbers out of range are refused"
CHOSEN = "which units are meant depends on the values"


def _rand(*shape):
    return values(*shape) + 0.1


def shares():
    """Three copies of a unit."""
    return torch.tensor([0.5, 0.75, -0.25], dtype=F64)


def forms():
    """F (2, 3) and G (3, 3)."""
    return Forms(gate=_rand(2, 3), curvature=_rand(3, 3) + _rand(3, 3).mT)


CALLS = {
    "binary_kl": Call(
        given=lambda: {"empirical": 0.1, "risk": 0.3}, shapeless=("empirical", "risk")
    ),
    "channel_pair": Call(
        given=lambda: {"share": 0.7, "w": _rand(3), "direction": _rand(3), "height": 2.0},
        signed=("share",),
    ),
    "check": Call(given=lambda: {"exercise": "ex-dead-end", "answer": 3}),
    "classify_units": Call(
        given=lambda: {"v": _rand(3, 2), "w": _rand(3, 4), "tolerance": 1e-3}, values=CHOSEN
    ),
    "copy_exponent": Call(given=lambda: {"inputs": 2, "outputs": 2, "fixed": False}),
    "copy_price": Call(
        given=lambda: {
            "rates": 1e4 * _rand(2),
            "v": _rand(2),
            "w": _rand(3),
            "x": _rand(5, 3),
            "shares": (0.2, 0.8),
            "reach": 1.0,
            "prior_scale": 2.0,
            "clip": 4.0,
            "draws": 8,
            "seed": 1,
        },
        signed=("seed",),
        values=RANGE,
    ),
    "curve_toy": Call(given=lambda: {"activation": "tanh"}),
    "exchange_rate": Call(
        given=lambda: {"empirical": 0.1, "bound": 0.3}, shapeless=("empirical", "bound")
    ),
    "expansion_count": Call(given=lambda: {"teacher": 2, "width": 4, "odd": True}),
    "fukumizu_amari_toy": Call(given=dict),
    "gated_unit": Call(
        given=lambda: {"x": _rand(5, 3), "share": 0.7, "w": _rand(3), "direction": _rand(3)},
        signed=("share",),
        shapeless=("share",),
    ),
    "gaussian_divergence": Call(
        given=lambda: {"mean": _rand(4), "scale": _rand(4), "prior_scale": 2.0},
        shapeless=("scale",),
    ),
    "gaussian_price": Call(given=lambda: {"pull": 0.4, "outputs": 2}, shapeless=("pull",)),
    "gibbs_price": Call(given=lambda: {"pulls": _rand(5), "outputs": 2}),
    "inactive": Call(given=lambda: {"w": _rand(3, 2), "x": _rand(5, 2)}),
    "inactive_probability": Call(
        given=lambda: {"low": -1.0, "high": 2.0, "bias_ratio": 1.5}, signed=("low", "high")
    ),
    "inertia": Call(given=lambda: {"matrix": forms().curvature, "tolerance": 1e-6}),
    "kl_inverse": Call(
        given=lambda: {"empirical": 0.1, "budget": 0.2}, shapeless=("empirical", "budget")
    ),
    "pac_bayes_bound": Call(
        given=lambda: {
            "empirical_risk": 0.1,
            "divergence": 3.0,
            "samples": 100,
            "confidence": 0.9,
        },
        shapeless=("empirical_risk", "divergence"),
    ),
    "sample_conditioned": Call(
        given=lambda: {
            "count": 4,
            "low": -1.0,
            "high": 2.0,
            "scale": 2.0,
            "bias_ratio": 1.5,
            "generator": stream("cone"),
        },
        signed=("low", "high"),
    ),
    "sample_inactive": Call(
        given=lambda: {
            "x": _rand(5, 2),
            "count": 2,
            "scale": 1.0,
            "generator": stream("inactive"),
            "tries": 1000,
        },
        values="draws are accepted by what they do at the data",
    ),
    "separating_map": Call(given=lambda: {"weights": shares(), "outputs": 2, "inputs": 3}),
    "place_information": Call(given=lambda: {"needed": -_rand(4, 3, 2), "surplus": -_rand(4, 3)}),
    "surjections": Call(given=lambda: {"teacher": 2, "width": 4}),
    "surplus_block": Call(given=lambda: {"forms": forms(), "weights": shares()}),
    "surplus_forms": Call(
        given=lambda: {
            "gradients": _rand(5, 2),
            "inputs": _rand(5, 3),
            "v": _rand(2),
            "w": _rand(3),
            "activation": "tanh",
        }
    ),
    "surplus_inertia": Call(
        given=lambda: {"forms": forms(), "weights": shares(), "zero": 1e-8},
        shapeless=("zero",),
        values=CHOSEN,
    ),
}
