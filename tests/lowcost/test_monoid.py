"""Totals of rows: any order, any grouping, and back again."""

from itertools import pairwise

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from ldyn.core import stream
from ldyn.lowcost import NormalEquations, Rates, pass_plan


def totals(phi, y, weights=None, block=64):
    found = NormalEquations.empty(phi.shape[1], y.shape[1])
    for i in range(0, len(phi), block):
        part = slice(i, i + block)
        found.add(phi[part], y[part], weights=None if weights is None else weights[part])
    return found


def gap(a, b):
    assert (a.rows, a.outputs) == (b.rows, b.outputs)
    return ((a.gram - b.gram).norm() / b.gram.norm()).item()


@pytest.fixture(scope="module")
def data(features, rows):
    x, y = rows(500, 3, 2)
    return features(20, 3).transform(x), y


def test_the_totals_are_the_products_with_a_column_of_ones(data):
    phi, y = data
    w = torch.rand(len(y), generator=stream("weights"), dtype=torch.float64)
    w[::7] = 0
    z = torch.cat([phi, y, torch.ones(len(y), 1)], 1)
    found = totals(phi, y, w)
    torch.testing.assert_close(found.gram, z.T @ (w[:, None] * z), rtol=1e-12, atol=1e-12)
    assert found.rows == int((w > 0).sum())


@given(cuts=st.lists(st.integers(1, 499), max_size=6), seed=st.integers(0, 99))
@settings(max_examples=20)
def test_shards_in_any_order_are_one_pass(data, cuts, seed):
    phi, y = data
    edges = [0, *sorted(set(cuts)), len(y)]
    shards = [totals(phi[a:b], y[a:b]) for a, b in pairwise(edges)]
    order = torch.randperm(len(shards), generator=stream("order", seed)).tolist()
    merged = NormalEquations.empty(phi.shape[1], y.shape[1])
    for i in order:
        merged.merge(shards[i])
    assert gap(merged, totals(phi, y)) <= 1e-14


def test_what_was_removed_was_never_there(data):
    phi, y = data
    w = 1 + torch.rand(len(y), generator=stream("weights"), dtype=torch.float64)
    found = totals(phi, y, w).remove(phi[100:250], y[100:250], weights=w[100:250])
    keep = torch.cat([torch.arange(100), torch.arange(250, 500)])
    assert gap(found, totals(phi[keep], y[keep], w[keep])) <= 1e-14


def test_single_precision_blocks_lose_no_more_than_their_own_rounding(features, rows):
    """The error in tr-units stays below the roundoff of a block, however many blocks there are."""
    x, y = rows(20_000)
    phi = features(60, 3).transform(x)
    for n in (2_000, 20_000):
        exact, single = (
            totals(phi[:n].to(t), y[:n], block=500) for t in (phi.dtype, torch.float32)
        )
        error = torch.linalg.matrix_norm(exact.gram[:60, :60] - single.gram[:60, :60], 2)
        assert 0 < error / exact.gram.diagonal()[:60].sum() <= 2**-24
        assert single.rounding == 2**-24
        assert exact.rounding == 2**-53


def test_a_large_mean_does_not_drown_y(features, rows):
    """Centred sums of y + 10⁶ are those of y: blocks hold y less its mean, totals are float64."""
    phi = features(20, 3).transform(rows(2000)[0])
    y = rows(2000)[1]

    def centred(shift):
        g = totals(phi.float(), y + shift).gram
        return g[20, :20] - g[20, -1] * g[-1, :20] / g[-1, -1]

    torch.testing.assert_close(centred(1e6), centred(0.0), rtol=1e-4, atol=1e-4)


def test_saving_is_exact_and_leaves_no_half(data, tmp_path):
    found, path = totals(*data), tmp_path / "new" / "totals"
    found.save(path, note="last", done=3)
    again, more = NormalEquations.load(path)
    assert torch.equal(again.gram, found.gram)
    assert (again.rows, again.outputs, again.rounding) == (500, 2, 2**-53)
    assert more == {"note": "last", "done": 3}
    with pytest.raises(TypeError):  # a write that fails, as a full disk would
        found.save(path, note=(_ for _ in ()))
    assert torch.equal(NormalEquations.load(path)[0].gram, found.gram)


def test_a_file_with_code_is_not_run(tmp_path):
    path = tmp_path / "totals"
    torch.save({"gram": stream}, path)
    with pytest.raises(Exception, match="Weights only load failed"):
        NormalEquations.load(path)


def test_bad_rows_are_refused_and_change_nothing(data):
    phi, y = data
    found = totals(phi, y)
    before = found.gram.clone()
    nan = y.clone()
    nan[3, 1] = float("nan")
    refused = [
        ("must have features", lambda: found.add(phi[:, :3], y)),
        ("y must be a tensor of shape", lambda: found.add(phi, y[:, 0])),
        ("single or double precision", lambda: found.add(phi.bfloat16(), y)),
        ("must be finite", lambda: found.add(phi, nan)),
        ("numbers >= 0", lambda: found.add(phi, y, weights=-torch.ones(500))),
        ("weights must be a tensor", lambda: found.add(phi, y, weights=torch.ones(499))),
        ("must have been added", lambda: found.remove(phi.tile(2, 1), y.tile(2, 1))),
        ("same features and outputs", lambda: found.merge(NormalEquations.empty(20, 1))),
        ("features must be an integer", lambda: NormalEquations.empty(0)),
    ]
    for says, act in refused:
        with pytest.raises(ValueError, match=says):
            act()
    assert torch.equal(found.gram, before)
    assert found.rows == 500


def test_nothing_is_the_neutral_element(data):
    found = totals(*data)
    assert gap(found.copy().merge(NormalEquations.empty(20, 2)), found) == 0
    assert found.all_reduce() is found  # no process group: alone


def test_a_plan_counts_operations_and_bytes():
    unit = Rates(products=1, waves=1, reading=1, sending=1, solving=1)
    plan = pass_plan(rows=10, columns=2, features=3, devices=2, rates=unit)
    z = NormalEquations.empty(3)
    assert plan["bytes"] == z.gram.numel() * z.gram.element_size()
    assert plan["reading"] == 10 // 2 * (2 + 1) * 4
    assert plan["features"] == 10 // 2 * 3 * (2 + 1)
    assert plan["products"] == 10 // 2 * 2 * 3 * 3
    assert plan["sending"] == plan["bytes"]
    with pytest.raises(ValueError, match="sending must be a finite number > 0, got nan"):
        Rates(products=1, waves=1, reading=1, sending=float("nan"), solving=1)
    with pytest.raises(ValueError, match="devices must be"):
        pass_plan(rows=10, columns=2, features=3, devices=0, rates=unit)
