"""The Python in solutions runs and passes its own check; exercises have stars and one solution."""

import importlib
import re

import pytest
from solutions import BOOK, EXERCISE, SOLUTION, programs, run

PAGES = {p.parent.name: p.name for p in sorted(BOOK.glob("*/*exercises.md"))}
# These take long; slow tests of the chapters run them.
RESEARCH = {
    "ex-delta",
    *("ex-adaptive-alpha", "ex-heavy-tails", "ex-three-dimensions"),
    *("ex-definite", "ex-adam", "ex-slip"),
    "ex-penalty-project",
}
CASES = [(c, label) for c in PAGES for label in sorted(set(programs(c)) - RESEARCH)]


@pytest.mark.parametrize(("chapter", "label"), CASES)
def test_a_solution_passes_its_own_check(chapter, label, monkeypatch):
    names, verdicts = run(chapter, label, monkeypatch)
    judged = label in importlib.import_module(f"ldyn.{chapter}").EXERCISES
    assert [(v.exercise, v.right) for v in verdicts] == [(label, True)] * judged
    if label == "ex-sawtooth":
        assert names["ahead"] == {m: m >= 5 for m in range(1, 9)}
    if label == "ex-design":
        assert names["found"].low - 0.05 < -1 / 2 < names["found"].high + 0.05


@pytest.mark.parametrize("chapter", PAGES)
def test_every_exercise_of_the_page_has_one_solution_and_stars(chapter):
    text = (BOOK / chapter / PAGES[chapter]).read_text("utf-8")
    asked, solved = EXERCISE.findall(text), SOLUTION.findall(text)
    assert len(asked) >= 12
    assert [label for _, label in asked] == [label for _, label, _ in solved]
    assert all(re.match(r"★{1,4} \S", title) for title, _ in asked)
    assert all(":class: dropdown" in body for _, _, body in solved)
