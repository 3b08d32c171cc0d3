"""Local posterior means and the windows of a covariance, against what each formula says."""

import math

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits

from ldyn.core import stream
from ldyn.layers import (
    LocalScoreModel,
    local_posterior_mean,
    noise_levels,
    probability_flow,
    wiener_matrix,
    window_energies,
    window_radii,
)

F64 = torch.float64
SHAPE = (3, 6, 4)


def pictures(n, *shape, name="pictures"):
    return torch.rand(n, *shape, generator=stream("local score tests", name), dtype=F64)


def digits(k):
    images, labels = load_digits(return_X_y=True)
    return torch.from_numpy(images[labels == k] / 16).reshape(-1, 8, 8)


def inside(block, side, reach, size):
    return range(max(0, block * side - reach), min(size, block * side + side + reach))


def test_levels_fall_evenly_in_their_seventh_root():
    found = torch.tensor(noise_levels(12), dtype=F64)
    assert found[[0, -1]].tolist() == pytest.approx([8, 0.06])
    steps = (found ** (1 / 7)).diff()
    assert torch.allclose(steps, steps[:1].expand(11))
    with pytest.raises(ValueError, match="count must be"):
        noise_levels(1)


def test_every_block_is_the_posterior_mean_of_its_window():
    x, data = pictures(3, *SHAPE, name="x"), pictures(7, *SHAPE)
    radii = torch.tensor([[0, 1], [2, 0], [3, 9]])
    found = local_posterior_mean(x, data, noise=0.4, radii=radii)
    for (i, j), r in np.ndenumerate(radii.numpy()):
        rows, columns = inside(i, 2, r, 6), inside(j, 2, r, 4)
        for k in range(3):
            weights = []
            for each in data:
                square = sum(
                    (x[k, c, p, q] - each[c, p, q]) ** 2
                    for c in range(3)
                    for p in rows
                    for q in columns
                )
                weights.append(math.exp(-square / (2 * 0.4**2)))
            total = sum(w * d for w, d in zip(weights, data, strict=True)) / sum(weights)
            block = (slice(None), slice(2 * i, 2 * i + 2), slice(2 * j, 2 * j + 2))
            assert torch.allclose(found[k][block], total[block], rtol=1e-12)


def test_rows_are_taken_in_parts_that_change_nothing(monkeypatch):
    x, data = pictures(5, 1, 4, 4, name="x"), pictures(6, 1, 4, 4)
    radii = torch.ones(2, 2, dtype=torch.long)
    whole = local_posterior_mean(x, data, noise=0.3, radii=radii)
    monkeypatch.setattr("ldyn.layers.local_score.ENTRIES", 12)
    assert torch.allclose(local_posterior_mean(x, data, noise=0.3, radii=radii), whole, rtol=1e-13)


def test_the_wiener_matrix_is_the_conditional_mean_of_normal_data():
    a = pictures(9, 5)
    covariance = a.T @ a / 9
    both = torch.cat([torch.cat([covariance] * 2, 1), torch.cat([covariance] * 2, 1)])
    both[5:, 5:] += 0.3**2 * torch.eye(5, dtype=F64)  # of clean and noisy picture
    right = both[:5, 5:] @ torch.linalg.inv(both[5:, 5:])
    assert torch.allclose(wiener_matrix(covariance, noise=0.3), right, rtol=1e-11)


