"""The sample of rows in the totals, and the leave-one-out error that is read off it."""

from itertools import pairwise

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from ldyn.core import stream
from ldyn.lowcost import FeatureRidge, NormalEquations, accumulate, kept, ridge_fit


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Keep 50 rows, so that a few hundred are many."""
    monkeypatch.setattr(kept, "LIMIT", 50)


@pytest.fixture(scope="module")
def data(features, rows):
    x, y = rows(500, 3, 2)
    x[400:], y[400:] = x[:100], y[:100]  # rows that are there twice
    return features(20, 3).transform(x), y


def weights(n):
    return torch.rand(n, generator=stream("kept weights"), dtype=torch.float64) + 0.2


def totals(phi, y, w=None, x=None, block=64):
    found = NormalEquations.empty(phi.shape[1], y.shape[1])
    for i in range(0, len(phi), block):
        s = slice(i, i + block)
        found.add(phi[s], y[s], weights=None if w is None else w[s], x=None if x is None else x[s])
    return found


def sample(found):
    held = found.kept.settle()
    return held.keys[0], held.rows[0]


def same_sample(a, b):
    for mine, other in zip(sample(a), sample(b), strict=True):
        assert torch.equal(mine, other)
    assert a.kept.below == b.kept.below


def brute_force(phi, y, w, penalty):
    """The weighted mean of squared errors, each row predicted by a fit to the others."""
    every, error = totals(phi, y, w), 0.0
    for i in range(len(phi)):
        one = slice(i, i + 1)
        fit = ridge_fit(every.copy().remove(phi[one], y[one], weights=w[one]), penalty=penalty)
        error += w[i] * (y[i] - phi[i] @ fit.coefficients - fit.intercept).square().sum()
    return error / w.sum()


@pytest.mark.parametrize("twice", [0, 15])
def test_all_rows_kept_are_leave_one_out_by_brute_force(features, rows, twice):
    x, y = rows(45, 3, 2)
    x, y, w = (torch.cat([a, a[:twice]]) for a in (x, y, weights(45)))
    phi = features(10, 3).transform(x)
    for penalty in (1e-3, 0.1, 10.0):
        found = ridge_fit(totals(phi, y, w), penalty=penalty).loo.item()
        assert found == pytest.approx(brute_force(phi, y, w, penalty).item(), rel=1e-10)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_sample_is_right_on_average_and_closer_than_its_plain_mean(features, rows, weighted):
    """400 samples, drawn by columns of random numbers in place of x; noise that grows outwards."""
    x, y = rows(400)
    far = (x - 0.5).norm(dim=1, keepdim=True)
    noise = torch.randn(400, 1, generator=stream("outwards"), dtype=x.dtype)
    y, phi = y + 3 * far**2 * noise, features(40, 3).transform(x)
    w = weights(400) if weighted else torch.ones(400, dtype=x.dtype)
    chosen, every = (0.01, 0.1, 1.0), NormalEquations.empty(40, 1)
    every.add(phi, y, weights=w)
    fits = [ridge_fit(every, penalty=p) for p in chosen]
    rest = [y - phi @ f.coefficients - f.intercept for f in fits]
    centred = phi - (w[:, None] * phi).sum(0) / w.sum()
    s = centred.T @ (w[:, None] * centred)
    own = [w * (1 / w.sum() + (centred @ torch.linalg.inv(s + p * torch.eye(40)) * centred).sum(1))
           for p in chosen]  # fmt: skip
    each = [w * (e[:, 0] / (1 - h)).square() / w.mean() for e, h in zip(rest, own, strict=True)]
    exact, plain = torch.stack(each).mean(1), torch.stack(each).std(1) * (1 / 50 - 1 / 400) ** 0.5
    found, gcv = [], torch.cat([f.gcv for f in fits])
    for seed in range(400):
        other = torch.randn(400, 1, generator=stream("samples", seed))
        drawn = NormalEquations.empty(40, 1).add(phi, y, weights=w, x=other)
        assert len(sample(drawn)[0]) == 50
        found.append(torch.cat([ridge_fit(drawn, penalty=p).loo for p in chosen]))
    found = torch.stack(found)
    error = found.std(0) / 20
    assert ((found.mean(0) - exact).abs() <= 3.5 * error).all()
    assert ((gcv - exact).abs() > 5 * error).all()  # of which GCV falls short
    assert (found.std(0) < 0.7 * plain).all()


@given(cuts=st.lists(st.integers(1, 499), max_size=6), seed=st.integers(0, 99))
@settings(max_examples=20)
def test_shards_in_any_order_keep_the_same_bits(data, cuts, seed):
    phi, y = data
    edges = [0, *sorted(set(cuts)), len(y)]
    shards = [totals(phi[a:b], y[a:b]) for a, b in pairwise(edges)]
    merged = NormalEquations.empty(phi.shape[1], y.shape[1])
    for i in torch.randperm(len(shards), generator=stream("order", seed)).tolist():
        merged.merge(shards[i])
    same_sample(merged, totals(phi, y, block=77))
    assert len(sample(merged)[0]) == 50


def test_what_is_forgotten_leaves_the_sample(data):
    """What stays is all the other rows under the bound, once more, exactly."""
    phi, y = data
    found = totals(phi, y)
    below = found.kept.below
    found.remove(phi[450:], y[450:]).remove(phi[:200], y[:200])
    stay = totals(phi[200:450], y[200:450])
    keys, held = sample(found)
    near = kept.row_keys(phi, y, torch.ones(500, 1))[200:450] < below
    assert len(keys) == near.sum() > 5
    assert torch.equal(held[:, -1], torch.ones(len(keys), dtype=held.dtype))
    own, others = sample(stay)
    assert torch.equal(own[own < below], keys)
    assert torch.equal(others[own < below], held)
    found.merge(totals(phi[:200], y[:200]).merge(totals(phi[450:], y[450:])))
    same_sample(found, totals(phi, y))
    alone = totals(phi[:60], y[:60]).remove(phi[:58], y[:58])
    assert alone.rows == 2
    assert len(sample(alone)[0]) <= 2
    assert ridge_fit(alone).loo.isfinite().all()


def test_a_sample_is_saved_copied_and_read_back(data, tmp_path):
    found = totals(*data)
    found.save(tmp_path / "totals")
    again, _ = NormalEquations.load(tmp_path / "totals")
    same_sample(again, found)
    copied = found.copy()
    copied.add(*(a[:100] + 1 for a in data))
    same_sample(found, again)
    assert torch.equal(ridge_fit(again).loo, ridge_fit(found).loo)


def test_rows_of_a_pass_can_be_forgotten_by_a_model(features, rows):
    """The pass reads float32 and other blocks; the model is given float64."""
    x, y = rows(120)
    f = features(20, 3)
    model = FeatureRidge(f).merge(accumulate([(x, y)], f, block=37))
    bound = model.totals_.kept.settle().below
    model.forget(x[:70], y[:70])
    keys = kept.row_keys(x, y, torch.ones(120, 1))[70:]
    left = sample(model.totals_)[0]
    assert torch.equal(left, keys[keys < bound].sort().values)
    assert 5 < len(left) < 50


def test_without_rows_leave_one_out_is_gcv(data):
    found = totals(*data)
    found.kept = kept.KeptRows()  # as of totals from which all kept rows were forgotten
    fit = ridge_fit(found)
    assert torch.equal(fit.loo, fit.gcv)


def test_keys_are_of_values_and_as_if_random():
    x = torch.rand(20_000, 2, generator=stream("keys"), dtype=torch.float64)
    x[:, 1] = torch.arange(20_000)  # neighbours
    keys = kept.row_keys(x)
    assert torch.equal(keys[500:600], kept.row_keys(x[500:600].float()))
    assert torch.equal(kept.row_keys(-torch.zeros(1, 1)), kept.row_keys(torch.zeros(1, 1)))
    assert len(keys.unique()) == 20_000
    for values in (keys, kept.row_keys(x[:, 1:])):
        for bits in (values >> 56, values & 255):  # of 256 values each 78 times
            count = torch.bincount(bits - bits.min(), minlength=256).double()
            chi = ((count - 20_000 / 256).square() / (20_000 / 256)).sum().item()
            assert abs(chi - 255) <= 4 * (2 * 255) ** 0.5
        pair = torch.stack([values[:-1], values[1:]]).double()
        assert abs(torch.corrcoef(pair)[0, 1]) <= 4 / 20_000**0.5
