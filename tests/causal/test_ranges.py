"""What lies outside of a function's range is refused, or has the answer of its limit."""

import math

import numpy as np
import pytest
import torch
from public.causal import log_density, pair, rows

from ldyn.causal import (
    CGNN,
    AntisymmetricNets,
    CGNNLosses,
    Evaluation,
    MetaCGNN,
    MetaTraining,
    at_most,
    blind_features,
    direction,
    exchanged_marginals,
    fit_meta_cgnn,
    location_scale_defect,
    network_scores,
    pair_features,
    spline_basis,
    standardised,
    to_unit,
    wider_range,
)
from ldyn.causal.meta_cgnn import initial_parts

F64 = torch.float64


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        (CGNN, {"rate": math.nan}, "rate must be a finite number, got nan"),
        (CGNN, {"runs": 2.0}, "runs must be an integer, got 2.0"),
        (CGNN, {"hidden": True}, "hidden must be an integer, got True"),
        (MetaTraining, {"rate": -1.0}, "rate must be a finite number > 0"),
        (MetaTraining, {"film": "yes"}, "film must be a bool"),
        (MetaTraining, {"prior": "narow"}, "prior must be one of"),
        (MetaTraining, {"encoder": "mean"}, "encoder must be one of 'deepsets', 'cme', 'none'"),
        (MetaTraining, {"goal": "win"}, "goal must be one of 'generate', 'decide'"),
        (MetaTraining, {"steps": 10, "looks": (5, 20)}, "looks must lie in 0 … 10"),
        (MetaTraining, {"looks": (0.5,)}, r"looks\[0\] must be an integer"),
        (MetaTraining, {"points": 39}, "points must be an integer >= 40"),
        (MetaCGNN, {"parts": {}, "levels": 0}, "levels must be an integer >= 1"),
    ],
)
def test_a_record_holds_what_its_annotations_say(kind, fields, told):
    with pytest.raises(ValueError, match=told):
        kind(**fields)


@pytest.mark.parametrize(
    ("support", "weights"),
    [
        ([1.0, 2.0], [1.0]),
        ([[1.0], [2.0]], [[1.0], [1.0]]),
        ([1.0, math.nan], [1.0, 1.0]),
        ([1.0, 2.0], [1.0, -1.0]),
        ([1.0, 2.0], [0.0, 0.0]),
    ],
)
def test_an_evaluation_has_one_weight_a_pair(support, weights):
    with pytest.raises(ValueError, match=r"(support|weights) must be .*, got"):
        Evaluation(support=torch.tensor(support), weights=torch.tensor(weights))


@pytest.mark.parametrize("scale", [standardised, to_unit, spline_basis])
@pytest.mark.parametrize("value", [0.0, 2.5])
def test_a_column_that_never_changes_has_no_scale(scale, value):
    with pytest.raises(ValueError, match="x must not be constant"):
        scale(torch.full((12,), value, dtype=F64))


def test_the_range_of_a_column_may_be_larger_than_a_number():
    x = torch.linspace(-1, 1, 12, dtype=F64)
    huge = 1.7e308 * x
    assert torch.allclose(to_unit(huge), to_unit(x))
    assert wider_range(huge, x.sin()) == pytest.approx(wider_range(x, x.sin()), abs=1e-12)


def test_columns_of_numpy_and_lists_are_those_of_torch():
    x, y = pair(40).values()
    found = direction(x, y)
    for kind in (torch.Tensor.numpy, torch.Tensor.tolist, lambda c: c.clone().requires_grad_()):
        assert direction(kind(x), kind(y)) == found
        a, b = exchanged_marginals(kind(x), kind(y))
        assert not a.requires_grad
        assert torch.equal(torch.stack([a, b]), torch.stack(exchanged_marginals(x, y)))
    assert direction((100 * x).long(), np.asarray(y)).score * found.score > 0


def test_pairs_that_show_nothing_are_refused():
    x, y = rows().values()
    flat = x.clone()
    flat[1] = 3.0
    net = MetaCGNN(parts=initial_parts("none", False, 0))
    for told, columns in (("x must have no constant", (flat, y)), ("y must have no", (x, flat))):
        with pytest.raises(ValueError, match=told):
            network_scores(*columns)
    for columns in ((flat, y), (x, flat)):
        with pytest.raises(ValueError, match="constant columns"):
            net.costs(*columns)
    with pytest.raises(ValueError, match="at least 10 rows, got 9"):
        pair_features(x[:, :9], y[:, :9])
    with pytest.raises(ValueError, match="at least 10 rows"):
        network_scores(x[:, :9], y[:, :9])


def test_features_are_those_of_pairs():
    ahead, back = pair_features(**rows())
    with pytest.raises(ValueError, match="features must be those of pair_features"):
        blind_features(ahead[:, 1:])
    zero = torch.zeros(1, ahead.shape[1], 1)
    nets = AntisymmetricNets(
        parameters=[torch.cat([zero, zero], 1), zero[:, :1]],
        centre=ahead[0], scale=torch.ones_like(ahead[0]),
    )  # fmt: skip
    assert nets.scores(ahead, back).shape == (1, 2)
    with pytest.raises(ValueError, match="ahead must be pair_features"):
        nets.scores(ahead[:, :1], back[:, :1])  # would broadcast


def test_two_values_cannot_show_that_a_location_and_a_scale_fail():
    x = torch.tensor([0.3, 0.9], dtype=F64)
    with pytest.raises(ValueError, match="at least 3 values"):
        location_scale_defect(log_density, x, x)


def test_single_precision_has_no_defect_where_nothing_is_mixed():
    x, y = torch.tensor([0.3, 0.9]), torch.tensor([-1.0, 0.0, 1.0])
    found = location_scale_defect(lambda x, y: -(x**2) - y**2, x, y)
    assert torch.equal(found, torch.zeros(2))


def test_losses_that_are_zero_decide_nothing():
    zero = torch.zeros(1, 2, 3)
    losses = CGNNLosses(trained=zero, untrained=zero + 1, constant=zero[..., :1])
    assert losses.scores().item() == 0
    with pytest.raises(ValueError, match="which must be one of"):
        losses.scores("scores")


def test_a_sample_to_train_on_is_two_of_one_shape():
    x, y = (torch.randn(3, 40, dtype=F64) for _ in "xy")
    for bad in ((x, y[:2]), (x[:, :39], y[:, :39]), (x[0], y[0])):
        with pytest.raises(ValueError, match="sample must be two"):
            fit_meta_cgnn(MetaTraining(steps=0), seed=0, sample=bad)
    with pytest.raises(ValueError, match="rows"):
        at_most(0, x[0], y[0])
