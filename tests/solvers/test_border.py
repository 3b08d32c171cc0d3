import numpy as np
import pytest
import torch
from lowcost_tables import table

from ldyn.solvers import FourierFeatures, KernelClassifier, KernelRidge, NystromFeatures


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kernel": "rbf"}, "gaussian"),
        ({"penalty": 0.0}, "penalty"),
        ({"penalty": "cv"}, "loo"),
        ({"bandwidth": [1.0, 2.0]}, "bandwidth"),
        ({"bandwidth": -1.0}, "bandwidth"),
        ({"bandwidth": "auto"}, "loo"),
        ({"solver": "svd"}, "cholesky"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"tolerance": float("nan")}, "tolerance"),
        ({"penalty": float("nan")}, "penalty"),
        ({"bandwidth": float("nan")}, "bandwidth contains NaN"),
        ({"kernel": []}, "kernel must be one of"),
        ({"seed": -1}, "seed must be an integer >= 0, got -1; try seed=0"),
        ({"seed": float("nan")}, "seed must be an integer >= 0"),
    ],
)
def test_bad_parameters(options, words):
    x, y = table(40)
    with pytest.raises(ValueError, match=words):
        KernelRidge(**options).fit(x, y)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (torch.ones(3), torch.ones(3), "Reshape"),
        (torch.ones(3, 2), torch.ones(2), "samples"),
        (torch.ones(1, 2), torch.ones(1), "1 sample"),
        (torch.full((3, 2), torch.nan), torch.ones(3), "NaN"),
        (np.array([["a", "b"], ["c", "d"]]), np.ones(2), "numbers"),
        (torch.ones(3, 2), None, "requires y"),
    ],
)
def test_bad_rows(x, y, words):
    with pytest.raises(ValueError, match=words):
        KernelRidge().fit(x, y)


def test_half_precision_and_integers_are_widened_and_nothing_of_the_readers_is_changed():
    x, y = table(40)
    x, y = (4 * x).round() / 4, (4 * y).round() / 4  # exact in half precision
    wide = KernelRidge(kernel="gaussian").fit(x, y)
    half = KernelRidge(kernel="gaussian").fit(x.half(), y.half())
    assert half.record_.loo == wide.record_.loo
    phi = FourierFeatures(n_features=8).fit(x)
    assert phi.transform(x.half()).dtype == torch.float16
    assert torch.equal(phi.transform(x.half()), phi.transform(x).half())
    rows, before = (4 * x).int().tolist(), x.clone()
    state = torch.random.get_rng_state()
    for model in (KernelRidge(kernel="gaussian"), NystromFeatures(n_centres=5)):
        assert isinstance(model.fit(rows, y.tolist()), type(model))
        model.fit(x, y)
    assert torch.equal(x, before)
    assert torch.equal(state, torch.random.get_rng_state())


def test_a_column_of_answers_is_one_output_and_another_number_of_them_is_no_score():
    x, y = table(40)
    model = KernelRidge(kernel="gaussian").fit(x, y[:, None])
    assert model.predict(x).shape == (40, 1)
    assert model.score(x, y) == model.score(x, y[:, None])
    two = KernelRidge(kernel="gaussian").fit(x, torch.stack([y, y], 1))
    with pytest.raises(ValueError, match=r"a row a point and a column an output, \(20, 2\), got"):
        two.score(x[:20], y)  # as many numbers


def test_constant_columns_and_constant_answers():
    x, y = table(50)
    wide = torch.cat([x, torch.ones(50, 2)], 1)
    assert torch.isfinite(KernelRidge().fit(wide, y).predict(wide)).all()
    flat = KernelRidge().fit(x, torch.full((50,), 7.0)).predict(x)
    assert torch.allclose(flat, torch.tensor(7.0).double())
    same = KernelRidge().fit(torch.ones(50, 2), y).predict(torch.ones(1, 2))
    assert torch.isfinite(same).all()


def test_classifier_separates_and_names_its_classes():
    x, y = table(300)
    labels = np.where(y > y.median(), "high", "low")
    model = KernelClassifier().fit(x, labels)
    assert list(model.classes_) == ["high", "low"]
    assert model.score(x, labels) > 0.95
    assert model.decision_function(x).shape == (300,)
    numbers = KernelClassifier("laplace").fit(x, (y > y.median()).long())
    assert numbers.predict(x).dtype == torch.int64
    with pytest.raises(ValueError, match="1 class"):
        KernelClassifier().fit(x, np.zeros(300, int))
    for fitted, other in (
        (model, [0, 1] * 150),
        (numbers, labels),
        (numbers, labels.astype(bytes)),
    ):
        with pytest.raises(ValueError, match=r"expected labels y like .*, got .*; pass"):
            fitted.score(x, other)
    assert numbers.score(x, (y > y.median()).tolist()) > 0.95
    assert model.score(x, labels.astype(object)) > 0.95
    assert model.score(x, np.where(labels == "low", "unseen", labels)) < 0.6
