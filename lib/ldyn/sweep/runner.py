"""Runs a study's cells, appends each as one JSON line, and resumes where a kill left it."""

import importlib
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import parent_process
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

from ldyn.core import few_threads, require_choice, results_folder

SCALES = ("smoke", "laptop", "full")


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run is: cells `done` of `total`, `failed` ones, seconds `left` (nan if unknown)."""

    done: int
    total: int
    failed: int
    left: float

    def __str__(self) -> str:
        eta = "" if self.left != self.left else f", about {self.left / 60:.1f} min left"
        bad = f", {self.failed} failed" if self.failed else ""
        width = 24 * self.done // max(self.total, 1)
        return f"[{'#' * width}{'.' * (24 - width)}] {self.done}/{self.total}{bad}{eta}"


def key(cell: Any) -> str:
    """Return the identity of a cell: its fields as canonical JSON."""
    return json.dumps(asdict(cell), sort_keys=True)


def require_study(study: Any, scale: str, *more: str) -> None:
    """Raise the ValueError of what is no study, for want of a name, cells or `more`, or a scale."""
    require_choice(scale, SCALES, "scale")
    if lacks := [name for name in ("__name__", "cells", *more) if not hasattr(study, name)]:
        told = f"study must be a module with {', '.join(lacks)}, got {study!r}"
        raise ValueError(f"{told}; try one of the studies, such as plateau of landscape")


def result_path(study: ModuleType, suffix: str = ".json") -> Path:
    """Return the file of `study` in the results: a study of a package lies in its folder there."""
    *packages, name = study.__name__.split(".")
    return results_folder().joinpath(*packages[-1:], name + suffix)


def lines_path(study: ModuleType, scale: str) -> Path:
    """Return the file that a run of `study` at `scale` appends to."""
    return result_path(study, f".{scale}.jsonl")


def read_lines(path: Path) -> dict[str, dict[str, Any]]:
    """Return the records of finished cells by identity; a line torn by a kill is left out."""
    records: dict[str, dict[str, Any]] = {}
    if path.is_file():
        for line in path.read_text().splitlines():
            try:
                record = json.loads(line)
            except json.JSONDecodeError:  # the line in flight when the run was killed
                continue
            records[json.dumps(record["cell"], sort_keys=True)] = record
    return records


def failures(study: ModuleType, scale: str) -> dict[str, int]:
    """Return why cells of `study` failed at `scale`, and how many did for each reason."""
    records = read_lines(lines_path(study, scale))
    wanted = [records.get(key(c), {}) for c in study.cells(scale)]
    return Counter(r["error"] for r in wanted if "error" in r)


def run_study(
    study: Any,
    scale: str,
    *,
    executor: Executor | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Progress:
    """Run the cells of `study` at `scale` that are not finished yet, and return the last progress.

    `study` is a module, or another object with a name, cells and run.
    Each finished cell is appended and flushed to disk before the next is counted, so a kill loses
    the cells in flight alone; failed cells are recorded and tried again by the next call. Cells
    that share `study.group(cell)` run as one batched `study.run_group(cells)`. `executor` is
    anything with the concurrent.futures interface (a process pool, a Dask client's executor).

    Raises: ValueError for what is no study, an unknown scale or a study that lists a cell twice.
    """
    require_study(study, scale, "run_group" if hasattr(study, "run_group") else "run")
    cells = study.cells(scale)
    if len({key(c) for c in cells}) != len(cells):
        raise ValueError(f"{study.__name__} lists a cell twice at scale {scale}; give each a seed")
    path = lines_path(study, scale)
    finished = {k for k, r in read_lines(path).items() if "error" not in r}
    todo = [c for c in cells if key(c) not in finished]
    total, done, failed, start = len(cells), len(cells) - len(todo), 0, time.monotonic()
    progress = Progress(done=done, total=total, failed=0, left=float("nan"))
    report(progress)
    _mend_torn_end(path)
    with path.open("a") as out:
        for records in _results(study, _groups(study, todo), executor):
            for record in records:
                out.write(json.dumps(record) + "\n")
            out.flush()
            os.fsync(out.fileno())
            bad = sum("error" in r for r in records)
            failed, done = failed + bad, done + len(records) - bad
            fresh = done + failed - (total - len(todo))
            left = (time.monotonic() - start) / fresh * (len(todo) - fresh)
            progress = Progress(done=done, total=total, failed=failed, left=left)
            report(progress)
    return progress


def run_group(study: ModuleType, cells: list[Any]) -> list[dict[str, Any]]:
    """Return the records of `cells`, computed together; an error becomes a record of its own."""
    start = time.monotonic()
    try:
        if hasattr(study, "run_group"):
            results = study.run_group(cells)
        else:
            results = [study.run(cell) for cell in cells]
    except Exception as error:  # a failed cell must not take the sweep with it; freezing refuses it
        told = f"{type(error).__name__}: {error}"
        return [{"cell": asdict(c), "error": told} for c in cells]
    seconds = (time.monotonic() - start) / len(cells)
    return [
        {"cell": asdict(c), "result": _rounded(r), "seconds": round(seconds, 4)}
        for c, r in zip(cells, results, strict=True)
    ]


def follow_parent() -> None:
    """Let this worker end at Ctrl-C, and when the process that made it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = parent_process()

    def wait() -> None:
        if parent:
            parent.join()
            os._exit(1)

    Thread(target=wait, daemon=True).start()


def _run_named(name: str, cells: list[Any]) -> list[dict[str, Any]]:
    with few_threads():  # the pool already fills the cores
        return run_group(importlib.import_module(name), cells)


def _results(
    study: ModuleType, groups: list[list[Any]], executor: Executor | None
) -> Iterable[list[dict[str, Any]]]:
    if executor is None:
        for group in groups:
            yield run_group(study, group)
        return
    futures: list[Future[list[dict[str, Any]]]] = [
        executor.submit(_run_named, study.__name__, group) for group in groups
    ]
    for future in as_completed(futures):
        yield future.result()


def _groups(study: ModuleType, cells: list[Any]) -> list[list[Any]]:
    if not hasattr(study, "group"):
        return [[c] for c in cells]
    groups: dict[Any, list[Any]] = {}
    for c in cells:
        groups.setdefault(study.group(c), []).append(c)
    return list(groups.values())


def _mend_torn_end(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and (data := path.read_bytes()) and not data.endswith(b"\n"):
        with path.open("ab") as out:
            out.write(b"\n")


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(v) for v in value]
    return value
