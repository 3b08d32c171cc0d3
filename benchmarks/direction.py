"""Seconds for the direction of a pair of 1,000 rows, and for all 99 real pairs.

The location–scale fit stands beside itself by general means: its objective, in both weight vectors
at once, handed to torch's L-BFGS until the gradient is below 1e-5, the size at which `loci` stops.
"""

import os
import statistics

import torch
from _table import Run, alternate, asked_scale, ratio
from torch import Tensor

from ldyn.causal import anm, direction, heci, loci, network_scores, quantile_score, sample_pairs
from ldyn.causal.columns import standardised
from ldyn.causal.regression import RIDGE, spline_basis
from ldyn.data import DataError, cause_effect_pairs

ONE, MANY = "ldyn.causal.direction, one pair", "direction, one of {} pairs at once"
REAL, GENERAL = "direction, 99 real pairs one by one", "location–scale fit by torch's L-BFGS"


def general_cost(x: Tensor, y: Tensor) -> float:
    """The negative log-likelihood of one direction, by L-BFGS in (w, v), v = u²."""
    basis = spline_basis(x)
    w = torch.zeros(basis.shape[1], dtype=x.dtype, requires_grad=True)
    u = torch.full_like(w, 0.5**0.5).requires_grad_()
    stop = {"max_iter": 4000, "tolerance_grad": 1e-5, "tolerance_change": 0.0}
    solver = torch.optim.LBFGS([w, u], line_search_fn="strong_wolfe", **stop)

    def loss() -> Tensor:
        solver.zero_grad()
        eta, a = basis @ w, basis @ u.square()
        fit = a * y.square() - y * eta + eta.square() / (4 * a) - torch.log(2 * a) / 2
        value = fit.sum() + RIDGE / 2 * (w @ w + u.pow(4).sum())
        value.backward()
        return value

    return float(solver.step(loss).detach()) / len(y)


def main(scale: str) -> None:
    run = Run("direction", scale, dtype="float64")
    elsewhere = os.environ.pop("LDYN_RESULTS", None)  # the networks are in the book's own results
    smoke = scale == "smoke"
    n, many, repeats = (60, 4, 1) if smoke else (1000, 100, 3)
    cause, effect = (c.to(run.device) for c in sample_pairs("lsnm", many, n, seed="benchmark"))
    x, y = cause[0], effect[0]
    a, b = standardised(x), standardised(y)
    contestants = {
        ONE: lambda: direction(x, y),
        MANY.format(many): lambda: network_scores(cause, effect),
        "location–scale likelihood, loci": lambda: loci(x, y),
        GENERAL: lambda: general_cost(b, a) - general_cost(a, b),
        "location–scale HSIC, loci": lambda: loci(x, y, criterion="hsic"),
        "additive noise, anm": lambda: anm(x, y),
        "HECI": lambda: heci(x, y),
        "conditional quantiles": lambda: quantile_score(x, y),
    }
    try:
        pairs = cause_effect_pairs("tuebingen")[: 3 if smoke else None]
        contestants[REAL] = lambda: [direction(p.x, p.y) for p in pairs]
    except DataError as problem:
        print(f"no row of the real pairs: {problem}")
    direction(x, y)  # what only the first call does
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for repeat in range(repeats):
        for name, (time, _) in alternate(contestants, repeat, run.device).items():
            times[name].append(time / (many if name == MANY.format(many) else 1))
    for name, found in times.items():
        run.add(
            method=name,
            rows=None if name == REAL else n,
            seconds=statistics.median(found),
            times_ours=None if name == REAL else ratio(found, times[ONE]),
            times_loci=ratio(found, times["location–scale likelihood, loci"]),
        )
    if elsewhere:
        os.environ["LDYN_RESULTS"] = elsewhere
    run.finish()


if __name__ == "__main__":
    main(asked_scale())
