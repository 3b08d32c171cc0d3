"""What a page costs to run, and how its front box says it."""

import json
from pathlib import Path

import ldfacts
from contents import pages
from costs import cost

ROOT = Path(__file__).resolve().parents[2]


def test_a_page_that_was_not_measured_says_nothing_of_running(tmp_path):
    costs = tmp_path / "page_costs.json"
    assert ldfacts.run_cost(costs, "book/a") == ("", "")
    about = {"machine": "Toy CPU", "date": "2026-01-02", "load_before": 3.0}
    rows = [{"page": "book/a", "cpu_seconds": 0.4, "mebibytes": 99}]
    costs.write_text(json.dumps({"provenance": about, "rows": rows}))
    assert ldfacts.run_cost(costs, "book/b") == ("", "")
    assert ldfacts.run_cost(costs, "book/a")[0] == "1 CPU second"
    assert "with other work beside it: 0.4 CPU seconds" in ldfacts.run_cost(costs, "book/a")[1]


def test_each_page_with_code_was_measured_and_no_other():
    measured = json.loads((ROOT / "book" / "results" / "page_costs.json").read_text())
    assert [row["page"] for row in measured["rows"]] == pages(ROOT), "run `make costs`"
    assert all(0 < row["cpu_seconds"] < 200 for row in measured["rows"])
    assert measured["provenance"]["threads"] == 1


def test_the_cost_of_a_page_is_that_of_its_own_kernel(tmp_path):
    head = "---\njupytext:\n  text_representation: {extension: .md, format_name: myst}\n---\n"
    work = "import time\ntime.sleep(2)\nwhile time.process_time() < 1.5:\n    pass"
    (tmp_path / "busy.md").write_text(f"{head}# Busy\n\n```{{code-cell}} ipython3\n{work}\n```\n")
    found = cost(tmp_path, "busy")
    assert 1.5 <= found["cpu_seconds"] < 3
    assert 20 < found["mebibytes"] < 20_000
