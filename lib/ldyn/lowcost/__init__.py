"""Chapter 5: large kernel models without know-how."""

from ldyn.gate import enforce
from ldyn.lowcost.bases import columns_enough, expected_traces, greedy_pivots
from ldyn.lowcost.batches import BatchRule, batch_descent, batch_rule
from ldyn.lowcost.bills import Bill, Road, between, bill, break_even, road, rows_for_error
from ldyn.lowcost.discrepancy import box_discrepancy, effective_dimension, leverage_scores
from ldyn.lowcost.exercises import EXERCISES, check
from ldyn.lowcost.feature_ridge import FeatureRidge, FeatureRidgeClassifier
from ldyn.lowcost.frequencies import (
    orthogonal_variance,
    pairs_for_uniform_error,
    second_order_ceiling,
)
from ldyn.lowcost.monoid import NormalEquations
from ldyn.lowcost.plan import Rates, pass_plan
from ldyn.lowcost.projection import project_outputs
from ldyn.lowcost.ridge_fit import RidgeFit, ridge_fit
from ldyn.lowcost.shards import accumulate, dask_accumulate
from ldyn.lowcost.stochastic_diagonal import stochastic_diagonal

# fmt: off
__all__ = [
    "EXERCISES", "BatchRule", "Bill", "FeatureRidge", "FeatureRidgeClassifier",
    "NormalEquations", "Rates", "RidgeFit", "Road", "accumulate", "batch_descent",
    "batch_rule", "between", "bill", "box_discrepancy", "break_even", "check",
    "columns_enough", "dask_accumulate", "effective_dimension", "expected_traces",
    "greedy_pivots", "leverage_scores", "orthogonal_variance", "pairs_for_uniform_error",
    "pass_plan", "project_outputs", "ridge_fit", "road", "rows_for_error",
    "second_order_ceiling", "stochastic_diagonal",
]
# fmt: on

enforce(globals())
