"""Meta-CGNN's studies: their cells, the rows of their pairs, and a short run of each."""

from collections import Counter
from dataclasses import replace

import pytest
import torch

from ldyn.causal import sample_pairs, standardised
from ldyn.data import DataError, Pair, cause_effect_pairs
from ldyn.studies.causal import meta_cgnn, transfer_map


@pytest.fixture
def files():
    try:
        return {name: cause_effect_pairs(name) for name in meta_cgnn.FILES}
    except DataError as problem:
        pytest.skip(str(problem))


def test_every_arm_has_five_seeds_and_the_main_one_every_look():
    cells = meta_cgnn.cells("laptop")
    seeds: dict = {}
    for c in cells:
        arm = (c.prior, c.encoder, c.film, c.labelled, c.goal, c.step)
        seeds.setdefault(arm, set()).add(c.seed)
    trained = {k: v for k, v in seeds.items() if k[0] != "none"}
    assert all(len(found) == 5 for found in trained.values())
    steps = sorted(c.step for c in cells if (c.prior, c.goal, c.seed, c.encoder, c.labelled, c.film)
                   == ("wide", "generate", 0, "deepsets", True, True))  # fmt: skip
    assert steps == [0, 250, 500, 1000, 2000, 4000, 8000]


def test_every_training_of_the_map_has_three_seeds():
    maps = transfer_map.cells("laptop")
    assert {c.family for c in maps if c.train == "without"} == set(transfer_map.FAMILIES)
    kinds = Counter((c.margins, c.train, c.family) for c in maps)
    assert set(kinds.values()) == {3}
    assert len(kinds) == 2 * 21


def test_rows_of_a_pair_are_its_own_and_no_more_than_asked(files):
    for n in (500, 50):
        pairs = meta_cgnn._pairs("tuebingen", n)
        assert len(pairs) == 99
        for pair, whole in zip(pairs, files["tuebingen"], strict=True):
            assert len(pair.x) == min(n, len(whole.x))
            assert (pair.target, pair.weight) == (whole.target, whole.weight)
            rows = {tuple(r) for r in torch.stack([whole.x, whole.y], 1).tolist()}
            assert {tuple(r) for r in torch.stack([pair.x, pair.y], 1).tolist()} <= rows


def test_tails_are_those_of_the_expansion():
    x, y = torch.randn(2, 500, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    y = y**3
    z = [standardised(c) for c in (x, y)]
    weight = [5 * (c**4).mean() - 10 / 3 * (c**3).mean() ** 2 for c in z]
    assert meta_cgnn.tails(x, y) == pytest.approx((weight[1] - weight[0]).item())
    assert meta_cgnn.tails(y, x) == -meta_cgnn.tails(x, y) < 0


def test_a_short_training_has_a_sign_for_every_pair(monkeypatch):
    drawn = enumerate(zip(*sample_pairs("an", 5, 60, seed=0), strict=True))
    pairs = tuple(Pair(name=f"an {k}", x=x, y=y, target=1) for k, (x, y) in drawn)
    monkeypatch.setattr(meta_cgnn, "_pairs", lambda name, n: pairs)
    first = next(c for c in meta_cgnn.cells("smoke") if (c.prior, c.encoder) == ("narrow", "cme"))
    rows = meta_cgnn.run_group([replace(first, step=0), first])
    assert [len(r["SIM 50"]) for r in rows] == [0, 5]
    assert all(set(r["AN"]) <= set("+-0") and len(r["AN"]) == 5 for r in rows)
    assert all(len(r["tuebingen"]) == len(r["marginal"]) == 5 for r in rows)


def test_a_short_map_has_an_accuracy_for_every_family(files, monkeypatch):
    monkeypatch.setattr(transfer_map, "TESTS", 5)
    cell = next(c for c in transfer_map.cells("smoke") if c.margins == "normal")
    found = transfer_map.run(cell)
    assert found.keys() == {*transfer_map.FAMILIES, "tuebingen"}
    assert all(0 <= v <= 1 for v in found.values())
    columns = transfer_map._tasks("anm", 3, "test", "normal")
    assert torch.equal(columns[0].sort(1).values[0], columns[1].sort(1).values[2])
