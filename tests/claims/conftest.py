"""The ledger's verdicts: what a claim's test measured, and whether it passed.

A test calls claim(id, measured=…, low=…, high=…) and then asserts; within=… says how far apart the
numbers of two processors may be, a thousandth if it is left out. Verdicts stand in
book/results/claims.json; a test whose verdict or measurement differs from what stands there fails,
and `make verdicts` writes them anew.
"""

import json
import math
import os
from pathlib import Path

import pytest
import yaml

BOOK = Path(__file__).resolve().parents[2] / "book"
PAGES = yaml.safe_load((BOOK / "claims.yml").read_text("utf-8"))
LEDGER = {row["id"]: row for rows in PAGES.values() for row in rows}
RECORD = BOOK / "results" / "claims.json"
WRITE = os.environ.get("LDYN_WRITE_VERDICTS") == "1"


@pytest.fixture
def claim(request):
    """Return the function with which a test says what it measured for a row of the ledger."""

    def record(name, *, measured, low=None, high=None, within=1e-3):
        if name not in LEDGER:
            raise ValueError(f"book/claims.yml has no row {name!r}; it has {sorted(LEDGER)}")
        here = request.node.nodeid.split("[")[0]
        if LEDGER[name].get("test") != here:
            raise ValueError(f"the row {name!r} names {LEDGER[name].get('test')}, not {here}")
        numbers = {
            "measured": measured if isinstance(measured, str) else _rounded(measured),
            "low": _rounded(low),
            "high": _rounded(high),
        }
        request.node.stash.setdefault(CLAIMS, {})[name] = numbers, within

    return record


CLAIMS = pytest.StashKey[dict]()


def _rounded(value):
    return None if value is None else float(f"{float(value):.6g}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    found = item.stash.get(CLAIMS, {})
    if call.when != "call" or not found or (report.failed and not hasattr(report, "wasxfail")):
        return
    for name, (measured, within) in found.items():
        good = "holds with caveats" if LEDGER[name].get("caveat") else "holds"
        entry = measured | {"verdict": "not reproduced" if report.skipped else good}
        known = json.loads(RECORD.read_text("utf-8")) if RECORD.is_file() else {}
        if WRITE:
            known[name] = entry
            lines = ",\n".join(f'"{k}": {json.dumps(known[k])}' for k in sorted(known))
            RECORD.write_text(f"{{\n{lines}\n}}\n", "utf-8")
        elif not _same(known.get(name), entry, within):
            report.outcome = "failed"
            report.longrepr = (
                f"the ledger says {known.get(name)} of {name!r}, the test {entry}; "
                "if this is meant, run `make verdicts` and read the diff"
            )


def _same(known, entry, within):
    if known is None or known.keys() != entry.keys():
        return False
    close = lambda a, b: (  # noqa: E731
        math.isclose(a, b, rel_tol=within, abs_tol=1e-9)
        if isinstance(a, float) and isinstance(b, float)
        else a == b
    )
    return all(close(known[k], entry[k]) for k in entry)
