"""Valid calls of the kernel solver's public functions."""

import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian
from public.calls import Call
from public.samples import KERNEL, gram, values

CHOLESKY = "a Cholesky factor may fail, which is a value"
PIVOTS = "pivots are drawn from values"


CALLS = {
    "feature_variance": Call(given=lambda: {"kernel": KERNEL, "delta": values(4, 2), "count": 8}),
    "fill_gram": Call(given=lambda: {"kernel": KERNEL, "a": values(4, 2), "b": values(3, 2)}),
    "gram_product": Call(
        given=lambda: {
            "kernel": KERNEL, "a": values(4, 2), "b": values(3, 2), "v": values(3, 2, name="v"),
        }
    ),
    "symmetric_gram": Call(given=lambda: {"kernel": KERNEL, "x": values(5, 2), "block": 2}),
    "orthogonal_frequencies": Call(
        given=lambda: {"count": 5, "dim": 2, "kernel": KERNEL, "generator": stream("o")}
    ),
    "uniform_points": Call(
        given=lambda: {"count": 4, "dim": 2, "sampler": "sobol", "generator": stream("u")}
    ),
    "rpcholesky": Call(
        given=lambda: {
            "x": values(6, 2), "kernel": KERNEL, "rank": 4, "generator": stream("p"),
            "block": 2, "stop": 1e-3,
        },
        values=PIVOTS,
    ),
    "loo_path": Call(
        given=lambda: {"gram": gram(), "y": values(6), "ridges": [0.1, 1.0]},
        values=CHOLESKY, double="errors of many ridges are compared",
    ),
    "loo_solutions": Call(
        given=lambda: {"gram": gram(), "y": values(6, 2), "ridges": [0.1, 1.0]},
        values=CHOLESKY, double="errors of many ridges are compared",
    ),
    "loo_residuals": Call(
        given=lambda: {"gram": gram(), "y": values(6), "ridge": 0.1}
    ),
    "loo_slope": Call(
        given=lambda: {
            "x": values(2, 6, 3), "y": values(2, 6, 1), "weights": values(2, 6) + 0.5,
            "kernel": Gaussian, "bandwidths": values(3) + 0.5,
            "ridge": torch.tensor(0.1, dtype=torch.float64), "judges": torch.ones(2, 6) > 0,
        },
        shapeless=("ridge",), integers=("judges",),
    ),
    "pcg": Call(
        given=lambda: {
            "gram": gram(), "y": values(6), "ridge": 1e-3, "factor": gram()[:2], "tolerance": 1e-6,
            "most": 20,
        },
        shapeless=("factor",), values="the steps end by what they find",
        double="the vectors are float64 whatever the matrix is",
    ),
}  # fmt: skip
