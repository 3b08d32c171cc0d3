"""Valid calls of chapter 4's public functions."""

import tempfile
from pathlib import Path

import torch

from ldyn.causal import MetaCGNN, MetaTraining, evaluate, pair_features, reci
from ldyn.causal.meta_cgnn import initial_parts
from ldyn.data import Pair
from public.calls import Call
from public.samples import normals

NUMBER = "a float, from checks of its values"


def column(name, n=24):
    return normals(n, name=name)


def pair(n=24):
    x = column("x", n)
    return {"x": x, "y": x + x**3 / 2 + column("noise", n) / 3}


def rows(n=24):
    return {name: torch.stack([c, c.cos() + column(name, n)]) for name, c in pair(n).items()}


def score(**more):
    return Call(given=lambda: pair() | more)


def pairs():
    columns = [(column(k), column(k).square() + column(-k)) for k in (1, 2, 3)]
    return [Pair(name=str(k), x=x, y=y, target=1) for k, (x, y) in enumerate(columns)]


def log_density(x, y):
    return -(x**2) / 2 - (y - x.sin()) ** 2 / 2


def judged():
    return evaluate(reci, pairs())


def saved():
    path = Path(tempfile.mkdtemp()) / "net.pt"
    MetaCGNN(parts=initial_parts("none", False, 0)).save(path)
    return path


TRAINING = MetaTraining(prior="multi", steps=1, batch=2, tasks=3, points=40)

CALLS = {
    "accuracy_difference": Call(
        given=lambda: {"one": judged(), "other": judged(), "draws": 9, "level": 0.9}
    ),
    "additive_defect": Call(
        given=lambda: {
            "log_density": log_density, "x": column("x", 4), "y": column("y", 4),
        }
    ),
    "anm": score(),
    "at_most": Call(given=lambda: {"rows": 10} | pair()),
    "blind_features": Call(given=lambda: {"features": pair_features(**rows())[0]}),
    "check": Call(given=lambda: {"exercise": "ex-best-bandwidth", "answer": 2.0}),
    "closer_to_normal": score(),
    "direction": Call(given=pair, values=NUMBER),
    "evaluate": Call(
        given=lambda: {"score": reci, "pairs": pairs(), "seed": 3},
        signed=("seed",), double="scores are floats, kept in double",
    ),
    "exchanged_marginals": Call(
        given=lambda: pair() | {"share": 0.3}, values=NUMBER, double="columns are read in double"
    ),
    "fit_meta_cgnn": Call(
        given=lambda: {
            "training": TRAINING, "seed": 1, "sample": tuple(rows(40).values()),
            "start": MetaCGNN(parts=initial_parts("cme", True, 0)),
        },
        signed=("seed",),
    ),
    "fit_temperature": Call(given=lambda: {"scores": column("scores")}),
    "heci": score(),
    "igci": score(reference="normal", estimator="slope"),
    "lingam": score(),
    "load_meta_cgnn": Call(given=lambda: {"path": saved()}),
    "location_scale_defect": Call(
        given=lambda: {
            "log_density": log_density, "x": column("x", 3), "y": column("y", 4),
        },
        values="torch fits no least squares without values",
    ),
    "location_scale_fit": Call(given=pair, values="Newton's method looks at its steps"),
    "loci": score(criterion="hsic"),
    "mcnemar": Call(given=lambda: {"one": judged(), "other": judged()}),
    "mid_ranks": Call(given=lambda: {"x": column("x")}),
    "more_values": score(),
    "network_scores": Call(given=rows, values="it looks for constant columns"),
    "normal_scores": Call(given=lambda: {"x": column("x")}),
    "pair_features": Call(given=rows),
    "quantile_score": score(bandwidths=[0.3], counts=[1, 3], ties="shared"),
    "reci": score(scale="standard"),
    "relative_hsic": score(),
    "require_columns": Call(given=pair, values=NUMBER, double="columns are read in double"),
    "sample_pairs": Call(
        given=lambda: {"family": "multi", "count": 2, "n": 5, "seed": 1}, signed=("seed",)
    ),
    "sample_tasks": Call(
        given=lambda: {"prior": "narrow", "count": 2, "n": 12, "seed": 1}, signed=("seed",)
    ),
    "spline_basis": Call(given=lambda: {"x": column("x")}, values="it looks for a constant column"),
    "standardised": Call(given=lambda: {"x": column("x")}, values="it looks at the largest value"),
    "to_unit": Call(given=lambda: {"x": column("x")}, values="it looks at the largest value"),
    "wider_range": score(),
}  # fmt: skip
