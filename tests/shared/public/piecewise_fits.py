"""Valid calls of chapter 1's estimators."""

from public.calls import Call
from public.piecewise import numbers, points

FOREIGN = "another library computes with NumPy arrays"


def data(d=2):
    return {"x": points(12, d), "y": numbers(12)}


CALLS = {
    "fit_boundary": Call(
        given=lambda: data() | {"pieces": 2, "levels": 4, "low": 0.1, "high": 0.9},
        signed=("low",), values="follows the best path",
    ),
    "fit_cosine": Call(given=lambda: data() | {"cutoff": 2}),
    "fit_dyadic_tree": Call(
        given=lambda: data() | {"noise": 0.3, "factor": 1.5, "depth": 2}
    ),
    "fit_forest": Call(
        given=lambda: data() | {"leaf": 2, "trees": 2, "seed": 1}, values=FOREIGN
    ),
    "fit_haar_projection": Call(given=lambda: data() | {"level": 1}),
    "fit_neighbours": Call(given=lambda: data() | {"neighbours": 2}),
    "fit_one_split": Call(given=lambda: data(1), values="looks for the best cut"),
    "fit_spline": Call(given=lambda: data(1) | {"penalty": 0.1}, values=FOREIGN),
    "fit_tree": Call(given=lambda: data() | {"leaves": 3}, values=FOREIGN),
}  # fmt: skip
