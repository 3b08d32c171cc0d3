"""Pictures recognised by closed-form features: what they reach, at what price, by what choices."""

import pytest
import torch
from sklearn.datasets import load_digits
from torch.utils.flop_counter import FlopCounterMode

from ldyn.core import frozen, mean_interval, share_interval, stream
from ldyn.layers import PictureClassifier, PictureFeatures

SMALL = PictureFeatures(size=3, filters=16, deep=24, precision="float32")


def test_mirrored_features_are_features_with_signs(claim):
    x = torch.rand(40, 3, 13, 14, generator=stream("mirror claim"))
    features = PictureFeatures(**SMALL.get_params()).fit(x)
    here, there = features.transform(x), features.transform(x.flip(3))
    off = ((features.signs_ * here - there).abs().max() / here.abs().max()).item()
    claim("recognition-mirror", measured=0.0 if off < 1e-4 else off)
    assert off < 1e-4


def test_an_answer_takes_what_was_counted(claim):
    digits = load_digits()
    x, y = torch.from_numpy(digits.images[:200] / 16).float(), digits.target[:200]
    model = PictureClassifier(features=SMALL).fit(x, y)
    with FlopCounterMode(display=False) as whole:
        model.predict(x[:1])
    with FlopCounterMode(display=False) as own:
        model._components(x[:1])
    p = own.get_total_flops() / 2
    ratio = whole.get_total_flops() / 2 / (p + 200 * (model.components_ + 10))
    claim("recognition-price", measured=ratio)
    assert ratio == 1


def full(data):
    (row,) = frozen("recognition").where(data=data, method="features", n=0).rows
    return row, share_interval(row["right"], row["tested"])


def test_mnist_at_full_size(claim):
    _, share = full("MNIST")
    claim("recognition-mnist", measured=share.value, low=share.low, high=share.high)
    assert share.value >= 0.995


def test_mnist_within_six_minutes_of_two_cores(claim):
    row, _ = full("MNIST")
    seconds = row["seconds"] + row["answers"]
    claim("recognition-mnist-cost", measured=seconds)
    assert seconds <= 720


def test_mnist_within_ten_gibibytes(claim):
    row, _ = full("MNIST")
    claim("recognition-mnist-memory", measured=row["memory"])
    assert row["memory"] <= 10


def test_a_thousand_digits_are_enough_to_lead(claim):
    data = frozen("recognition").where(data="MNIST", n=1000)
    ours, theirs = (data.where(method=m).rows for m in ("features", "network"))
    assert [r["seed"] for r in ours] == [r["seed"] for r in theirs]
    pairs = zip(ours, theirs, strict=True)
    found = mean_interval([100 * (a["right"] - b["right"]) / a["tested"] for a, b in pairs])
    claim("recognition-network", measured=found.value, low=found.low, high=found.high)
    assert found.low > 0


def test_constants_may_be_moved(claim):
    rows = frozen("picture_choices").rows
    (base,) = [r for r in rows if r["choice"] == "none"]
    moved = [r for r in rows if r["choice"] != "none"]
    gains = torch.tensor([100 * (r["right"] - base["right"]) / r["n"] for r in moved])
    spread = gains.square().mean().sqrt().item()
    claim("recognition-choices", measured=spread)
    assert spread <= 2


def test_leave_one_out_says_the_accuracy(claim):
    gaps = []
    for data in ("MNIST", "Fashion-MNIST", "CIFAR-10"):
        rows = frozen("recognition").where(data=data, method="features", n=1000).rows
        said = sum(r["loo_accuracy"] for r in rows) / len(rows)
        gaps.append(100 * (said - sum(r["right"] for r in rows) / sum(r["tested"] for r in rows)))
    worst = max(gaps, key=abs)
    claim("recognition-loo", measured=worst)
    assert abs(worst) <= 2


def test_fashion_at_full_size(claim):
    row, share = full("Fashion-MNIST")
    claim("recognition-fashion", measured=share.value, low=share.low, high=share.high)
    assert share.value >= 0.925
    assert row["seconds"] + row["answers"] <= 1800


@pytest.mark.xfail(strict=True, reason="leave-one-out on 4,000 pictures takes mirror images")
def test_fashion_as_well_as_unmirrored(claim):
    _, share = full("Fashion-MNIST")
    claim("recognition-fashion-more", measured=share.value, low=share.low, high=share.high)
    assert share.value >= 0.934


def test_cifar_at_full_size(claim):
    _, share = full("CIFAR-10")
    claim("recognition-cifar", measured=share.value, low=share.low, high=share.high)
    assert share.value >= 0.84


@pytest.mark.xfail(strict=True, reason="two closed-form layers of this width do not reach it")
def test_cifar_as_hoped(claim):
    _, share = full("CIFAR-10")
    claim("recognition-cifar-hope", measured=share.value, low=share.low, high=share.high)
    assert share.value >= 0.88


def test_features_are_twice_as_fast(claim):
    data = frozen("picture_features").where(task="features")
    (slow,) = data.where(method="unfold, product, pooling").rows
    claim("recognition-speed", measured=slow["times_ours"])
    assert slow["times_ours"] >= 2


def test_the_solution_is_three_times_as_fast_as_nystroem(claim):
    rows = frozen("picture_features").where(task="solution").rows
    (ours,) = [r for r in rows if "ldyn" in r["method"]]
    equal = [r["times_ours"] for r in rows if r is not ours and r["right"] >= ours["right"]]
    claim("recognition-nystroem", measured=min(equal) if equal else "never as good")
    assert not equal or min(equal) >= 3
