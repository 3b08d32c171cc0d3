"""Antisymmetric networks: the sign, the file, and the temperature."""

import pickle

import numpy as np
import pytest
import torch

from ldyn.causal.antisymmetric import AntisymmetricNets, fit_temperature
from ldyn.core import stream
from ldyn.nets import initialise

F64 = torch.float64


@pytest.fixture
def nets():
    like = torch.empty(0, dtype=F64)
    parameters = initialise((12, 16, 8, 1), ["a", "b"], like=like, activation="gelu")
    g = stream("antisymmetric nets")
    centre, scale = torch.randn(6, generator=g, dtype=F64), torch.rand(6, generator=g, dtype=F64)
    return AntisymmetricNets(
        parameters=parameters, centre=centre, scale=scale + 0.5, temperature=0.7
    )


def features(m=50, *names, dtype=F64):
    g = stream("antisymmetric features", m, *names)
    return [torch.randn(m, 6, generator=g, dtype=F64).to(dtype) for _ in range(2)]


@pytest.mark.parametrize("m", [1, 7, 50])
@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_exchanging_the_features_turns_the_sign_to_the_last_bit(nets, m, dtype):
    f, r = features(m, dtype=dtype)
    found = nets.scores(f, r)
    assert found.shape == (2, m)
    assert found.dtype == dtype
    assert torch.equal(nets.scores(r, f), -found)
    assert (found != 0).all()
    assert (nets.scores(f, f) == 0).all()


def test_a_feature_far_away_is_cut_off(nets):
    f, r = features()
    far, farther = f.clone(), f.clone()
    far[:, 2], farther[:, 2] = 1e3, 1e9
    assert torch.equal(nets.scores(far, r), nets.scores(farther, r))


def test_what_is_loaded_is_what_was_saved(nets, tmp_path):
    path = tmp_path / "a" / "direction-0.npz"
    nets.save(path)
    again = AntisymmetricNets.load(path)
    f, r = features()
    assert torch.allclose(again.scores(f, r), nets.scores(f, r), atol=0.02)  # 16 bits
    again.save(path)
    twice = AntisymmetricNets.load(path)
    assert torch.equal(twice.scores(f, r), again.scores(f, r))
    assert [p.name for p in path.parent.iterdir()] == ["direction-0.npz"]


def test_pickled_objects_are_refused(tmp_path):
    path = tmp_path / "direction-0.npz"
    np.savez(path, p00=np.array([pickle.dumps(1)], dtype=object))
    with pytest.raises(ValueError, match="pickle"):
        AntisymmetricNets.load(path)


@pytest.mark.parametrize("true", [0.4, 1.0, 3.0])
def test_the_temperature_is_found_within_its_error(true):
    g = stream("temperature", true)
    z = torch.randn(20_000, generator=g, dtype=F64)
    right = torch.rand(20_000, generator=g, dtype=F64) < torch.sigmoid(true * z)
    scores = torch.where(right, z, -z)
    found = fit_temperature(scores)
    p = torch.sigmoid(true * z)
    error = 1 / (z.square() * p * (1 - p)).sum().sqrt()
    assert abs(found - true) < 6 * error
    # The condition of the page: confidence and right answers agree, weighted by the size.
    size = scores.abs()
    assert ((torch.sigmoid(found * size) - (scores > 0).double()) * size).mean().abs() < 1e-10


def test_the_temperature_stops_where_all_scores_are_right():
    assert fit_temperature(torch.ones(9, dtype=F64)) == pytest.approx(np.exp(3))
    assert fit_temperature(-torch.ones(9, dtype=F64)) == pytest.approx(np.exp(-3))
