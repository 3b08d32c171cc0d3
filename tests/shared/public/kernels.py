"""Valid calls of the kernels' public functions."""

from ldyn.kernels import Gaussian, Laplace
from public.calls import Call
from public.piecewise import numbers, points

RIDGE = "the linear algebra is in float64, and predictors follow their points"


def pair(n=6, **more):
    return {"x": points(5), "y": points(n) + 0.1} | more


CALLS = {
    "conditional_embedding": Call(
        given=lambda: {"features_x": points(5, 3), "features_y": points(5, 2), "ridge": 0.1}
    ),
    "feature_squared_mmd": Call(
        given=lambda: pair(frequencies=points(3) * 4, unbiased=True),
        infinite=("x", "y", "frequencies"),
    ),
    "fit_ridge": Call(
        given=lambda: {"x": points(), "y": numbers(), "kernel": Gaussian(0.3), "ridge": 0.1},
        values="refuses a matrix that does not factorise",
    ),
    "fit_ridge_loo": Call(
        given=lambda: {
            "x": points(), "y": numbers(), "kernel": Gaussian, "bandwidths": [0.1, 0.3],
            "ridges": [0.1, 1.0],
        },
        values="chooses by errors", double=RIDGE,
    ),
    "half_squared_mmd": Call(given=lambda: pair(kernel=Gaussian(0.3))),
    "hsic": Call(
        given=lambda: {
            "x": points(5), "y": points(5) ** 2, "kernel_x": Gaussian(0.3),
            "kernel_y": Laplace(0.3), "unbiased": True,
        }
    ),
    "linear_squared_mmd": Call(given=lambda: pair(5, kernel=Gaussian(0.3))),
    "mean_features": Call(
        given=lambda: {"x": points(5), "frequencies": points(3), "weights": numbers(5)},
        infinite=("x", "frequencies", "weights"),
    ),
    "median_bandwidth": Call(given=lambda: {"x": points(), "rows": 8}),
    "mmd_gradient": Call(given=lambda: pair(bandwidth=0.3)),
    "mmd_variance": Call(given=lambda: pair(kernel=Gaussian(0.3), sizes=(4, 5))),
    "random_features": Call(
        given=lambda: {"x": points(5), "kernel": Gaussian(0.3), "points": points(4, 3)}
    ),
    "ridge_path": Call(
        given=lambda: {
            "x": points(), "y": numbers(), "kernel": Gaussian(0.3), "ridges": [0.1, 1.0]
        },
        values="chooses a factor by the rank", double=RIDGE,
    ),
    "sliced_energy_gradient": Call(given=lambda: pair(directions=points(3))),
    "squared_mmd": Call(given=lambda: pair(kernel=Gaussian(0.3), unbiased=True)),
}  # fmt: skip
