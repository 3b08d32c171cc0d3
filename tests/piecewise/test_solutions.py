"""The code in the solutions of the exercises page runs, and shows what the text says of it."""

import re
from pathlib import Path

import pytest

from ldyn.core import Verdict
from ldyn.piecewise import exercises

PAGE = Path(__file__).resolve().parents[2] / "book" / "piecewise" / "exercises.md"
SOLUTION = re.compile(r"^(`{3,})\{solution\} (ex-[\w-]+)$(.*?)^\1$", re.M | re.S)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
RESEARCH = {"ex-adaptive-alpha", "ex-heavy-tails", "ex-three-dimensions"}


def programs():
    return {
        label: "\n".join(BLOCK.findall(text))
        for _, label, text in SOLUTION.findall(PAGE.read_text("utf-8"))
        if BLOCK.search(text)
    }


def run(label, monkeypatch):
    """Run the blocks of a solution; return its names, and what the checks in it said."""
    verdicts: list[Verdict] = []
    honest = exercises.check

    def listening(exercise, answer):
        verdicts.append(honest(exercise, answer))
        return verdicts[-1]

    monkeypatch.setattr("ldyn.piecewise.check", listening)
    names: dict = {}
    exec(compile(programs()[label], label, "exec"), names)
    return names, verdicts


@pytest.mark.parametrize("label", sorted(set(programs()) - RESEARCH))
def test_a_solution_passes_its_own_check(label, monkeypatch):
    names, verdicts = run(label, monkeypatch)
    assert [(v.exercise, v.right) for v in verdicts] == [(label, True)]
    if label == "ex-sawtooth":
        assert names["ahead"] == {m: m >= 5 for m in range(1, 9)}
    if label == "ex-design":
        assert names["found"].low - 0.05 < -1 / 2 < names["found"].high + 0.05


def test_every_exercise_of_the_page_has_one_solution_and_stars():
    text = PAGE.read_text("utf-8")
    asked = re.findall(r"^`{3,}\{exercise\} (.*)\n:label: (ex-[\w-]+)$", text, re.M)
    solved = [label for _, label, _ in SOLUTION.findall(text)]
    assert [label for _, label in asked] == solved
    assert all(re.match(r"★{1,4} \S", title) for title, _ in asked)
    assert all(":class: dropdown" in body for _, _, body in SOLUTION.findall(text))


@pytest.mark.slow
def test_held_out_data_choose_nearly_the_best_boundary(monkeypatch):
    names, _ = run("ex-adaptive-alpha", monkeypatch)
    assert sum(names["ratios"]) / len(names["ratios"]) < 1.5


@pytest.mark.slow
def test_clipping_restores_the_rate_under_cauchy_noise(monkeypatch):
    places = run("ex-heavy-tails", monkeypatch)[0]["places"]
    assert 250 * places(250, clip=True) < 4
    assert 4000 * places(4000, clip=True) < 4
    assert places(4000, clip=False) > 0.05


@pytest.mark.slow
def test_planes_in_cells_reach_the_rate_of_smooth_surfaces(monkeypatch):
    found = run("ex-three-dimensions", monkeypatch)[0]["found"]
    assert found.value == pytest.approx(-1 / 2, abs=0.12)
