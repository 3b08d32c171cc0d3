"""What the code of a page reaches in the library, and which frozen results it reads.

Read from the source, without running it. What is found may be too much, never too little: code
that cannot be followed is `Unresolved`, and depends on everything.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ldsource import Unresolved, Uses, bound, code, is_quiet, parse, scan

# These hand on a name, read the figures' modules, find the folder, or read a docstring to refuse by:
# what they are asked counts.
TRUSTED = {"core/results.py", "show/notes.py", "show/moving.py", "gate/contract.py"}

Node = tuple[Path, str]  # a file and a name it binds; "" for what importing the file does


@dataclass
class _File:
    lines: list[str]
    bound: dict[str, list[ast.stmt]] = field(default_factory=dict)
    effects: list[ast.stmt] = field(default_factory=list)
    uses: Uses = field(default_factory=Uses)  # of its imports


@dataclass(frozen=True)
class Reach:
    """The text of each definition reached, and the names of frozen results, or all of them."""

    text: dict[str, str]
    frozen: frozenset[str]
    all_results: bool


class Library:
    """The package at `package`, as source: asked once about each definition."""

    def __init__(self, package: Path):
        self.package = package
        self._files: dict[Path, _File] = {}
        self._direct: dict[Node, tuple[str, str, set[Node], Uses]] = {}

    def page(self, cells: Iterable[str]) -> Reach:
        """Return what the code cells of a page reach. Raises: Unresolved."""
        tree = ast.Module([s for cell in cells for s in parse(cell).body], [])
        uses = scan(tree.body, page=True)
        return self._walk(self._targets(uses, None), uses)

    def module(self, path: Path) -> Reach:
        """Return what a module of the library reaches. Raises: Unresolved."""
        return self._walk({(path, name) for name in ["", *self._file(path).bound]}, Uses())

    def _walk(self, start: set[Node], own: Uses) -> Reach:
        todo, text = list(start), {}
        names, everything = set(own.frozen), own.all_results
        seen = set(start)
        while todo:
            node = todo.pop()
            place, source, targets, uses = self._asked(node)
            text[place] = source
            names |= uses.frozen
            everything = everything or uses.all_results
            todo += targets - seen
            seen |= targets
        return Reach(text, frozenset(names), everything)

    def _asked(self, node: Node) -> tuple[str, str, set[Node], Uses]:
        if node not in self._direct:
            path, name = node
            file = self._file(path)
            statements = file.bound[name] if name else file.effects
            place = path.relative_to(self.package).as_posix()
            uses = scan(statements, trusted=place in TRUSTED)
            targets = self._targets(uses, path) | ({(path, "")} if name else self._imported(path))
            text = "\n".join(code(file.lines, s) for s in statements)
            self._direct[node] = f"{place}:{name}", text, targets, uses
        return self._direct[node]

    def _imported(self, path: Path) -> set[Node]:
        """What importing a file imports: its packages, and the files that its imports name."""
        found = {(above / "__init__.py", "") for above in path.parents if self._has(above)}
        for module, name in self._file(path).uses.imports.values():
            found |= {(at, "") for at, _ in self._find(module, name)}
            found.add((self._place(module), ""))
        return found - {(path, "")}

    def _has(self, folder: Path) -> bool:
        return folder.is_relative_to(self.package) and (folder / "__init__.py").is_file()

    def _targets(self, uses: Uses, path: Path | None) -> set[Node]:
        """What names lead to: definitions of the same file, or what was imported."""
        file = self._file(path) if path else _File([])
        imported = file.uses.imports | uses.imports
        found: set[Node] = set()
        for local in uses.names | {base for base, _ in uses.attributes} | set(uses.imports):
            if path and local in file.bound:
                found.add((path, local))
            if local in imported:
                asked = {a for base, a in uses.attributes if base == local}
                found |= self._through(imported[local], asked, bare=local in uses.names)
        return found

    def _through(self, imported: tuple[str, str], asked: set[str], *, bare: bool) -> set[Node]:
        """What an imported name leads to; of a module, what it is asked for."""
        module, name = imported
        if not name:  # import ldyn
            if bare or asked - {"__file__"}:
                raise Unresolved("ldyn itself is used")
            return set()
        found = set(self._find(module, name))
        if any(not one for _, one in found):
            if bare:
                raise Unresolved(f"the module {name} is handed on")
            for attribute in asked:
                found |= set(self._find(f"{module}.{name}", attribute))
        return found | {(self._place(module), "")}

    def _find(self, module: str, name: str) -> list[Node]:
        """Where `from module import name` finds it; ("", as name) when it is a module."""
        path = self._place(module)
        file, found = self._file(path), []
        if name in file.bound:
            found.append((path, name))
        if name in file.uses.imports:
            found += self._find(*file.uses.imports[name])
        if not found:
            found.append((self._place(f"{module}.{name}"), ""))
        return found

    def _place(self, module: str) -> Path:
        base = self.package.joinpath(*module.split(".")[1:])
        for path in (base / "__init__.py", base.parent / f"{base.name}.py"):
            if path.is_file():
                return path
        raise Unresolved(f"no module or name {module} in the library")

    def _file(self, path: Path) -> _File:
        if path not in self._files:
            text = path.read_text("utf-8")
            file = self._files[path] = _File(text.splitlines())
            imports = []
            for statement in parse(text).body:
                names = bound(statement)
                for name in names:
                    file.bound.setdefault(name, []).append(statement)
                if isinstance(statement, ast.Import | ast.ImportFrom):
                    imports.append(statement)
                elif not is_quiet(statement):
                    file.effects.append(statement)
            file.uses = scan(imports)
        return self._files[path]
