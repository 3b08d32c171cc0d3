"""The command line of studies: run or resume one, freeze it, list them."""

import argparse
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from multiprocessing import active_children, get_context
from types import ModuleType
from typing import Any

from ldyn.sweep.freeze import freeze
from ldyn.sweep.runner import SCALES, Progress, failures, follow_parent, run_study

AGAIN = "run the same command again: finished cells are kept"


def main(
    names: Callable[[], list[str]],
    load: Callable[[str], ModuleType],
    arguments: list[str] | None = None,
) -> int:
    """Run the command line for the studies that `names` lists, and return its exit status.

    `load` gives the module of a name and raises ValueError for an unknown one.
    """
    parser = argparse.ArgumentParser(prog="python -m ldyn.studies")
    parser.add_argument("action", choices=["run", "freeze", "list"])
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("--scale", choices=SCALES, default="laptop")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--dask", metavar="ADDRESS", help="a Dask scheduler, or 'local'")
    choice = parser.parse_args(arguments)
    if choice.action == "list":
        sys.stdout.write("\n".join(names()) + "\n")
        return 0
    try:
        study = load(choice.name)
        if choice.action == "freeze":
            return _freeze(study, choice.scale)
        with _executor(choice.workers, choice.dask) as executor:
            last = run_study(study, choice.scale, executor=executor, report=_show)
    except (ValueError, OSError) as error:  # an unknown name, no results folder, a full disk
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write(f"\nStopped. To go on, {AGAIN}.\n")
        return 130
    except BrokenExecutor:
        told = f"A worker was stopped from outside, often for want of memory; {AGAIN}"
        sys.stderr.write(f"\n{told}. WORKERS=1 needs the least memory.\n")
        return 1
    sys.stderr.write("\n")
    if last.failed:
        _tell(failures(study, choice.scale))
    return int(bool(last.failed))


def _freeze(study: ModuleType, scale: str) -> int:
    if scale == "smoke":
        raise ValueError("smoke numbers are for tests alone; freeze SCALE=laptop or SCALE=full")
    sys.stdout.write(f"frozen: {freeze(study, scale)}\n")
    return 0


def _tell(reasons: dict[str, int]) -> None:
    ranked = sorted(reasons.items(), key=lambda entry: -entry[1])
    for reason, count in ranked[:3]:
        sys.stderr.write(f"{count} cell{'s' * (count != 1)} failed: {reason}\n")
    if others := ranked[3:]:
        sys.stderr.write(f"{sum(n for _, n in others)} failed for other reasons\n")
    sys.stderr.write(f"Mend the cause and {AGAIN}.\n")


def _show(progress: Progress) -> None:
    sys.stderr.write(f"\r{progress}\033[K")
    sys.stderr.flush()


def _executor(workers: int, dask: str | None) -> Any:
    if dask:
        return dask_executor(dask)
    if workers > 1:
        return _pool(workers)
    return nullcontext()


@contextmanager
def _pool(workers: int) -> Iterator[Executor]:
    spawn = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=follow_parent) as pool:
        try:
            yield pool
        except BaseException:  # leaving the pool would wait for cells that nobody writes down
            for worker in active_children():
                worker.terminate()
            raise


def dask_executor(address: str) -> Executor:
    """Return the executor of a Dask scheduler at `address`, or of a local cluster for "local".

    Raises: ValueError when Dask is not installed.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ValueError("Dask is not installed; try pip install 'ldyn[dask]'") from None
    client = Client() if address == "local" else Client(address)
    executor: Executor = client.get_executor()
    return executor
