"""Frozen results are those of the study as it stands: its cells, its numbers, its code."""

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from ldyn.core import frozen
from ldyn.data import DataError, cause_effect_pairs, cones
from ldyn.studies import load_study, study_names
from ldyn.sweep import freeze, is_stale, run_study
from ldyn.sweep.freeze import LARGEST
from ldyn.sweep.runner import result_path, run_group

RESULTS = Path(__file__).parents[2] / "book" / "results"
FILES = sorted(RESULTS.rglob("*.json"))
TABLES = {p.stem: json.loads(p.read_text()).get("provenance", {}) for p in FILES}
FROZEN = sorted(name for name, about in TABLES.items() if "study" in about)
BENCHMARKS = sorted(name for name, about in TABLES.items() if "benchmark" in about)
PROVENANCE = {"study", "scale", "device", "torch", "dtype", "wall_seconds", "date", "source"}


def read(name: str) -> tuple[dict, list[dict]]:
    data = frozen(name)
    return data.provenance, data.rows


def difference(rows: list[dict], cells: list) -> str:
    """What frozen rows and a study's cells do not share, in words; empty when they agree."""
    fields = [asdict(c) for c in cells]
    names = list(fields[0])
    held = [{n: row.get(n) for n in names} for row in rows]
    told = []
    wanted, found = ({json.dumps(f) for f in table} for table in (fields, held))
    if missing := sorted(wanted - found):
        told.append(f"{len(missing)} cells have no row, such as {missing[0]}")
    if extra := sorted(found - wanted):
        told.append(f"{len(extra)} rows have no cell, such as {extra[0]}")
    if not told and held != fields:
        told.append("rows stand in another order or twice")
    return "; ".join(told)


@pytest.mark.parametrize("name", FROZEN)
def test_frozen_cells_are_those_of_the_study(name):
    about, rows = read(name)
    assert name in study_names(), f"{name}.json has no study; delete it or add the study"
    told = difference(rows, load_study(name).cells(about["scale"]))
    assert not told, f"{told}; run `make study NAME={name} SCALE={about['scale']}` and freeze"


@pytest.mark.parametrize("name", study_names())
def test_every_study_is_frozen(name):
    assert name in FROZEN, f"run `make study NAME={name} SCALE=laptop` and `make freeze`"


def test_every_table_is_of_a_study_or_of_a_benchmark():
    others = {"claims", "page_costs", "conventions", "causal_conventions", "lowcost_conventions"}
    assert set(TABLES) - {*FROZEN, *BENCHMARKS} <= others
    assert len(TABLES) == len(FILES), "two tables of one name; `frozen` finds tables by their name"


@pytest.mark.parametrize("name", FROZEN)
def test_a_table_lies_where_its_study_freezes_it(name):
    assert result_path(load_study(name)).is_file()


def test_no_table_is_larger_than_a_reader_would_wait_for():
    assert [f.name for f in FILES if f.stat().st_size > LARGEST] == []


@pytest.mark.parametrize("name", BENCHMARKS)
def test_frozen_benchmarks_are_no_smoke(name):
    scale = TABLES[name]["scale"]
    assert scale in {"laptop", "full"}, f"run benchmarks/{name}.py --scale laptop to freeze it anew"


@pytest.mark.parametrize("name", FROZEN)
def test_provenance_is_whole_and_rows_are_alike(name):
    about, rows = read(name)
    assert set(about) >= PROVENANCE
    assert about["study"] == name
    assert about["scale"] in {"laptop", "full"}, "smoke numbers are for tests alone"
    assert all(row.keys() == rows[0].keys() or "method" in row for row in rows)
    numbers = [v for row in rows for v in row.values() if isinstance(v, float)]
    assert torch.tensor(numbers).isfinite().all()


def cheapest(name: str) -> list:
    """A cell of every kind at its smallest size, but for networks, forests and the floor."""
    about, _ = read(name)
    found: dict[tuple, object] = {}
    for cell in load_study(name).cells(about["scale"]):
        fields = asdict(cell)
        kind = tuple(fields.get(f) for f in ("target", "method", "basis", "alpha", "dim"))
        found.setdefault(kind, cell)
    costly = {"network", "forest", "floor"}
    return [c for c in found.values() if not costly & set(map(str, asdict(c).values()))]


# Long training amplifies rounding, which differs from one processor to the next.
AMPLIFIED = {"spectrum", "plateau", "surplus", "window", "gamma_rule", "capacity", "meta_cgnn"}
AMPLIFIED |= {"transfer_map", "direction_model", "direction_attempts", "many_choices"}
AMPLIFIED |= {"selected", "density"}  # and so do steps of quasi-Newton that are cut short
AMPLIFIED |= {"generation"}  # and a flow that chooses between pictures
AMPLIFIED |= {"recognition", "picture_choices"}  # half precision, and seconds

# Data that studies read, where a test cannot have them.
PAIRS = ("protocols", "baselines", "near_duplicates", "direction_scores")
NEEDED = {"depth_map": cones} | dict.fromkeys(PAIRS, lambda: cause_effect_pairs("tuebingen"))


