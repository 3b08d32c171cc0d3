"""Pictures at the border, patches and pooling, and features that a mirror turns by signs."""

import numpy as np
import pytest
import torch

from ldyn.core import stream
from ldyn.layers import PictureFeatures
from ldyn.layers.patches import (
    as_pictures,
    cell_weights,
    halving_weights,
    mirrored_entries,
    normalised,
    patches,
    picture_maps,
    pooled,
)

SMALL = {"size": 3, "filters": 16, "deep": 24, "precision": "float32"}


def pictures(n=60, channels=1, side=12):
    draw = stream("test pictures", n, channels)
    smooth = torch.randn(n, channels, side + 3, side + 3, generator=draw)
    x = torch.nn.functional.avg_pool2d(smooth, 4, stride=1)
    return ((x - x.min()) / (x.max() - x.min()) * 255).to(torch.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("side", [12, 13])
def test_a_mirror_turns_features_by_their_signs(channels, side):
    x = pictures(channels=channels, side=side)
    features = PictureFeatures(**SMALL).fit(x)
    here, there = features.transform(x), features.transform(x.flip(3))
    assert (here - there).abs().max() > 0.1
    assert (features.signs_ * here - there).abs().max() < 1e-4 * here.abs().max()


def test_half_precision_is_near():
    x = pictures()
    exact = PictureFeatures(**SMALL).fit(x).transform(x)
    rough = PictureFeatures(**SMALL | {"precision": "bfloat16"}).fit(x).transform(x)
    assert 0 < (rough - exact).norm() < 0.02 * exact.norm()


def straightforward(features, x):
    """Branch A of the first layer, filter by filter, without products of matrices."""
    w, b, t = features._first
    maps, found = picture_maps(x), []
    side = maps.shape[1] - features.size + 1
    down = cell_weights(side, 4)
    for f, bias in zip(w, b, strict=True):
        r = torch.empty(len(x), side, side)
        for i in range(side):
            for j in range(side):
                p = maps[:, i : i + features.size, j : j + features.size].flatten(1)
                r[:, i, j] = normalised(p, features.contrast, centre=True) @ f + bias + t
        for sign in (1, -1):
            found.append((down @ (sign * r - t).clamp(min=0) @ down.T).sqrt())
    return torch.stack(found, 3)  # filters, each with both signs


def test_the_first_branch_is_what_it_says():
    x = pictures()
    features = PictureFeatures(**SMALL).fit(x)
    slow = straightforward(features, x[:4])
    k = features.filters
    order = [0, 1]  # signs
    first = torch.cat([slow[..., s:k:2] for s in order], 3)
    second = torch.cat([slow[..., k + s :: 2] for s in order], 3).flip(2)
    even = (first + second).flatten(1) * 0.5**0.5
    found = features.transform(x[:4])
    assert torch.allclose(found[:, : even.shape[1]], even, atol=1e-5)
    odd = (first - second).flatten(1) * 0.5**0.5
    start = len(features.signs_) // 2
    assert torch.allclose(found[:, start : start + odd.shape[1]], odd, atol=1e-5)


def test_patches_are_white_for_the_filters():
    """Filters whitened twice see patches and mirror images alike: responses have one spread."""
    x = pictures(400)
    features = PictureFeatures(**SMALL).fit(x)
    w, b, t = features._first
    assert torch.allclose(w[:8][:, mirrored_entries(3, 1)], w[8:])
    p = normalised(patches(picture_maps(x), 3), features.contrast, centre=True).flatten(0, 2)
    spread = (p @ w.T + b + t).std()
    assert spread.item() == pytest.approx(t, rel=0.05)  # the threshold is one deviation


def test_pooling_keeps_means_and_turns_with_a_mirror():
    for weights in (cell_weights(9, 4), cell_weights(2, 2), halving_weights(9), halving_weights(8)):
        assert torch.allclose(weights.sum(1), torch.ones(len(weights)))
        assert torch.allclose(weights, weights.flip(0, 1), rtol=1e-6)
    maps = torch.rand(2, 9, 8, 3, generator=stream("maps"))
    grids = (cell_weights(9, 4), cell_weights(8, 2)), (halving_weights(9), halving_weights(8))
    for found, (down, across) in zip(pooled(maps, *grids), grids, strict=True):
        slow = torch.einsum("gi,nijk,hj->nghk", down, maps, across).sqrt()
        assert torch.allclose(found, slow, atol=1e-6)


def test_batches_and_kinds_do_not_matter():
    x = pictures()
    features = PictureFeatures(**SMALL).fit(x)
    found = features.transform(x)
    assert torch.allclose(torch.cat([features.transform(x[:7]), features.transform(x[7:])]), found)
    grey = features.transform(x[:, 0].numpy())
    assert isinstance(grey, np.ndarray)
    assert np.allclose(grey, found.numpy())
    floating = features.transform(x.double() / 255)
    assert floating.dtype == torch.float64
    assert torch.allclose(floating.float(), found, atol=1e-4)
    assert found.dtype == torch.float32
    again = PictureFeatures(**SMALL).fit(x)
    assert torch.equal(again.transform(x), found)
    assert repr(features).startswith("PictureFeatures(deep=24")


def test_the_memory_is_that_of_a_batch(monkeypatch):
    x = pictures()
    features = PictureFeatures(**SMALL).fit(x)
    seen = []
    whole = PictureFeatures._features
    monkeypatch.setattr(
        PictureFeatures, "_features", lambda self, part: seen.append(len(part)) or whole(self, part)
    )
    features.transform(x)
    assert max(seen) == 10
    assert sum(seen) == len(x)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (torch.rand(5, 12), r"try x\[None\]"),
        (torch.rand(0, 12, 12), "must be"),
        (torch.rand(5, 12, 12, 3), "permute"),
        (torch.rand(5, 12, 12) * 255, "divide by 255"),
        (torch.rand(5, 12, 12) - 0.5, r"\[0, 1\]"),
        (torch.full((5, 12, 12), torch.nan), "NaN"),
        (torch.randint(255, (5, 12, 12)), "uint8"),
    ],
)
def test_bad_pictures_are_refused_with_what_to_do(wrong, said):
    with pytest.raises(ValueError, match=said):
        as_pictures(wrong)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"size": 8}, "try size=3"),
        ({"size": 0}, "size must be"),
        ({"filters": 15}, "even"),
        ({"contrast": 0.0}, "contrast"),
        ({"contrast": float("nan")}, "contrast"),
        ({"threshold": float("nan")}, "threshold must be finite, >= 0, got nan; try"),
        ({"cells": (0, 2)}, "cells, two of them, must be"),
        ({"cells": (4,)}, "cells, two of them, must be"),
        ({"seed": -1}, "seed must be an integer >= 0"),
        ({"precision": "half"}, "precision"),
        ({"filters": 2_000_000}, "fewer filters"),
    ],
)
def test_bad_parameters_are_refused(given, said):
    with pytest.raises(ValueError, match=said):
        PictureFeatures(**SMALL | given).fit(pictures())


def test_other_pictures_than_fitted_are_refused():
    features = PictureFeatures(**SMALL)
    with pytest.raises(Exception, match="not fitted"):
        features.transform(pictures())
    features.fit(pictures())
    with pytest.raises(ValueError, match="fit anew"):
        features.transform(pictures(channels=3))
    with pytest.raises(ValueError, match="not flat"):
        PictureFeatures(**SMALL).fit(torch.zeros(20, 12, 12))
