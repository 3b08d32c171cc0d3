"""Recognition: what is chosen and how it is solved, held to plain kernel ridge regression."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits

from ldyn.kernels import Gaussian
from ldyn.layers import MirrorGaussian, PictureClassifier, PictureFeatures, picture_classifier

FEATURES = PictureFeatures(size=3, filters=16, deep=24, precision="float32")


@pytest.fixture(scope="module")
def digits():
    found = load_digits()
    x = torch.from_numpy(found.images / 16).float()
    return x[:600], torch.from_numpy(found.target)[:600], x[600:900], found.target[600:900]


@pytest.fixture(scope="module")
def model(digits):
    return PictureClassifier(features=FEATURES).fit(*digits[:2])


def test_digits_are_recognised(model, digits):
    assert model.score(*digits[2:]) > 0.93
    assert not model.mirrored_  # a mirrored digit is none
    assert model.record_.solver == "cholesky"
    assert model.loo_accuracy_ > 0.93
    assert set(model.record_.seconds) == {"layers", "features", "choice", "solution"}
    assert len(model.record_.candidates) == 2 * len(picture_classifier.RIDGES)


def test_components_are_as_many_as_asked(digits):
    few = PictureClassifier(features=FEATURES, components=40).fit(*digits[:2])
    assert few.components_ == 40
    assert few._rows.shape == (600, 40)
    assert few.score(*digits[2:]) > 0.85
    with pytest.raises(ValueError, match="components must be an integer >= 1"):
        PictureClassifier(features=FEATURES, components=0).fit(*digits[:2])


def test_values_are_those_of_kernel_ridge(model, digits):
    x, y, at, _ = digits
    z, w = (model._components(part).double() for part in (x, at))
    kernel = Gaussian(model._bandwidth)
    targets = torch.eye(10).double()[y]
    system = kernel(z, z) + model.record_.ridge * torch.eye(len(z)).double()
    c = torch.linalg.solve(system, targets - targets.mean(0))
    values = kernel(w, z) @ c + targets.mean(0) - 0.5
    assert (model.decision_function(at) - values).abs().max() < 1e-3


def test_components_keep_distances(model, digits):
    """At full rank distances are those of features, both branches of the same mean square."""
    phi = model.features_.transform(digits[0])
    branches = model.features_.branches_
    parts = [torch.cdist(p, p).square() for p in (phi[:, branches == 0], phi[:, branches == 1])]
    wanted = sum(p / p.mean() for p in parts)
    z = model._components(digits[0])
    found = torch.cdist(z, z).square()
    assert model.kept_ > 0.98
    assert torch.allclose(found / found.mean(), wanted / wanted.mean(), atol=0.1)
    assert torch.corrcoef(torch.stack([found.flatten(), wanted.flatten()]))[0, 1] > 0.995


def test_conjugate_gradients_are_cholesky(model, digits, monkeypatch):
    monkeypatch.setattr(picture_classifier, "JUDGED", 400)
    monkeypatch.setattr(picture_classifier, "TOLERANCE", 1e-5)
    monkeypatch.setattr(picture_classifier, "RANK", 300)
    other = PictureClassifier(features=FEATURES).fit(*digits[:2])
    assert other.record_.solver == "pcg"
    assert other.record_.residual < 1e-4
    assert other.record_.ridge == model.record_.ridge
    gap = other.decision_function(digits[2]) - model.decision_function(digits[2])
    assert gap.abs().max() < 1e-3


def test_mirrored_pictures_are_taken_where_they_help(digits):
    """Classes that a mirror keeps: digits with their mirror images, only half of them seen."""
    x, y, at, _ = digits
    turned = torch.rand(len(x), generator=torch.Generator().manual_seed(0)) < 0.5
    both = torch.where(turned[:, None, None], x.flip(2), x)
    found = PictureClassifier(features=FEATURES).fit(both, y)
    assert found.mirrored_
    kernel = found._kernel(True)
    assert isinstance(kernel, MirrorGaussian)
    there = found.decision_function(at.flip(2))
    assert (found.decision_function(at) - there).abs().max() < 1e-3


def test_labels_and_pictures_of_any_kind(digits):
    x, y, at, _ = digits
    names = np.array(["even", "odd"])[y.numpy() % 2]
    found = PictureClassifier(features=FEATURES).fit((x * 255).to(torch.uint8).numpy(), names)
    assert set(found.predict((at * 255).to(torch.uint8).numpy())) == {"even", "odd"}
    assert found.decision_function((at * 255).to(torch.uint8)).shape == (len(at),)
    assert clone(found).get_params()["features"] is not None
    with pytest.raises(ValueError, match="two classes"):
        PictureClassifier(features=FEATURES).fit(x, torch.zeros(len(x)))
    with pytest.raises(ValueError, match="labels"):
        PictureClassifier(features=FEATURES).fit(x, y[:-1])
    with pytest.raises(Exception, match="not fitted"):
        PictureClassifier().predict(x)


def test_products_keep_their_precision_whatever_the_reader_has_set(digits):
    """Under "medium" a processor with bfloat16 gave an indefinite Gram matrix."""
    x, y = digits[0][:300], digits[1][:300]
    plain = PictureClassifier(features=FEATURES).fit(x, y).decision_function(x)
    torch.set_float32_matmul_precision("medium")
    try:
        found = PictureClassifier(features=FEATURES).fit(x, y).decision_function(x)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")
    assert (found - plain).abs().max() < 1e-4


def test_progress_is_told(digits, capsys):
    PictureClassifier(features=FEATURES, verbose=True).fit(digits[0][:100], digits[1][:100])
    assert "features of 100 of 100" in capsys.readouterr().err
