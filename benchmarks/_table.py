"""Times contestants in turn on the same work, prints a small table, and freezes it."""

import argparse
import datetime
import os
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from ldyn.core import default_device, results_folder
from ldyn.core.results import device_name
from ldyn.sweep.freeze import write_frozen

THREADS = 2


def asked_scale() -> str:
    """Return --scale: "laptop", "full", or "smoke" (for tests, not worth freezing)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", choices=["smoke", "laptop", "full"], default="laptop")
    scale = str(parser.parse_args().scale)
    if scale == "smoke" and "LDYN_RESULTS" not in os.environ:
        parser.error("smoke would replace the book's table; set LDYN_RESULTS to another folder")
    return scale


def seconds(
    work: Callable[[], Any], device: torch.device, threads: int = THREADS
) -> tuple[float, Any]:
    """Return the wall time of `work`, the device's queue emptied, and its result."""
    torch.set_num_threads(threads)
    with threadpool_limits(threads):
        _wait(device)
        start = time.perf_counter()
        result = work()
        _wait(device)
        return time.perf_counter() - start, result


def alternate(
    contestants: dict[str, Callable[[], Any]],
    repeat: int,
    device: torch.device,
    threads: int = THREADS,
) -> dict[str, tuple[float, Any]]:
    """Return time and result of each contestant, run one after another, odd repeats in reverse."""
    order = list(contestants)[:: -1 if repeat % 2 else 1]
    found = {name: seconds(contestants[name], device, threads) for name in order}
    return {name: found[name] for name in contestants}


def ratio(slow: list[float], fast: list[float]) -> float:
    """Return the median over repeats of slow / fast, each repeat by itself."""
    return statistics.median(a / b for a, b in zip(slow, fast, strict=True))


class Run:
    """One run of a benchmark: `rows` to print and freeze, and the load of the machine before."""

    def __init__(self, name: str, scale: str, *, dtype: str, threads: int = THREADS) -> None:
        self.name, self.scale, self.dtype, self.threads = name, scale, dtype, threads
        self.device = default_device()
        self.start, self.load = time.perf_counter(), _load()
        self.rows: list[dict[str, Any]] = []

    def add(self, **row: Any) -> None:
        """Add a row, its numbers to 6 significant digits."""
        self.rows.append(
            {k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in row.items()}
        )

    def finish(self) -> Path:
        """Print the table, freeze it with its provenance, and return the file."""
        names = list(self.rows[0])
        table = [names, *([_cell(row.get(n)) for n in names] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        for line in table:
            print("  ".join(text.ljust(w) for text, w in zip(line, widths, strict=True)).rstrip())
        path = write_frozen(
            results_folder() / "benchmarks" / f"{self.name}.json", self.provenance(), self.rows
        )
        print(f"frozen: {path}")
        return path

    def provenance(self) -> dict[str, Any]:
        """Return where these numbers come from."""
        torch.set_num_threads(self.threads)
        return {
            "benchmark": self.name,
            "scale": self.scale,
            "device": device_name(self.device),
            "cores": os.cpu_count(),
            "threads": self.threads,
            "load_before": self.load,
            "load_after": _load(),
            "torch": torch.__version__.split("+")[0],
            "sklearn": version("scikit-learn"),
            "python": sys.version.split()[0],
            "dtype": self.dtype,
            "wall_seconds": round(time.perf_counter() - self.start, 1),
            "date": datetime.date.today().isoformat(),
        }


def _load() -> float | None:
    """The load average of the last minute: how many processes wanted a core."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str("" if value is None else value)
