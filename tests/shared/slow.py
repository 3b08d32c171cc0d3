"""Which tests `make slow` runs: those that took more than a tenth of a second of a processor.

LDYN_WRITE_SLOW=1 measures all tests of a run and writes the list, tests/slow.txt, anew.
"""

import os
import resource
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

LIST = Path(__file__).resolve().parents[1] / "slow.txt"
LIMIT = 0.1  # CPU seconds of the slowest case of a function, or of what it stands on
measured: defaultdict[str, float] = defaultdict(float)
fixtures: dict[object, float] = {}


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
def pytest_fixture_setup(fixturedef: pytest.FixtureDef) -> Iterator[object]:
    before = _spent()
    result = yield
    fixtures.setdefault(fixturedef, _spent() - before)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Function) -> Iterator[None]:
    before = _spent()
    result = yield
    # A fixture is set up by whichever test comes first: it counts for all that use it.
    used = [d for defs in item._fixtureinfo.name2fixturedefs.values() for d in defs]
    spent = max([_spent() - before, *(fixtures.get(d, 0.0) for d in used)])
    name = function_of(item)
    measured[name] = max(measured[name], spent)
    return result


def pytest_sessionfinish() -> None:
    if os.environ.get("LDYN_WRITE_SLOW"):
        found = sorted(name for name, spent in measured.items() if spent > LIMIT)
        LIST.write_text("".join(f"{name}\n" for name in found), "utf-8")
