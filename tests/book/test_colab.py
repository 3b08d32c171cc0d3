"""The first cell of every reader's notebook: on Colab only, and torch stays as Colab has it."""

import ast
import json
import re
from pathlib import Path

import pytest
import yaml
from notebooks import install_cell

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(
    p for p in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts
)


def check_install(source: str, address: str) -> None:
    """Fail unless everything is fetched inside the test for Colab and torch is left alone."""
    commands = re.findall(r"^[ \t]*([!%].*)$", source, re.M)
    plain = re.sub(r"^([ \t]*)[!%].*$", r"\1pass", source, flags=re.M)
    imported, guard = ast.parse(plain).body
    assert ast.unparse(imported) == "import sys"
    assert ast.unparse(guard.test) == "'google.colab' in sys.modules"
    assert all(isinstance(line, ast.Pass) for line in guard.body)
    assert not guard.orelse
    assert len(commands) == len(guard.body), "a command stands outside of the test for Colab"
    assert any(address in command for command in commands if "git clone" in command)
    pips = [command for command in commands if "pip" in command]
    assert pips
    for command in pips:
        assert "--no-deps" in command
        assert "torch" not in command
        assert not re.search(r"-U\b|--upgrade|-r ", command)


@pytest.fixture(scope="module")
def address():
    return yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: str(p.relative_to(ROOT / "notebooks")))
def test_the_install_cell_leaves_torch_alone(path, address):
    book = json.loads(path.read_text("utf-8"))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    if code:
        check_install("".join(code[0]["source"]), address)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: str(p.relative_to(ROOT / "notebooks")))
def test_notebooks_are_small_and_carry_no_outputs(path):
    book = json.loads(path.read_text("utf-8"))
    assert path.stat().st_size < 200_000
    assert all(not cell.get("outputs") for cell in book["cells"])
    ids = [cell["id"] for cell in book["cells"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("--no-deps ", ""),
        ("--no-deps", "--no-deps torch"),
        ("    !pip", "!pip"),
        ('"google.colab" in sys.modules', "True"),
        ("https://", "https://elsewhere/"),
    ],
)
def test_the_check_refuses_what_it_should(address, old, new):
    source = install_cell(ROOT)
    check_install(source, address)
    assert old in source
    with pytest.raises((AssertionError, IndentationError)):
        check_install(source.replace(old, new), address)


def test_the_address_stands_in_one_place(address):
    where = [
        str(path.relative_to(ROOT))
        for folder in ("book", "lib", "tools", "tests", ".github")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and path.suffix in {".py", ".md", ".js", ".yml", ".css", ".toml", ".sh", ".html"}
        and "vendor" not in path.parts
        and address in path.read_text("utf-8")
    ]
    assert where == []
