"""The estimators inside scikit-learn, which they do not import."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.utils.estimator_checks import check_estimator

from ldyn.solvers import FourierFeatures, KernelClassifier, KernelRidge, NystromFeatures

# A row given twice is not a row of weight two where leave-one-out chooses: leaving out one of the
# two leaves the other. With everything given the check passes.
TWICE = {"check_sample_weight_equivalence_on_dense_data": "leaves out rows, not pairs of rows"}
GIVEN = {"kernel": "gaussian", "penalty": 0.1, "bandwidth": 1.0}


@pytest.mark.parametrize(
    ("estimator", "known"),
    [
        (KernelRidge(), TWICE),
        (KernelClassifier(), TWICE),
        (KernelRidge(**GIVEN), {}),
        (FourierFeatures(), {}),
        (NystromFeatures(), {}),
    ],
)
def test_conventions(estimator, known):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the checks warn that no class of theirs is inherited
        found = check_estimator(estimator, on_fail=None, expected_failed_checks=known)
    assert len(found) > 40
    assert {c["check_name"]: c["exception"] for c in found if c["status"] == "failed"} == {}
    assert {c["check_name"] for c in found if c["status"] == "xfail"} == set(known)


def test_inside_a_pipeline_and_cross_validation():
    x, y = load_diabetes(return_X_y=True)
    pipe = make_pipeline(PolynomialFeatures(1, include_bias=False), KernelRidge())
    scores = cross_val_score(pipe, x, y, cv=3)
    assert scores.min() > 0.35  # ridge regression has 0.41 to 0.53 on these folds
    labels = cross_val_score(KernelClassifier(), *load_iris(return_X_y=True), cv=3)
    assert labels.min() > 0.9


def test_inside_a_search():
    x, y = load_diabetes(return_X_y=True)
    search = GridSearchCV(KernelRidge(), {"kernel": ["gaussian", "laplace"]}, cv=2).fit(x, y)
    assert search.best_params_["kernel"] in {"gaussian", "laplace"}
    assert clone(search.best_estimator_).kernel == search.best_params_["kernel"]


def test_neither_imports_scikit_learn_nor_scipy():
    code = (
        "import sys, numpy as np; from ldyn.solvers import KernelRidge; "
        "KernelRidge().fit(np.random.randn(40, 2), np.random.randn(40)).predict(np.ones((3, 2))); "
        "print([m for m in ('sklearn', 'scipy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_repr_shows_what_was_set():
    assert repr(KernelRidge(penalty=0.5)) == "KernelRidge(penalty=0.5)"
    assert KernelRidge().set_params(seed=3).get_params()["seed"] == 3
    with pytest.raises(ValueError, match="no parameter"):
        KernelRidge().set_params(gamma=np.pi)
