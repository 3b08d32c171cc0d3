"""python -m ldyn.studies run NAME --scale laptop --workers 2 | freeze NAME --scale … | list."""

import argparse
import sys
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context
from typing import Any

from ldyn.studies.freeze import freeze
from ldyn.studies.runner import SCALES, Progress, load_study, run_study, study_names


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m ldyn.studies")
    parser.add_argument("action", choices=["run", "freeze", "list"])
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("--scale", choices=SCALES, default="laptop")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--dask", metavar="ADDRESS", help="a Dask scheduler, or 'local'")
    choice = parser.parse_args(arguments)
    if choice.action == "list":
        sys.stdout.write("\n".join(study_names()) + "\n")
        return 0
    try:
        study = load_study(choice.name)
        if choice.action == "freeze":
            sys.stdout.write(f"frozen: {freeze(study, choice.scale)}\n")
            return 0
        with _executor(choice.workers, choice.dask) as executor:
            last = run_study(study, choice.scale, executor=executor, report=_show)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stderr.write("\n")
    if last.failed:
        sys.stderr.write(f"{last.failed} cells failed; run again to try them once more\n")
    return int(bool(last.failed))


def _show(progress: Progress) -> None:
    sys.stderr.write(f"\r{progress}\033[K")
    sys.stderr.flush()


def _executor(workers: int, dask: str | None) -> Any:
    if dask:
        return dask_executor(dask)
    if workers > 1:
        return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    return nullcontext()


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


if __name__ == "__main__":
    sys.exit(main())
