"""Frozen results: each cell once, in the order of its keys, from the right folder."""

import json
from pathlib import Path

import pytest
import torch

from ldyn.core import frozen, results, results_folder

ROWS = [{"n": n, "seed": s, "risk": 1 / (n + s)} for n in (4, 2) for s in (0, 1)]


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A function that freezes rows as the study "toy" and reads them."""
    monkeypatch.setenv("LDYN_RESULTS", str(tmp_path))

    def freeze(rows):
        (tmp_path / "toy.json").write_text(json.dumps({"provenance": {}, "rows": rows}))
        return frozen("toy")

    return freeze


def test_a_table_is_sorted_by_its_keys_and_in_float64(toy):
    assert toy(ROWS).values("n") == [2, 4]
    seeds, sizes, risk = toy(ROWS).table("risk", columns="n", rows="seed")
    assert (seeds, sizes, risk.dtype) == ([0, 1], [2, 4], torch.float64)
    assert risk.tolist() == [[1 / 2, 1 / 4], [1 / 3, 1 / 5]]


@pytest.mark.parametrize("rows", [ROWS[:-1], [*ROWS, ROWS[0]]], ids=["missing", "twice"])
def test_a_cell_that_is_missing_or_stands_twice_is_no_table(toy, rows):
    with pytest.raises(ValueError, match="once each; narrow them"):
        toy(rows).table("risk", columns="n", rows="seed")


def test_a_field_that_some_row_lacks_is_refused(toy):
    with pytest.raises(
        ValueError, match=r"toy has no field 'loss'; it has \['n', 'risk', 'seed'\]"
    ):
        toy([*ROWS, {"loss": 1.0}]).column("loss")


def test_the_folder_is_above_here_or_above_the_package(tmp_path, monkeypatch):
    monkeypatch.delenv("LDYN_RESULTS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert results_folder() == Path(results.__file__).parents[3] / "book" / "results"
    (tmp_path / "book" / "results").mkdir(parents=True)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert results_folder() == tmp_path / "book" / "results"


def test_without_a_folder_it_says_what_to_set(tmp_path, monkeypatch):
    monkeypatch.delenv("LDYN_RESULTS", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(results, "__file__", str(tmp_path / "results.py"))
    with pytest.raises(FileNotFoundError, match="set LDYN_RESULTS"):
        results_folder()


@pytest.mark.parametrize(("threads", "name"), [(1, "CPU, 1 thread"), (4, "CPU, 4 threads")])
def test_a_processor_is_named_with_its_threads(monkeypatch, threads, name):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    assert results.device_name(torch.device("cpu")) == name
