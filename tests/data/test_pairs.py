"""Cause–effect pairs: the published text files and the packed ones hold the same table."""

import io
import os
import re
import zipfile

import numpy as np
import pytest
import torch

from ldyn.data import Pair, cause_effect_pairs
from ldyn.data import files as module
from ldyn.data.formats import pairs

DRAW = np.random.default_rng(5)
X = DRAW.normal(size=(3, 12, 2)).round(6)
FIRST = np.array([1, 0, 1])
MADE = "made_pairs/X"


def packed(**arrays):
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def archive(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in files.items():
            file.writestr(name, text)
    return out.getvalue()


def comma_separated(folder):
    """Row names, and a header that gives the cause away."""
    files = {f"{folder}/pairs_gt.txt": "".join(f"{v}\n" for v in FIRST)}
    for k, rows in enumerate(X, 1):
        lines = [f'"{i}",{a:.15g},{b:.15g}' for i, (a, b) in enumerate(rows, 1)]
        files[f"{folder}/pair_{k}.txt"] = "\n".join(['"","Cause","Effect"', *lines])
    return files


def test_comma_separated_files_and_arrays_give_one_table():
    root = "repository-0e6e"
    files = comma_separated(f"{root}/data/{MADE}") | comma_separated(f"{root}/data/other/X")
    files[f"{root}/data/other/X/pair_1.txt"] = "not,a\nnumber,here"  # another set's
    target = np.where(FIRST == 1, 1, -1).astype(np.int8)
    found = pairs(archive(files), MADE)
    assert np.array_equal(found, pairs(packed(X=X, target=target), MADE))
    assert np.array_equal(found[:, 3:], X.reshape(-1, 2))
    assert found[::12, :3].tolist() == [[1, 1, 1], [2, 1, -1], [3, 1, 1]]


@pytest.mark.parametrize("top", ["", "repository/data/tuebingen_benchmark/"])
def test_the_real_pairs_are_read_by_their_list(top):
    """Blanks or tabs, a third column that is not asked for, a pair of many columns left out."""
    meta = "0001 1 1 2 2 0.166\n0002 2 2 1 1 1 \n0052 5 8 1 4 0\n"
    flagged = np.column_stack([X[1], np.full(12, np.nan)])
    files = {
        f"{top}pairmeta.txt": meta,
        f"{top}pair0001.txt": "\n".join(f"{a:.15g}\t{b:.15g} " for a, b in X[0]),
        f"{top}pair0001_des.txt": "altitude -> temperature",
        f"{top}pair0002.txt": "\n".join(" ".join(f"{v:.15e}" for v in row) for row in flagged),
        f"{top}pair0052.txt": "\n".join(" ".join(["1"] * 8) for _ in range(12)),
    }
    whole = np.array([[1, 1, 1, 2, 2], [2, 2, 2, 1, 1], [52, 5, 8, 1, 4]], dtype=np.int16)
    same = packed(
        pair0001=X[0], pair0002=flagged, pair0052=np.ones((12, 8)), meta=whole,
        weight=np.array([0.166, 1, 0]), univariate=np.array([True, True, False]),
    )  # fmt: skip
    found = pairs(archive(files), "tuebingen_benchmark")
    assert np.array_equal(found, pairs(same, "tuebingen_benchmark"))
    assert np.array_equal(found[:, 3:], X[:2].reshape(-1, 2))
    assert found[::12, :3].tolist() == [[1, 0.166, 1], [2, 1, -1]]


def test_an_archive_of_another_kind_is_refused():
    with pytest.raises(KeyError):
        pairs(archive({"readme.txt": "hello"}), MADE)


def test_a_pair_knows_its_cause_when_swapped():
    x, y = torch.arange(3.0), torch.ones(3)
    pair = Pair(name="made", x=x, y=y, target=1, weight=0.5)
    other = pair.swapped()
    assert torch.equal(other.x, y)
    assert torch.equal(other.y, x)
    assert (other.target, other.weight, other.name) == (-1, 0.5, "made")
    assert other.swapped() == pair


def test_unknown_sets_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=re.escape("AN, LS, SIM, SIM-c, tuebingen")):
        cause_effect_pairs("SIM-G")


@pytest.mark.skipif("LDYN_DATA" not in os.environ, reason="LDYN_DATA names no folder of data")
@pytest.mark.parametrize("name", ["AN", "LS", "SIM", "SIM-c", "tuebingen"])
def test_the_published_pairs(name):
    found = cause_effect_pairs(name)
    assert all(p.x.dtype == p.y.dtype == torch.float64 for p in found)
    assert all(torch.isfinite(torch.stack([p.x, p.y])).all() for p in found)
    if name != "tuebingen":
        assert [len(p.x) for p in found] == [1000] * 100
        assert {p.weight for p in found} == {1.0}
        return
    assert len(found) == 99
    assert len(cause_effect_pairs(name, binary=True)) == 102
    assert sum(p.weight for p in found) == pytest.approx(35.498, abs=1e-3)
    assert min(len(p.x) for p in found) == 94


def test_sources_are_of_the_pinned_commit():
    for name in ("AN", "tuebingen"):
        assert (
            module.SOURCES[f"pairs/{name}.npz"]
            .urls[-1]
            .endswith("0e6eefefc46f1abcd876fe34751e18fbd9d23ef8")
        )


@pytest.mark.parametrize(
    ("field", "bad", "says"),
    [
        ("x", [1.0, 2.0, 3.0], "x must be a torch tensor"),
        ("x", torch.arange(4.0), r"x and y must be \(n,\), got \(4,\) and \(3,\)"),
        ("y", torch.ones(3, 1), r"x and y must be \(n,\)"),
        ("y", torch.tensor([1.0, torch.nan, 2.0]), "y must be finite"),
        ("target", 0, "target must be 1 or -1"),
        ("target", True, "target must be an integer"),
        ("weight", -1.0, "weight >= 0, got 1 and -1.0"),
        ("weight", float("nan"), "weight must be a finite number"),
    ],
)
def test_pairs_that_are_none_are_refused(field, bad, says):
    fields = {"name": "made", "x": torch.arange(3.0), "y": torch.ones(3), "target": 1}
    with pytest.raises(ValueError, match=says):
        Pair(**fields | {field: bad})
