"""pyproject, the lock, requirements.in and environment.yml say the same."""

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)$")


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    found = [PIN.match(line) for line in lines]
    return {m[1].lower().replace("_", "-"): m[2] for m in found if m}


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9._-]", r)[0].lower() for r in requirements}


LOCK = pins("requirements.lock")


def test_the_lock_pins_every_line_exactly():
    lines = [x for x in (ROOT / "requirements.lock").read_text().splitlines() if x[:1] not in "#"]
    assert len(lines) == len(LOCK) > 100
    assert not [v for v in LOCK.values() if "+" in v], "a local tag cannot be installed elsewhere"


def test_requirements_in_agrees_with_the_lock():
    wanted = (ROOT / "requirements.in").read_text().splitlines()
    assert names([w for w in wanted if w and w[0] != "#"]) <= set(LOCK)
    assert {k: LOCK[k] for k in pins("requirements.in")} == pins("requirements.in")


def test_pyproject_names_what_the_lock_holds_without_tight_pins():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [r for group in project["optional-dependencies"].values() for r in group]
    assert names(project["dependencies"] + extras) <= set(LOCK)
    assert not [r for r in project["dependencies"] if "=" in r], "Colab must keep its own versions"
    assert sys.version_info >= tuple(map(int, project["requires-python"][2:].split(".")))


def test_environment_yml_takes_the_lock_and_its_torch():
    env = yaml.safe_load((ROOT / "environment.yml").read_text())
    plain = [d for d in env["dependencies"] if isinstance(d, str)]
    (pip,) = [d["pip"] for d in env["dependencies"] if isinstance(d, dict)]
    assert f"pytorch-cpu={LOCK['torch']}" in plain
    assert "-r requirements.lock" in pip
    assert "python=3.11" in plain


@pytest.mark.parametrize("package", ["torch", "sphinx", "jupyter-book", "matplotlib", "numpy"])
def test_what_runs_here_is_what_the_lock_says(package):
    try:
        assert version(package).split("+")[0] == LOCK[package]
    except PackageNotFoundError:
        pytest.fail(f"{package} is in the lock and not installed; call make again")
