"""Compute some cells of frozen studies again: do their numbers still come out with this code?

python tools/confirm.py NAME… [--cells 3]

Cells are drawn at random, and with each those that are computed together with it. If every number
agrees to four digits, but for times and memory, the provenance takes up this state of the code
beside the one that computed all rows; if not, the difference is printed and nothing is written.
"""

import argparse
import datetime
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import torch

from ldyn.core import few_threads, stream
from ldyn.core.results import frozen, results_folder
from ldyn.studies import load_study
from ldyn.sweep.freeze import write_frozen
from ldyn.sweep.runner import result_path, run_group
from ldyn.sweep.sources import source_digest

CLOCKED = {"seconds", "answers", "memory", "wall", "fit"}


def same(a: Any, b: Any) -> bool:
    """Return whether two results agree: floats to 1e-4 of their size, the rest as it is."""
    if isinstance(a, float) and isinstance(b, float | int):
        return abs(a - b) <= 1e-4 * abs(b) + 1e-9
    if isinstance(a, list | tuple) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


@contextmanager
def copied_results() -> Iterator[None]:
    """Within it LDYN_RESULTS is a copy: some studies keep networks there, beside their rows."""
    before = os.environ.get("LDYN_RESULTS")
    with TemporaryDirectory() as folder:
        shutil.copytree(results_folder(), folder, dirs_exist_ok=True)
        os.environ["LDYN_RESULTS"] = folder
        try:
            yield
        finally:
            del os.environ["LDYN_RESULTS"]
            os.environ |= {} if before is None else {"LDYN_RESULTS": before}


def differences(study: ModuleType, rows: list[dict[str, Any]], cells: list[Any]) -> list[str]:
    """Return what comes out otherwise than in `rows` when `cells` are computed again."""
    told = []
    for record in run_group(study, cells):
        if "error" in record:
            return [record["error"]]
        (row,) = [r for r in rows if record["cell"].items() <= r.items()]
        told += [
            f"{record['cell']}: {field} is {value}, was {row[field]}"
            for field, value in record["result"].items()
            if field not in CLOCKED and not same(value, row[field])
        ]
    return told


def confirm(study: ModuleType, count: int) -> list[str]:
    """Compute `count` cells of `study` again; write that they agree, or return what does not."""
    name, digest, path = study.__name__.rsplit(".", 1)[-1], source_digest(study), result_path(study)
    table = frozen(name)
    about, rows = table.provenance, table.rows
    cells = study.cells(about["scale"])
    order = torch.randperm(len(cells), generator=stream("confirm", name, digest)).tolist()
    group = getattr(study, "group", asdict)
    done = 0
    for cell in [cells[i] for i in order[:count]]:
        together = [c for c in cells if group(c) == group(cell)]
        sys.stderr.write(f"{name}: {cell}, {len(together)} together\n")
        with copied_results():
            told = differences(study, rows, together)
        if told:
            return told
        done += len(together)
    today = datetime.date.today().isoformat()
    again = {"source": digest, "date": today, "cells": done, "of": len(cells)}
    write_frozen(path, about | {"confirmed": again}, rows)
    return []


def main() -> int:
    """Confirm the studies that are named; the exit status is 1 if one was not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+")
    parser.add_argument("--cells", type=int, default=3)
    choice = parser.parse_args()
    found = {}
    with few_threads():
        for name in choice.names:
            found[name] = confirm(load_study(name), choice.cells)
            print(name, json.dumps(found[name][:3]) if found[name] else "agrees")
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
