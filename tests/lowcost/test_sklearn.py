"""The streaming estimators inside scikit-learn, which they do not import."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from ldyn.lowcost import FeatureRidge, FeatureRidgeClassifier
from ldyn.solvers import FourierFeatures, NystromFeatures

# A row given twice is not a row of weight two: GCV counts rows, and centres and the median distance
# are drawn from rows. With penalty and bandwidth given the check passes.
TWICE = {"check_sample_weight_equivalence_on_dense_data": "GCV and features count rows"}
GIVEN = FourierFeatures(n_features=128, bandwidth=4.0)


@pytest.mark.parametrize(
    ("estimator", "known"),
    [
        (FeatureRidge(FourierFeatures(n_features=64)), TWICE),
        (FeatureRidge(NystromFeatures(n_centres=64)), TWICE),
        (FeatureRidge(GIVEN, penalty=0.1), {}),
        (FeatureRidgeClassifier(FourierFeatures(n_features=64)), TWICE),
        (FeatureRidgeClassifier(GIVEN, penalty=0.1), {}),
    ],
)
def test_conventions(estimator, known):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the checks warn that no class of theirs is inherited
        found = check_estimator(estimator, on_fail=None, expected_failed_checks=known)
    assert len(found) > 40
    assert {c["check_name"]: c["exception"] for c in found if c["status"] == "failed"} == {}
    assert {c["check_name"] for c in found if c["status"] == "xfail"} == set(known)


def test_inside_a_pipeline_and_a_search():
    x, y = load_diabetes(return_X_y=True)
    pipe = make_pipeline(StandardScaler(), FeatureRidge())
    assert cross_val_score(pipe, x, y, cv=3).min() > 0.35  # as ridge regression has there
    labels = make_pipeline(StandardScaler(), FeatureRidgeClassifier())
    assert cross_val_score(labels, *load_iris(return_X_y=True), cv=3).min() > 0.9
    maps = [FourierFeatures(), NystromFeatures(n_centres=100)]
    search = GridSearchCV(FeatureRidge(), {"features": maps}, cv=2).fit(x, y)
    assert type(clone(search.best_estimator_).features) in {FourierFeatures, NystromFeatures}


def test_answers_come_in_kind():
    x, y = load_iris(return_X_y=True)
    model = FeatureRidgeClassifier().fit(torch.from_numpy(x), torch.from_numpy(y))
    assert isinstance(model.predict(torch.from_numpy(x)), torch.Tensor)
    assert isinstance(model.predict(x), np.ndarray)
    assert model.score(x, y) == (model.predict(x) == y).mean() > 0.9
    assert repr(FeatureRidge(penalty=0.5)) == "FeatureRidge(penalty=0.5)"
