"""The study of bases: all columns are the full machine, and its parts are those of the library."""

import pytest
import torch

from ldyn.core import stream
from ldyn.solvers import NystromFeatures
from ldyn.studies.lowcost import basis

F64 = torch.float64


def rows(table, n=60, seed=0, sizes=(20, 60), rules=basis.RULES):
    group = [
        basis.Cell(table=table, n=n, rule=r, centres=k, seed=seed) for r in rules for k in sizes
    ]
    return {(c.rule, c.centres): row for c, row in zip(group, basis.run_group(group), strict=True)}


@pytest.mark.parametrize("table", list(basis.KERNELS))
def test_all_columns_are_the_full_machine(table):
    found = rows(table)
    for rule in ("uniform", "rpcholesky"):
        whole = found[rule, 60]
        assert whole["left"] == pytest.approx(0, abs=1e-7)
        assert whole["error"] == pytest.approx(whole["full"], rel=1e-4)
        part = found[rule, 20]
        assert part["best"] - 1e-12 <= part["left"] < 1
    assert found["fourier", 20]["left"] is None


def test_a_cell_alone_is_what_it_is_in_its_group():
    found = rows("clusters")
    for rule in basis.RULES:
        (alone,) = rows("clusters", sizes=(20,), rules=(rule,)).values()
        for field, value in alone.items():
            assert value is None or value == pytest.approx(found[rule, 20][field], rel=1e-9)


def test_features_are_those_of_the_library():
    x = basis.law("square", 80, stream("study features"))
    kernel = basis.KERNELS["square"]
    features = NystromFeatures(kernel, 30, selection="uniform").fit(x)
    mine = basis.whitened(kernel, x[features.chosen_], x)
    assert torch.allclose(mine, features.transform(x), atol=1e-4)
    assert (mine.square().sum(1) <= 1 + 1e-9).all()


def test_the_laws_have_the_shapes_told():
    draw = stream("study laws")
    strays = basis.law("strays", 4000, draw)
    assert 0.15 < (strays.amax(1) > 1).double().mean() < 0.25
    clusters = basis.law("clusters", 4000, draw)
    centres = 20 * torch.rand(101, 2, generator=stream("basis clusters"), dtype=F64)
    near = torch.cdist(clusters, centres).argmin(1).bincount(minlength=101)
    assert 0.45 < near[0] / 4000 < 0.55
    assert basis.law("twenty", 5, draw).shape == (5, 20)