@pytest.mark.parametrize("block", [1, 2])
def test_energies_are_those_of_a_mask(block):
    c, h, w = SHAPE
    a = pictures(5, c * h * w)
    matrix = wiener_matrix(a.T @ a / 5, noise=0.5)
    found = window_energies(matrix, shape=SHAPE, block=block)
    assert found.shape == (6, h // block, w // block)
    energy = matrix.square().reshape(c, h, w, c, h, w)
    for r in range(6):
        for i in range(h // block):
            for j in range(w // block):
                part = energy[:, i * block : (i + 1) * block, j * block : (j + 1) * block]
                mask = torch.zeros(h, w, dtype=F64)
                rows, columns = inside(i, block, r, h), inside(j, block, r, w)
                mask[rows.start : rows.stop, columns.start : columns.stop] = 1
                right = (part * mask).sum() / part.sum()
                assert found[r, i, j].item() == pytest.approx(right.item(), rel=1e-11)


def test_radii_are_the_least_that_hold_their_share():
    energies = torch.tensor([0.2, 0.5, 0.8, 1 - 1e-9]).double()[:, None, None]
    shares = (0.1, 0.5, 0.6, 0.9, 1.0)
    found = [window_radii(energies, share=s).item() for s in shares]
    assert found == [1, 1, 2, 3, 3]  # at least 1; for 1 the whole picture, rounding or not
    energies[2] = 1  # as rounding may have it before the picture's end
    assert window_radii(energies, share=1.0).item() == 3
    blank = window_energies(torch.zeros(16, 16, dtype=F64), shape=(1, 4, 4))
    assert window_radii(blank, share=0.9).unique().tolist() == [1]


def test_whole_windows_copy():
    x = digits(3)
    made = LocalScoreModel(novelty=1.0).fit(x).sample(20)
    assert torch.cdist(made.flatten(1), x.flatten(1)).amin(1).max() < 1e-6
    assert (torch.cdist(x.flatten(1), x.flatten(1)) + 9 * torch.eye(len(x))).min() > 0.5


def test_what_is_made_is_as_far_from_training_as_held_out_pictures_are():
    x = digits(3)
    model = LocalScoreModel().fit(x)
    apart = torch.cdist(x.flatten(1), x.flatten(1))
    assert model.target_ == pytest.approx(apart.fill_diagonal_(9).amin(1).mean().item())
    reached = torch.cdist(model.sample(400).flatten(1), x.flatten(1)).amin(1).mean().item()
    assert reached == pytest.approx(model.target_, rel=0.05)
    assert len(model.tried_) == 6
    assert model.share_ in [share for share, _ in model.tried_]
    shares, novelty = zip(*sorted(model.tried_), strict=True)
    assert shares[0] < shares[-1]
    assert novelty[0] > novelty[-1]


def test_pictures_come_in_the_form_and_precision_of_those_given():
    bytes_ = (255 * pictures(6, 4, 4)).byte()
    made = LocalScoreModel(novelty=0.9).fit(bytes_).sample(3)
    assert (made.dtype, made.shape) == (torch.uint8, (3, 4, 4))
    assert isinstance(LocalScoreModel(novelty=0.9).fit(bytes_.numpy()).sample(2), np.ndarray)
    listed = LocalScoreModel(novelty=0.9).fit((bytes_ / 255).tolist()).sample(2)
    assert isinstance(listed, np.ndarray)
    assert LocalScoreModel(novelty=0.9).fit(bytes_[:, None]).sample(2).shape == (2, 1, 4, 4)
    mine = pictures(6, 4, 4).numpy()
    model = LocalScoreModel(novelty=0.9).fit(mine)
    plain = model.sample(2)
    mine[:] = 0  # the model has a copy
    assert (model.sample(2) == plain).all()
    colour = pictures(6, *SHAPE)
    made = LocalScoreModel(novelty=0.9).fit(colour).sample(3)
    assert (made.dtype, made.shape) == (F64, (3, *SHAPE))
    assert LocalScoreModel(novelty=0.9).fit(colour.float()).sample(3).dtype == torch.float32
    assert 0 <= made.min() <= made.max() <= 1


def test_a_seed_names_what_is_drawn():
    x = digits(0)
    one, again, other = (LocalScoreModel(novelty=0.8, seed=s).fit(x).sample(2) for s in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert clone(LocalScoreModel(novelty=0.8)).get_params()["novelty"] == 0.8


@pytest.mark.parametrize(
    ("x", "says"),
    [
        (torch.rand(5, 4, 4) + 0.5, r"must lie in \[0, 1\].*divide by 255"),
        (torch.ones(5, 4, 4, dtype=torch.long), "must be uint8 or floating"),
        (torch.full((5, 4, 4), math.nan), "mend NaN"),
        (torch.rand(5, 4, 4, 3), r"x.permute\(0, 3, 1, 2\)"),
        (torch.rand(5, 16), r"must be \(n, h, w\)"),
        (torch.rand(1, 4, 4), "at least 2 pictures"),
        (torch.tensor(1.0), r"must be \(n, h, w\)"),
    ],
)
def test_other_pictures_are_refused(x, says):
    with pytest.raises(ValueError, match=says):
        LocalScoreModel(novelty=0.9).fit(x)


def test_other_arguments_are_refused():
    x, one = pictures(4, 1, 4, 4), torch.zeros(1, 1, dtype=torch.long)
    with pytest.raises(ValueError, match='novelty must be "held-out"'):
        LocalScoreModel(novelty="new").fit(x[:, 0])
    with pytest.raises(ValueError, match=r"share must be in \(0, 1\]"):
        LocalScoreModel(novelty=1.5).fit(x[:, 0])
    with pytest.raises(ValueError, match="not fitted"):
        LocalScoreModel().sample(3)
    for given in ({"novelty": math.nan}, {"seed": -1}, {"levels": 1}):
        with pytest.raises(ValueError, match="must be"):
            LocalScoreModel(**{"novelty": 0.9} | given).fit(x[:, 0])
    with pytest.raises(ValueError, match="not fitted"):
        LocalScoreModel().denoise(x, 0.1)
    with pytest.raises(ValueError, match="noise must be a finite number > 0, got -1"):
        LocalScoreModel(novelty=0.9).fit(x[:, 0]).denoise(x, -1.0)
    with pytest.raises(ValueError, match="n must be"):
        LocalScoreModel(novelty=0.9).fit(x[:, 0]).sample(0)
    with pytest.raises(ValueError, match="data must be a tensor of shape"):
        local_posterior_mean(x, x[:, :, :2], noise=0.1, radii=one)
    with pytest.raises(ValueError, match="do not fit"):
        local_posterior_mean(x, x, noise=0.1, radii=torch.zeros(3, 1, dtype=torch.long))
    for bad in (one - 1, one.double() + 0.5):  # would be no window, and a shorter one
        with pytest.raises(ValueError, match="radii must be integers >= 0"):
            local_posterior_mean(x, x, noise=0.1, radii=bad)
    with pytest.raises(ValueError, match="levels must fall"):
        probability_flow(x, lambda y, s: y, [])
    with pytest.raises(ValueError, match="no negative eigenvalue"):
        wiener_matrix(-torch.eye(4, dtype=F64), noise=0.5)
    with pytest.raises(ValueError, match="block must be an integer >= 1, got -1"):
        window_energies(torch.eye(16, dtype=F64), shape=(1, 4, 4), block=-1)
    with pytest.raises(ValueError, match="noise must be"):
        local_posterior_mean(x, x, noise=0.0, radii=one)
    with pytest.raises(ValueError, match="levels must fall"):
        probability_flow(x, lambda y, s: y, [1.0, 1.0])
    with pytest.raises(ValueError, match="block must divide"):
        window_energies(torch.eye(16, dtype=F64), shape=(1, 4, 4), block=3)
    with pytest.raises(ValueError, match="covariance must be a tensor of shape"):
        wiener_matrix(torch.ones(3, 4), noise=1.0)
