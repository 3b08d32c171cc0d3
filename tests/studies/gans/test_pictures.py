"""Pictures and their judges: parts that share nothing, features that tell, scores that say so."""

import pytest
import torch
from sklearn.datasets import load_digits

from ldyn.core import stream
from ldyn.data import DataError
from ldyn.gans import frechet_distance
from ldyn.studies.gans.images import nearest, picture_parts, picture_scores, train_eyes


@pytest.fixture(scope="module")
def digits():
    return picture_parts("digits")


@pytest.fixture(scope="module")
def eyes(digits):
    return train_eyes(digits.train, digits.labels)


def test_parts_share_no_picture_and_stay_in_range(digits):
    parts = [digits.train, digits.choose, digits.test]
    assert [len(p) for p in parts] == [997, 400, 400]
    assert all(p.min() >= -1 and p.max() <= 1 and p.shape[1] == digits.side**2 for p in parts)
    rows = [tuple(r) for p in parts for r in p.tolist()]
    assert len(rows) == len(set(rows)) == 1797


def test_clothes_are_averaged_and_kept_apart():
    try:
        clothes = picture_parts("fashion")
    except DataError:
        pytest.skip("Fashion-MNIST is not here")
    assert clothes.train.shape == (10_000, 196)
    assert clothes.choose.shape == clothes.test.shape == (2000, 196)
    assert clothes.train.min() >= -1
    assert clothes.train.max() <= 1
    assert nearest(clothes.test[:200], clothes.train)[0].min() > 0


def test_eyes_tell_held_out_digits_apart(digits, eyes):
    again = train_eyes(digits.train, digits.labels)
    assert all(torch.equal(a[0], b[0]) for a, b in zip(eyes.layers, again.layers, strict=True))
    assert eyes.features(digits.test.double()).shape == (400, 32)
    right = eyes.classes(digits.train.double()) == digits.labels
    assert right.double().mean() > 0.97
    every, labels = load_digits(return_X_y=True)
    apart, which = nearest(digits.test, torch.from_numpy(every / 8 - 1).float())
    truth = torch.from_numpy(labels)[which]
    assert apart.max() == 0
    assert (eyes.classes(digits.test.double()) == truth).double().mean() > 0.9


def test_scores_of_real_pictures_and_of_none(digits, eyes):
    real = picture_scores(digits.choose, digits.test, digits.train, eyes)
    assert real["classes"] == 10
    assert real["precision"] > 0.9
    assert real["recall"] > 0.9
    exact = frechet_distance(*(eyes.features(x.double()) for x in (digits.test, digits.choose)))
    assert real["frechet"] == pytest.approx(exact.item())
    noise = 2 * torch.rand(400, 64, generator=stream("noise")) - 1
    wrong = picture_scores(noise, digits.test, digits.train, eyes)
    assert wrong["frechet"] > 10 * real["frechet"]
    assert wrong["precision"] < 0.2
    assert wrong["nearest"] > 2 * real["nearest"]


def test_scores_see_copies_and_lost_classes(digits, eyes):
    copies = picture_scores(digits.train[:400], digits.test, digits.train, eyes)
    assert copies["nearest"] == 0
    threes = digits.train[digits.labels == 3].repeat(8, 1)[:400]
    lost = picture_scores(threes, digits.test, digits.train, eyes)
    assert lost["classes"] < 6
    assert lost["recall"] < 0.5
    assert lost["precision"] > 0.9


def test_the_nearest_is_the_nearest():
    among = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    distance, index = nearest(torch.tensor([[3.0, 0.0], [3.0, 5.0]]), among)
    assert distance.tolist() == [3.0, 1.0]
    assert index.tolist() == [0, 1]


def test_bad_pictures_say_what_to_do(digits, eyes):
    with pytest.raises(ValueError, match="name must be one of"):
        picture_parts("faces")
    with pytest.raises(ValueError, match="finite"):
        train_eyes(torch.full((9, 64), float("nan")), torch.zeros(9))
    with pytest.raises(ValueError, match="one label"):
        train_eyes(torch.zeros(9, 64), torch.zeros(8))
    with pytest.raises(ValueError, match=r"among must be .*\(n, 2\), got shape \(3, 3\)"):
        nearest(torch.zeros(3, 2), torch.zeros(3, 3))
    with pytest.raises(ValueError, match="neighbours must be below"):
        picture_scores(digits.test[:1], digits.test, digits.train, eyes)
