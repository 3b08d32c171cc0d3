"""What the outputs of a page depend on, as a digest: the key under which they are kept."""

import hashlib
import json
import os
import platform
import re
import sysconfig
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ldreach import Library, Reach
from ldsource import Unresolved, moving_figures

_CELL = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{code-cell\}[^\n]*\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.M | re.S
)
_OPTIONS = re.compile(r"\A(?:---\n.*?^---\n|(?:[ \t]*:[\w-]+:[^\n]*\n)+)", re.M | re.S)
_FROZEN = re.compile(r"\b(?:frozen|run_at_full_scale)\(\s*[\"']([\w-]+)[\"']")
_COMMON = ("_common", "_chart")
_STALENESS = ("sweep/sources.py", "sweep/freeze.py")  # they say whether frozen numbers are stale


@dataclass(frozen=True)
class Inputs:
    """Digests of what a page's outputs depend on, and of what its built text depends on besides."""

    run: str
    read: str


class Book:
    """The files of the book at `root`, each read once."""

    def __init__(self, root: Path, memory: Path | None = None):
        self.root, self.memory = root, memory
        self.package = root / "lib" / "ldyn"
        self.library = Library(self.package)
        self.results = Path(os.environ.get("LDYN_RESULTS") or root / "book" / "results")
        self._contents: dict[Path, str] = {}
        self._known = self._remembered()

    def inputs(self, source: str) -> Inputs:
        """Return the digests of a page with this source."""
        page = _digest(source)
        if page not in self._known:
            self._known[page] = self._inputs(source)
        return self._known[page]

    def remember(self) -> None:
        """Keep the digests for a build in which nothing but pages has changed."""
        if self.memory:
            self.memory.parent.mkdir(parents=True, exist_ok=True)
            known = {page: (one.run, one.read) for page, one in self._known.items()}
            self.memory.write_text(json.dumps({"state": self.state, "pages": known}), "utf-8")

    def _remembered(self) -> dict[str, Inputs]:
        if not self.memory or not self.memory.is_file():
            return {}
        kept = json.loads(self.memory.read_text("utf-8"))
        return {p: Inputs(*two) for p, two in kept["pages"].items() if kept["state"] == self.state}

    @cached_property
    def state(self) -> str:
        """A digest of everything but the pages."""
        return _digest(self.base, *map(self._content, self.everything + self.code))

    def reach(self, source: str) -> Reach:
        """Return what the code cells of a page reach. Raises: Unresolved."""
        return self.library.page(cells(source))

    def _inputs(self, source: str) -> Inputs:
        if "{code-cell}" not in source:
            return Inputs("", _digest(*self._studies(source)))
        try:
            reach = self.reach(source)
            shown, used = moving_figures(cells(source))
            used |= {"" for place, text in reach.text.items() if _draws(place, text)}
            files = self.everything if reach.all_results else self._named(reach.frozen)
            files = [*files, *self._figures(used)]
            run = _digest(self.base, *reach.text.items(), *map(self._content, files))
            read = _digest(run, *map(self._content, self._figures(shown)), *self._studies(source))
        except Unresolved as error:
            files = self.everything + self.code
            run = read = _digest(self.base, str(error), *map(self._content, files))
        return Inputs(run, read)

    @cached_property
    def base(self) -> str:
        """What every page depends on: the versions of Python and of the packages that the lock
        names, whether studies are run anew, and how all this is found.
        """
        lock = self.root / "requirements.lock"
        text = lock.read_text("utf-8") if lock.is_file() else ""
        here = Path(sysconfig.get_path("purelib"))
        there = sorted(path.name for path in here.glob("*.dist-info"))
        named = {_plain(name) for name in re.findall(r"^([\w.-]+) *[=@]", text, re.M)}
        installed = [name for name in there if _plain(name.partition("-")[0]) in named]
        own = [Path(__file__).with_name(f"{n}.py") for n in ("ldinputs", "ldreach", "ldsource")]
        told = [platform.python_version(), os.environ.get("LDYN_FULL", ""), text]
        return _digest(*told, *installed, *(path.read_text("utf-8") for path in own))

    @cached_property
    def everything(self) -> list[Path]:
        """All frozen results but what pages took to run: that stands in a box, written anew."""
        found = sorted(p for p in self.results.rglob("*") if p.is_file())
        return [p for p in found if p.name != "page_costs.json" and p.suffix != ".jsonl"]

    @cached_property
    def code(self) -> list[Path]:
        """All files of the library."""
        return [p for kind in ("*.py", "*.js") for p in sorted(self.package.rglob(kind))]

    def _named(self, names: frozenset[str]) -> list[Path]:
        return [path for path in self.everything if path.stem in names and path.suffix == ".json"]

    def _figures(self, names: set[str]) -> list[Path]:
        wanted = {*names, *_COMMON} if names else set()
        folder = self.package / "show" / "figures"
        return [p for p in sorted(folder.rglob("*.js")) if p.stem in wanted or "" in names]

    def _studies(self, source: str) -> list[str]:
        """What decides whether the front box calls the frozen numbers of a page older."""
        names = set(_FROZEN.findall(source))
        paths = [p for p in sorted((self.package / "studies").rglob("*.py")) if p.stem in names]
        if not paths:
            return []
        files = [self.package / place for place in _STALENESS] + self._named(frozenset(names))
        reached = []
        for path in paths:
            try:
                reached.append(repr(sorted(self.library.module(path).text.items())))
            except Unresolved:
                files += [p for p in self.code if p.suffix == ".py"]
        return reached + [repr(self._content(path)) for path in files]

    def _content(self, path: Path) -> tuple[str, str]:
        if path not in self._contents:
            self._contents[path] = hashlib.sha256(path.read_bytes()).hexdigest()
        base = self.results if path.is_relative_to(self.results) else self.root
        return path.relative_to(base).as_posix(), self._contents[path]


def cells(source: str) -> list[str]:
    """Return the code cells of a page. Raises: Unresolved when they are not found."""
    found = [_OPTIONS.sub("", match["body"]) for match in _CELL.finditer(source)]
    if len(found) != source.count("{code-cell}"):
        raise Unresolved("a code cell that is written in another way")
    return found


def _draws(place: str, text: str) -> bool:
    """Whether a definition outside of its own module asks for a moving figure."""
    return not place.startswith("show/moving.py") and "moving" in text


def _digest(*parts: str | tuple[str, str]) -> str:
    whole = hashlib.sha256()
    for part in sorted(map(repr, parts)):
        whole.update(f"{part}\0".encode())
    return whole.hexdigest()[:16]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
