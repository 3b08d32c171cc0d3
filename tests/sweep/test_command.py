"""The command line of studies: what it says when something fails, and what it leaves behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOY = """
from dataclasses import dataclass
import time

@dataclass(frozen=True, kw_only=True)
class Cell:
    n: int

def cells(scale):
    return [Cell(n=n) for n in range(200)]

def run(cell):
    FIRST
    return {"n": cell.n}
"""
COMMAND = """
import importlib, signal, sys
from ldyn.sweep.command import main

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    sys.exit(main(lambda: ["toy"], importlib.import_module, sys.argv[1:]))
"""


def start(folder: Path, *arguments: str, first: str) -> subprocess.Popen:
    (folder / "toy.py").write_text(TOY.replace("FIRST", first))
    (folder / "command.py").write_text(COMMAND)
    env = {**os.environ, "LDYN_RESULTS": str(folder), "PYTHONPATH": str(folder)}
    line = [sys.executable, str(folder / "command.py"), *arguments]
    return subprocess.Popen(line, env=env, cwd=folder, stderr=subprocess.PIPE, text=True)


def test_failed_cells_say_why(tmp_path):
    process = start(tmp_path, "run", "toy", first="raise OSError('no data; set LDYN_DATA')")
    told = process.communicate()[1]
    assert process.returncode == 1
    assert "200 cells failed: OSError: no data; set LDYN_DATA\n" in told
    assert "run the same command again" in told


def test_smoke_numbers_are_not_frozen(tmp_path):
    process = start(tmp_path, "freeze", "toy", "--scale", "smoke", first="pass")
    assert "freeze SCALE=laptop" in process.communicate()[1]
    assert process.returncode == 2


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_takes_its_workers_with_it(tmp_path, sent):
    process = start(tmp_path, "run", "toy", "--workers", "2", first="time.sleep(0.3)")
    lines = tmp_path / "toy.laptop.jsonl"
    while not (lines.is_file() and lines.read_text()) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(sent)
    told = process.communicate(timeout=15)[1]  # the workers hold the other end of this pipe
    assert "Traceback" not in told
    assert 0 < len(lines.read_text().splitlines()) < 100
    if sent == signal.SIGINT:
        assert process.returncode == 130
        assert "Stopped. To go on, run the same command again" in told
