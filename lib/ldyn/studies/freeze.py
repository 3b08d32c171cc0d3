"""Freezing: from appended lines to book/results/<study>.json, provenance first, one row a line."""

import ast
import datetime
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

import ldyn
from ldyn.core import default_device, results_folder, source_digest
from ldyn.core.results import device_name
from ldyn.studies.runner import key, lines_path, load_study, read_lines

PACKAGE = Path(ldyn.__file__).parent


def freeze(study: ModuleType, scale: str) -> Path:
    """Write the frozen results of `study` at `scale` and return the file.

    Raises: ValueError when a cell is missing or failed; the message names the first few.
    """
    cells = study.cells(scale)
    records = read_lines(lines_path(study, scale))
    name = study.__name__.rsplit(".", 1)[-1]
    missing = [c for c in cells if key(c) not in records]
    failed = [c for c in cells if "error" in records.get(key(c), {})]
    if missing or failed:
        which = ", ".join(key(c) for c in (missing + failed)[:3])
        raise ValueError(
            f"{name} at scale {scale} has {len(missing)} missing and {len(failed)} failed cells "
            f"of {len(cells)}, such as {which}; "
            f"run `make study NAME={name} SCALE={scale}` until none is left"
        )
    rows = [{**records[key(c)]["cell"], **records[key(c)]["result"]} for c in cells]
    provenance = {
        "study": name,
        "scale": scale,
        "device": device_name(default_device()),
        "torch": torch.__version__.split("+")[0],
        "dtype": getattr(study, "DTYPE", "float64"),
        "wall_seconds": round(sum(records[key(c)]["seconds"] for c in cells), 1),
        "date": datetime.date.today().isoformat(),
        "source": source_digest(imported_sources(study)),
    }
    return write_frozen(results_folder() / f"{name}.json", provenance, rows)


def write_frozen(path: Path, provenance: dict[str, Any], rows: list[dict[str, Any]]) -> Path:
    """Write provenance and rows, one row a line, so that a re-run is a readable diff."""
    body = ",\n".join("  " + json.dumps(row) for row in rows)
    text = f'{{"provenance": {json.dumps(provenance, indent=1)},\n"rows": [\n{body}\n]}}\n'
    path.write_text(text)
    return path


def is_stale(study: str) -> bool:
    """Return whether the sources of `study` changed since its results were frozen."""
    provenance = json.loads((results_folder() / f"{study}.json").read_text())["provenance"]
    digest: str = source_digest(imported_sources(load_study(study)))
    return digest != provenance["source"]


def imported_sources(study: ModuleType) -> list[Path]:
    """Return the files of the package that `study` imports, directly or through others."""
    found: set[Path] = set()
    todo = [Path(str(study.__file__))]
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ldyn"):
                todo += _files(str(node.module), [alias.name for alias in node.names])
    return sorted(found)


def _files(module: str, names: list[str]) -> list[Path]:
    """The files behind `from module import names`, a package's re-exports resolved."""
    base = PACKAGE.joinpath(*module.split(".")[1:])
    if base.with_suffix(".py").is_file():
        return [base.with_suffix(".py")]
    files = [base / f"{n}.py" for n in names if (base / f"{n}.py").is_file()]
    init = base / "__init__.py"
    for node in ast.walk(ast.parse(init.read_text())) if init.is_file() else ():
        if isinstance(node, ast.ImportFrom) and {a.name for a in node.names} & set(names):
            files += _files(str(node.module), [a.name for a in node.names])
    return files
