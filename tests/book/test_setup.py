"""Every way the set-up can fail ends in a sentence and a non-zero exit, not in a traceback."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[2] / "tools" / "setup.sh"
PLENTY = "echo header; echo /dev/x 9 9 9000000 1% /"
PYTHON = """
case "$*" in
  *sys.exit*) exit {old} ;;
  -V) echo Python 3.10.1 ;;
  "-m venv --clear"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
  *install*) echo "{pip}"; exit {failed} ;;
esac
"""


def script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def run_setup(folder: Path, *, old=0, pip="done", failed=0, df=PLENTY, python="fake-python"):
    tools = folder / "tools"
    tools.mkdir()
    script(tools / "fake-python", PYTHON.format(old=old, pip=pip, failed=failed))
    script(tools / "df", df)
    (folder / "requirements.lock").touch()
    env = {**os.environ, "PYTHON": python, "PATH": f"{tools}:{os.environ['PATH']}"}
    return subprocess.run(["sh", SETUP], cwd=folder, env=env, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"python": "no-such-python"}, "was not found"),
        ({"old": 1}, "Python 3.11 or newer is needed"),
        ({"df": "echo header; echo /dev/x 9 9 100000 99% /"}, "3 GB of free disk, and 97 MB"),
        ({"pip": "OSError: No space left on device", "failed": 1}, "The disk filled up"),
        ({"pip": "NewConnectionError: refused", "failed": 1}, "no network"),
        ({"pip": "No matching distribution found for a==1", "failed": 1}, "Name another Python"),
        ({"pip": "anything else", "failed": 1}, "or start afresh: rm -r .venv"),
    ],
)
def test_a_failed_setup_says_what_to_do(tmp_path, choices, sentence):
    done = run_setup(tmp_path, **choices)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / ".venv" / ".ready").exists()


def test_a_setup_that_works_marks_the_environment_ready(tmp_path):
    done = run_setup(tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / ".venv" / ".ready").exists()


def test_an_environment_left_without_pip_is_made_anew(tmp_path):
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    script(tmp_path / ".venv" / "bin" / "python", "exit 1")
    done = run_setup(tmp_path)
    assert done.returncode == 0, done.stderr
