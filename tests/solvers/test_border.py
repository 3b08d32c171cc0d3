import numpy as np
import pytest
import torch
from lowcost_tables import table

from ldyn.solvers import KernelClassifier, KernelRidge


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
