"""The solutions on a chapter's pages, and the Python in them."""

import importlib
import re
from pathlib import Path

BOOK = Path(__file__).resolve().parents[2] / "book"
EXERCISE = re.compile(r"^`{3,}\{exercise\} (.*)\n:label: (ex-[\w-]+)$", re.M)
SOLUTION = re.compile(r"^(`{3,})\{solution\} (ex-[\w-]+)$(.*?)^\1$", re.M | re.S)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)


def programs(chapter):
    """Return the Python of each solution that has any, by label."""
    return {
        label: "\n".join(BLOCK.findall(text))
        for page in sorted((BOOK / chapter).glob("*.md"))
        for _, label, text in SOLUTION.findall(page.read_text("utf-8"))
        if BLOCK.search(text)
    }


def run(chapter, label, monkeypatch):
    """Run the Python of a solution; return its names, and what the checks in it said."""
    verdicts = []
    room = importlib.import_module(f"ldyn.{chapter}")
    honest = room.check

    def listening(exercise, answer):
        verdicts.append(honest(exercise, answer))
        return verdicts[-1]

    monkeypatch.setattr(room, "check", listening)
    names: dict = {}
    exec(compile(programs(chapter)[label], label, "exec"), names)
    return names, verdicts
