"""Which tests `make slow` runs: those that took more than a quarter of a second of a processor.

LDYN_WRITE_SLOW=1 measures all tests of a run and writes the list, tests/slow.txt, anew.
"""

import os
import resource
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

LIST = Path(__file__).resolve().parents[1] / "slow.txt"
LIMIT = 0.25  # CPU seconds of the slowest case of a function
measured: defaultdict[str, float] = defaultdict(float)


def function_of(item: pytest.Item) -> str:
    return item.nodeid.split("[")[0]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    listed = set(LIST.read_text("utf-8").split())
    for item in items:
        if function_of(item) in listed:
            item.add_marker("slow")


def _spent() -> float:
    both = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    before = _spent()
    result = yield
    name = function_of(item)
    measured[name] = max(measured[name], _spent() - before)
    return result


def pytest_sessionfinish() -> None:
    if os.environ.get("LDYN_WRITE_SLOW"):
        found = sorted(name for name, spent in measured.items() if spent > LIMIT)
        LIST.write_text("".join(f"{name}\n" for name in found), "utf-8")