@pytest.mark.parametrize("name", sorted(set(FROZEN) - {"sweeps", "ladder"} - AMPLIFIED))
def test_frozen_numbers_come_back(name):
    about, rows = read(name)
    if about["torch"] != torch.__version__.split("+")[0]:
        pytest.skip("the streams of another torch version are other streams")
    if name in NEEDED:
        try:
            NEEDED[name]()
        except DataError as problem:
            pytest.skip(str(problem))
    study, cells = load_study(name), cheapest(name)
    assert cells
    for cell in cells[:8]:
        (record,) = run_group(study, [cell])
        (row,) = [r for r in rows if asdict(cell).items() <= r.items()]
        for field, value in record["result"].items():
            close = isinstance(value, float)
            same = pytest.approx(value, rel=1e-4, abs=1e-9) if close else value
            assert row[field] == same, (cell, field)


TOY = """
from dataclasses import dataclass

@dataclass(frozen=True, kw_only=True)
class Cell:
    n: int

def cells(scale):
    return [Cell(n=n) for n in (1, 2, 4)]

def run(cell):
    return {"risk": 1 / cell.n}
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A study of three cells, run and frozen; the function given writes its source anew."""
    monkeypatch.setenv("LDYN_RESULTS", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(source: str):
        (tmp_path / "frozen_toy.py").write_text(source)
        sys.modules.pop("frozen_toy", None)
        importlib.invalidate_caches()
        return importlib.import_module("frozen_toy")

    monkeypatch.setattr("ldyn.studies.load_study", importlib.import_module)
    study = write(TOY)
    run_study(study, "laptop")
    freeze(study, "laptop")
    yield write
    sys.modules.pop("frozen_toy", None)


def rows_of(tmp_path: Path) -> list[dict]:
    return json.loads((tmp_path / "frozen_toy.json").read_text())["rows"]


def test_other_cells_are_a_difference(toy, tmp_path):
    rows = rows_of(tmp_path)
    assert difference(rows, toy(TOY).cells("laptop")) == ""
    more = toy(TOY.replace("(1, 2, 4)", "(1, 2, 4, 8)"))
    assert difference(rows, more.cells("laptop")) == '1 cells have no row, such as {"n": 8}'
    fewer = toy(TOY.replace("(1, 2, 4)", "(1, 2)"))
    assert difference(rows, fewer.cells("laptop")) == '1 rows have no cell, such as {"n": 4}'
    assert "order" in difference(rows, toy(TOY.replace("(1, 2, 4)", "(4, 2, 1)")).cells("laptop"))
    other = toy(TOY.replace("n: int", "n: int\n    seed: int = 0"))
    assert difference(rows, other.cells("laptop")).startswith("3 cells have no row")


def test_other_code_is_no_difference_but_is_stale(toy, tmp_path):
    assert not is_stale(toy(TOY))
    changed = toy(TOY.replace("1 / cell.n", "1.0 / cell.n"))
    assert difference(rows_of(tmp_path), changed.cells("laptop")) == ""
    assert is_stale(changed)
    assert not is_stale(toy(TOY))


@pytest.fixture
def confirm(monkeypatch):
    """The tool that computes frozen cells again."""
    monkeypatch.syspath_prepend(str(RESULTS.parents[1] / "tools"))
    return importlib.import_module("confirm").confirm


def test_numbers_that_come_back_are_confirmed(toy, tmp_path, confirm):
    changed = toy(TOY.replace("1 / cell.n", "2 / (2 * cell.n)"))
    assert is_stale(changed)
    assert confirm(changed, 2) == []
    assert not is_stale(changed)
    about = json.loads((tmp_path / "frozen_toy.json").read_text())["provenance"]
    assert (about["confirmed"]["cells"], about["confirmed"]["of"]) == (2, 3)
    assert not is_stale(toy(TOY)), "the code that computed all rows stays known"


def test_other_numbers_are_not_confirmed(toy, tmp_path, confirm):
    before = (tmp_path / "frozen_toy.json").read_text()
    keeps = 'from ldyn.core import results_folder as r\n    (r() / "net").touch()\n    return'
    changed = toy(TOY.replace("return {", f"{keeps} {{").replace("1 / cell", "1.001 / cell"))
    (told,) = confirm(changed, 1)
    assert not (tmp_path / "net").exists(), "what a cell keeps beside its rows stays as it was"
    assert "risk is" in told
    assert is_stale(changed)
    assert (tmp_path / "frozen_toy.json").read_text() == before
    (told,) = confirm(toy(TOY.replace("1 / cell.n", "1 / (cell.n - cell.n)")), 1)
    assert "ZeroDivisionError" in told


def test_numbers_of_older_code_are_marked_on_the_page(toy, tmp_path, monkeypatch):
    pytest.importorskip("myst_nb")
    monkeypatch.syspath_prepend(str(RESULTS.parent / "_ext"))
    from ldfacts import frozen_numbers

    page = 'show.run_at_full_scale("frozen_toy")\n'
    (line,) = frozen_numbers(page, tmp_path)
    assert line.startswith("`frozen_toy`, scale laptop, ")
    assert "older code" not in line
    toy(TOY.replace("1 / cell.n", "1.0 / cell.n"))
    (line,) = frozen_numbers(page, tmp_path)
    assert line.endswith("**(older code)**")


def test_a_page_says_that_numbers_were_confirmed(toy, tmp_path, monkeypatch, confirm):
    pytest.importorskip("myst_nb")
    monkeypatch.syspath_prepend(str(RESULTS.parent / "_ext"))
    from ldfacts import frozen_numbers

    assert confirm(toy(TOY.replace("1 / cell.n", "2 / (2 * cell.n)")), 3) == []
    (line,) = frozen_numbers('show.run_at_full_scale("frozen_toy")\n', tmp_path)
    assert "older" not in line
    assert "; 3 of 3 cells again 2" in line
