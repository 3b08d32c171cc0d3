"""What a piece of Python names, read from its source: definitions, modules of ours, results."""

import ast
import re
import sys
import sysconfig
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

READERS = {"frozen", "run_at_full_scale"}  # they read the frozen results that they are given
_FOLDER = "results_folder"
_BLIND = {
    *("importlib", "import_module", "__import__", "exec", "eval", "globals", "pkgutil", "runpy"),
    *("__doc__", "getsource", "find_spec", "__init_subclass__", "__file__"),
}
_PURE = {
    *("dataclass", "cache", "lru_cache", "contextmanager", "property", "torch.no_grad"),
    *("few_threads", "torch.inference_mode"),
}
_OPENERS = {
    *("open", "Path", "load", "loadtxt", "fromfile", "genfromtxt", "read_text", "read_bytes"),
    *("read_csv", "listdir", "scandir", "glob", "rglob", "walk"),
}
# A text that another Python may run, and one that names a module of ours.
_PROGRAM = re.compile(r"(?:^|;)\s*(?:import|from)\s+ldyn\b", re.M)
_MODULE = re.compile(r"(?:-m\s+|^)ldyn(?:\.\w+)+$")


class Unresolved(ValueError):
    """The code cannot be followed from here: it may depend on anything."""


@dataclass
class Uses:
    """What a piece of code names: definitions, modules of ours, frozen results."""

    names: set[str] = field(default_factory=set)
    attributes: set[tuple[str, str]] = field(default_factory=set)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    frozen: set[str] = field(default_factory=set)
    all_results: bool = False


def scan(statements: Iterable[ast.stmt], *, page: bool = False, trusted: bool = False) -> Uses:
    """Return what the statements name. Raises: Unresolved where that cannot be seen."""
    uses, literal, said = Uses(), 0, 0
    for node in (n for s in statements if not _is_gate(s) for n in _nodes(s)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            _import(node, uses)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            uses.all_results |= page and "results/" in node.value
            if _MODULE.search(node.value) and not trusted:
                raise Unresolved("a module is named in a text")
            if _PROGRAM.search(node.value) and not trusted:
                _merge(uses, scan(parse(textwrap.dedent(node.value)).body, page=page))
        elif isinstance(node, ast.Call) and (name := _literally_read(node)):
            uses.frozen.add(name)
            literal += 1
        elif isinstance(node, ast.Name):
            uses.names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            uses.attributes.add((node.value.id, node.attr))
        name = _called(node)
        if name in _BLIND and not trusted:
            raise Unresolved(f"{name} stands in the code")
        said += name in READERS
        uses.all_results |= (name == _FOLDER and not trusted) or (page and name in _OPENERS)
    uses.all_results |= said > literal and not trusted
    return uses


def _is_gate(statement: ast.stmt) -> bool:
    """Whether a statement is the gate of a room, which returns what it is given or raises."""
    return ast.unparse(statement) == "enforce(globals())"


def _called(node: ast.AST) -> str:
    """The name that a node stands for, empty for those that cannot hide anything."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.FunctionDef):
        return node.name if node.name in _BLIND else ""
    if isinstance(node, ast.Attribute):
        # A network's eval() runs no text, and the place of the package is not its code.
        ours = isinstance(node.value, ast.Name) and node.value.id == "ldyn"
        return "" if node.attr == "eval" or (ours and node.attr == "__file__") else node.attr
    return ""


def _literally_read(call: ast.Call) -> str:
    reader = getattr(call.func, "id", getattr(call.func, "attr", ""))
    given = call.args[0] if call.args else None
    text = isinstance(given, ast.Constant) and isinstance(given.value, str)
    return str(given.value) if reader in READERS and text else ""  # type: ignore[union-attr]


def _import(node: ast.Import | ast.ImportFrom, uses: Uses) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name == "ldyn" and not alias.asname:
                uses.imports["ldyn"] = ("ldyn", "")
            elif not _installed(alias.name.partition(".")[0]):
                raise Unresolved(f"the module {alias.name} is not an installed package")
        return
    module = node.module or ""
    if module.partition(".")[0] != "ldyn":
        if node.level or not _installed(module.partition(".")[0]):
            raise Unresolved(f"the module {module} is not an installed package")
        return
    for alias in node.names:
        if alias.name == "*":
            raise Unresolved(f"everything is imported from {module}")
        uses.imports[alias.asname or alias.name] = (module, alias.name)
        uses.all_results |= alias.name in READERS and alias.asname not in (None, alias.name)


def _merge(uses: Uses, more: Uses) -> None:
    uses.names |= more.names
    uses.attributes |= more.attributes
    uses.imports |= more.imports
    uses.frozen |= more.frozen
    uses.all_results |= more.all_results


@cache
def _installed(top: str) -> bool:
    if top in sys.stdlib_module_names:
        return True
    spec = find_spec(top)
    places = [spec.origin, *(spec.submodule_search_locations or [])] if spec else []
    homes = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    return any(Path(p).is_relative_to(home) for p in places if p for home in homes)


def parse(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise Unresolved(f"not Python: {error}") from error


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a statement, without docstrings, and a name whose attribute is asked once."""
    todo = [node]
    while todo:
        node = todo.pop()
        yield node
        for name in node._fields:
            value = getattr(node, name, None)
            for child in value if isinstance(value, list) else (value,):
                if not isinstance(child, ast.AST) or isinstance(child, ast.expr_context):
                    continue
                if isinstance(child, ast.Name) and isinstance(node, ast.Attribute):
                    continue
                if not _is_text(child):
                    todo.append(child)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def bound(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return []
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]


def is_quiet(statement: ast.stmt) -> bool:
    """Whether running a top-level statement does nothing but bind its names."""
    if _is_text(statement):
        return True
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return all(ast.unparse(d).partition("(")[0] in _PURE for d in statement.decorator_list)
    names = isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign)
    return names and not any(
        isinstance(n, ast.Call | ast.Subscript | ast.Attribute)
        for n in ast.walk(statement)
        if not isinstance(getattr(n, "ctx", None), ast.Load)
    )


def code(lines: list[str], statement: ast.stmt) -> str:
    """The lines of a statement without docstrings: nothing that is reached looks at those."""
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
    kept = set(range(first, (statement.end_lineno or first) + 1))
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and _is_text(node.body[0]):
            kept -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return "\n".join(lines[k - 1] for k in sorted(kept))


def moving_figures(cells: Iterable[str]) -> tuple[set[str], set[str]]:
    """Return the moving figures that cells only show, and those whose module they may look at.

    A figure that is the value of its cell is only shown; "" stands for a name that is not seen.
    """
    shown: set[str] = set()
    used: set[str] = set()
    for cell in (one for one in cells if "moving" in one):
        body = parse(cell).body
        last = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
        said = 0
        for node in (n for s in body for n in _nodes(s)):
            said += _called(node) == "moving"
            if isinstance(node, ast.ImportFrom):
                said += any("moving" in (a.name, *str(node.module).split(".")) for a in node.names)
            if isinstance(node, ast.Call) and _called(node.func) == "moving":
                said -= 1
                given = node.args[0] if node.args else None
                text = isinstance(given, ast.Constant) and isinstance(given.value, str)
                (shown if node is last and text else used).add(str(given.value) if text else "")
        used |= {""} if said else set()
    return shown, used
