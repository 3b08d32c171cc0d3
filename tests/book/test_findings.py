"""The scripts of `findings/` keep their form. What they find is theirs to say, with a network."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "findings").glob("*.sh"))
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| \S.* \|$", re.MULTILINE)


@pytest.fixture(params=SCRIPTS, ids=lambda path: path.stem)
def script(request):
    return request.param


def test_the_table_names_each_script_once():
    rows = ROW.findall((ROOT / "findings" / "README.md").read_text())
    assert sorted(rows) == [path.stem for path in SCRIPTS]
    assert len(rows) > 10


def test_the_head_says_software_version_behaviour_sight_and_cure(script):
    head = script.read_text().partition("set -eu")[0].splitlines()
    assert head[0] == "#!/bin/sh"
    software = re.match(r"# ([\w-]+) (\d[\w.]*)[: ]", head[1])
    assert software, "the first line names the software and its version"
    pinned = re.search(r'^pinned="(.*)"$', script.read_text(), re.MULTILINE)[1].split()
    assert f"{software[1]}=={software[2]}" in pinned
    assert all(re.fullmatch(r"[\w-]+==\d[\w.]*", pin) for pin in pinned), "pins are exact"
    fields = [line.split(":")[0] for line in head[2:] if re.match(r"# [A-Z]\w+:", line)]
    assert fields == ["# Behaviour", "# Seen", "# Instead"]


def test_it_works_in_a_folder_of_its_own_without_our_code(script):
    text = script.read_text()
    start = """folder=$(mktemp -d)\ntrap 'trap "" INT TERM; rm -rf "$folder"' EXIT\n"""
    assert start in text, "removed at the end, and a second Ctrl-C does not stop that"
    assert 'cd "$folder"\nexport TMPDIR="$folder"' in text
    assert "python -I " in text, "isolated: no PYTHONPATH, no packages of the user"
    assert "ldyn" not in text
    assert not re.search(r"https?://|/home/|/root/|index-url", text)


def test_it_is_a_program_that_ends_in_a_sentence(script):
    text = script.read_text()
    assert script.stat().st_mode & stat.S_IXUSR
    assert subprocess.run(["sh", "-n", script], capture_output=True).returncode == 0
    (probe,) = re.findall(r"<<'END'\n(.*)\nEND\n", text, re.DOTALL)
    compile(probe, script.name, "exec")
    assert "raise SystemExit(not " in probe
    ends = re.findall(r'echo "((?:as found|changed|not run): [^"]+\.)"\n(?:    exit (\d))?', text)
    ended = {sentence.split(":")[0]: code for sentence, code in ends}
    assert ended == {"not run": "2", "as found": "", "changed": "1"}


def run_all(folder: Path, statuses: dict[str, int], *named: str):
    (folder / "tools").mkdir()
    (folder / "findings").mkdir()
    shutil.copy(ROOT / "tools" / "findings.sh", folder / "tools")
    for name, status in statuses.items():
        (folder / "findings" / f"{name}.sh").write_text(f"exit {status}\n")
    tool = ["sh", str(folder / "tools" / "findings.sh"), *named]
    return subprocess.run(tool, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("statuses", "status", "last"),
    [
        ({"a": 0, "b": 0}, 0, "2 as found, 0 changed, 0 not run."),
        ({"a": 0, "b": 1, "c": 0}, 1, "2 as found, 1 changed, 0 not run."),
        ({"a": 2, "b": 0}, 1, "1 as found, 0 changed, 1 not run."),
    ],
)
def test_make_findings_counts_and_fails_unless_all_are_as_found(tmp_path, statuses, status, last):
    done = run_all(tmp_path, statuses)
    assert done.returncode == status
    *rows, total = done.stdout.splitlines()[-len(statuses) - 1 :]
    assert total == last
    words = {0: "as found", 1: "changed", 2: "not run"}
    for row, (name, code) in zip(rows, statuses.items(), strict=True):
        assert row.startswith(words[code])
        assert row.endswith(f"findings/{name}.sh")


def test_one_can_be_named_and_a_name_that_is_not_there_is_answered_with_those_that_are(tmp_path):
    done = run_all(tmp_path, {"a": 0, "b": 1}, "a")
    assert done.returncode == 0
    assert "1 as found" in done.stdout
    tool = ["sh", str(tmp_path / "tools" / "findings.sh"), "c"]
    missing = subprocess.run(tool, capture_output=True, text=True)
    assert missing.returncode == 2
    assert "There is no findings/c.sh. There are: a b" in missing.stderr


def test_a_script_that_cannot_install_says_so_and_leaves_nothing_behind(tmp_path):
    python = tmp_path / "python"
    python.write_text(
        '#!/bin/sh\nmkdir -p "$3/bin"\n'
        "printf '#!/bin/sh\\necho no network; exit 1\\n' >\"$3/bin/pip\"\n"
        'chmod +x "$3/bin/pip"\n'
    )
    python.chmod(0o755)
    (tmp_path / "left").mkdir()
    env = {**os.environ, "PYTHON": str(python), "TMPDIR": str(tmp_path / "left")}
    done = subprocess.run([SCRIPTS[0]], env=env, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout.splitlines() == [
        "no network",
        "not run: the pinned packages could not be installed.",
    ]
    assert not list((tmp_path / "left").iterdir())


def test_help_lists_it():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True)
    assert re.search(r"^  make findings +\S", done.stdout, re.MULTILINE)
