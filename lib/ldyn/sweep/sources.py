"""What the numbers of a study depend on: its module, and each definition that it reaches."""

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import ldyn

PACKAGE = Path(ldyn.__file__).parent
# `fetch` returns bytes of a published digest or raises, checks return what they are given or raise,
# and the number of threads changes rounding alone, so these files cannot change a number.
_GATE = ("arguments.py", "checks.py", "contract.py", "shapes.py")
PINNED = {PACKAGE / "data" / "files.py"}
PINNED |= {PACKAGE / "core" / name for name in ("optional.py", "threads.py")}
PINNED |= {PACKAGE / "gate" / name for name in _GATE}


@dataclass(frozen=True, kw_only=True)
class _File:
    """A parsed file: statements by the names they bind, imports of ours, and all the rest."""

    lines: list[str]
    bound: dict[str, list[ast.stmt]]
    imported: dict[str, tuple[str, str]]
    rest: list[ast.stmt]


def source_digest(study: ModuleType) -> str:
    """Return a digest (12 hex digits) of what `reached_source` finds, wherever its files lie."""
    digest = hashlib.sha256()
    reached = reached_source(study)
    for name, text in sorted((place.rsplit(":", 1)[1], text) for place, text in reached.items()):
        digest.update(f"{name}\0{text}\0".encode())
    return digest.hexdigest()[:12]


def reached_source(study: ModuleType) -> dict[str, str]:
    """Return the text of `study` and of the package's definitions that it names, at any remove.

    Keys are "file:name". A definition counts as reached when its name occurs, so the result may be
    too large, not too small; docstrings are left out.
    """
    start = Path(str(study.__file__))
    todo = [(start, name) for name in _parsed(start).bound]
    found: dict[str, str] = {}
    while todo:
        path, name = todo.pop()
        place = f"{path.relative_to(PACKAGE) if path.is_relative_to(PACKAGE) else path.name}:{name}"
        if place in found or path in PINNED:
            continue
        file = _parsed(path)
        statements = file.bound.get(name, []) + file.rest
        found[place] = "\n".join(_code(file.lines, s) for s in statements)
        for used in {n for s in statements for n in _names(s)}:
            if used in file.bound:
                todo.append((path, used))
            elif used in file.imported:
                todo += _defined(*file.imported[used])
        for module, used in _imports(statements).values():
            todo += _defined(module, used)
    return found


def _parsed(path: Path) -> _File:
    return _parsed_text(path.read_text())


@cache
def _parsed_text(text: str) -> _File:
    bound: dict[str, list[ast.stmt]] = {}
    rest: list[ast.stmt] = []
    imports: list[ast.stmt] = []
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            imports.append(statement)
            continue
        names = _bound_names(statement)
        for name in names:
            bound.setdefault(name, []).append(statement)
        if not names and not _is_text(statement):
            rest.append(statement)
    return _File(lines=text.splitlines(), bound=bound, imported=_imports(imports), rest=rest)


def _bound_names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    return [n.id for t in targets if t for n in ast.walk(t) if isinstance(n, ast.Name)]


def _names(statement: ast.stmt) -> Iterator[str]:
    return (n.id for n in ast.walk(statement) if isinstance(n, ast.Name))


def _imports(statements: list[ast.stmt]) -> dict[str, tuple[str, str]]:
    """The names that imports of ours bind, anywhere in `statements`: {local: (module, name)}."""
    found = {}
    for node in (n for s in statements for n in ast.walk(s)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ldyn"):
            found.update({a.asname or a.name: (str(node.module), a.name) for a in node.names})
    return found


def _defined(module: str, name: str) -> list[tuple[Path, str]]:
    """Where `from module import name` finds it: in the module, or behind a package's list."""
    base = PACKAGE.joinpath(*module.split(".")[1:])
    path = base.with_suffix(".py") if base.with_suffix(".py").is_file() else base / "__init__.py"
    file = _parsed(path)
    if name in file.bound:
        return [(path, name)]
    if name in file.imported:
        return _defined(*file.imported[name])
    raise ValueError(f"{module} neither defines nor imports {name}; import it from where it is")


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _code(lines: list[str], statement: ast.stmt) -> str:
    """The lines of a statement, without its docstrings and those inside it."""
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
    assert statement.end_lineno
    kept = set(range(first, statement.end_lineno + 1))
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and _is_text(node.body[0]):
            kept -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return "\n".join(lines[k - 1] for k in sorted(kept))
