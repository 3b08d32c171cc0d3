"""Valid calls of chapter 5's public functions: large kernel models without know-how."""

import torch

from ldyn.core import stream
from ldyn.lowcost import Bill, NormalEquations, Rates, batch_rule
from public.calls import Call
from public.samples import KERNEL, gram, values

RATES = Rates(products=1e12, waves=1e10, reading=1e9, sending=1e9, solving=1e11)
GIVEN = "a rule, a bound or a number is read off the values"
TOTALS = "sums over many rows are float64"
SPECTRUM = "eigenvalues, which are float64"


class Columns:
    """Features that are the columns themselves."""

    def transform(self, x):
        return x


def shards():
    return [(values(4, 2), values(4)), (values(3, 2), values(3))]


def totals():
    return NormalEquations.empty(2).add(values(6, 2), values(6, 1))


BILLS = [
    Bill(labels=1.0, person=2.0, machine=3.0, each=0.1),
    Bill(labels=2.0, person=2.0, machine=3.0, each=0.05),
]

CALLS = {
    "accumulate": Call(
        given=lambda: {
            "shards": shards(), "features": Columns(), "dtype": torch.float64, "block": 2,
            "every": 60.0,
        },
        double=TOTALS,
    ),
    "dask_accumulate": Call(given=lambda: {"shards": shards(), "features": Columns()},
                            double=TOTALS),
    "batch_descent": Call(
        given=lambda: {
            "gram": gram(), "y": values(6), "rule": batch_rule(gram(), damped=1), "batch": 2,
            "step": 0.1, "steps": 3, "generator": stream("b"),
        },
    ),
    "batch_rule": Call(given=lambda: {"gram": gram(), "damped": 1}, values=GIVEN),
    "between": Call(given=lambda: {"rows": [1, 10], "values": [0.3, 0.1], "at": 5.0}),
    "rows_for_error": Call(given=lambda: {"rows": [1, 10], "errors": [0.3, 0.1], "error": 0.2}),
    "bill": Call(
        given=lambda: {
            "rows": 10.0, "label": 0.1, "hours": 1.0, "wage": 30.0, "seconds": 60.0,
            "answer": 0.1, "core": 0.5,
        }
    ),
    "break_even": Call(given=lambda: dict(zip(("first", "second"), BILLS, strict=True))),
    "road": Call(
        given=lambda: {
            "fits": [{"n": 5, "right": 8, "tested": 10, "t": 1.0}], "whole": 9,
            "costs": {"time": lambda fit: fit["t"]},
        }
    ),
    "box_discrepancy": Call(
        given=lambda: {"frequencies": values(5, 2), "kernel": KERNEL, "box": values(2) + 0.5},
        values=GIVEN, double="differences of near numbers",
    ),
    "check": Call(given=lambda: {"exercise": "ex-equal-error", "answer": 0.1}),
    "columns_enough": Call(
        given=lambda: {"eigenvalues": values(5), "rank": 2, "slack": 0.5}
    ),
    "expected_traces": Call(given=lambda: {"eigenvalues": values(5), "count": 2}, double=SPECTRUM),
    "effective_dimension": Call(given=lambda: {"gram": gram(), "ridge": 0.1}, double=SPECTRUM),
    "leverage_scores": Call(given=lambda: {"gram": gram(), "ridge": 0.1}, double=SPECTRUM),
    "greedy_pivots": Call(given=lambda: {"gram": gram(), "count": 3}, values=GIVEN),
    "orthogonal_variance": Call(
        given=lambda: {"kernel": KERNEL, "delta": values(3, 2), "count": 4}, values=GIVEN
    ),
    "second_order_ceiling": Call(
        given=lambda: {"kernel": KERNEL, "delta": values(3, 2)}, double="differences of near ones"
    ),
    "pairs_for_uniform_error": Call(
        given=lambda: {"error": 0.1, "dim": 2, "diameter": 1.0, "spread": 1.0, "chance": 0.1}
    ),
    "pass_plan": Call(
        given=lambda: {"rows": 100, "columns": 3, "features": 10, "devices": 2, "rates": RATES}
    ),
    "project_outputs": Call(
        given=lambda: {"w": values(2, 4), "x": values(2, 5, 2), "y": values(2, 5, 3)}
    ),
    "ridge_fit": Call(given=lambda: {"totals": totals(), "penalty": 0.1}),
    "stochastic_diagonal": Call(
        given=lambda: {
            "solve": lambda v: v / 1.1, "factor": values(2, 6) / 3, "ridge": 0.1, "probes": 3,
            "generator": stream("d"),
        },
        double="the inverse is taken in float64",
    ),
}  # fmt: skip
