"""Freezing: from appended lines to book/results/<study>.json, provenance first, one row a line."""

import datetime
import json
from pathlib import Path
from typing import Any

import torch

from ldyn.core import default_device
from ldyn.core.results import device_name
from ldyn.sweep.runner import failures, key, lines_path, read_lines, require_study, result_path
from ldyn.sweep.sources import source_digest

LARGEST = 250_000  # bytes of a frozen file


def freeze(study: Any, scale: str) -> Path:
    """Write the frozen results of `study` at `scale` and return the file.

    Raises: ValueError when a cell is missing or failed, with the first few, or for no study.
    """
    require_study(study, scale)
    cells = study.cells(scale)
    records = read_lines(lines_path(study, scale))
    name = study.__name__.rsplit(".", 1)[-1]
    missing = [c for c in cells if key(c) not in records]
    failed = [c for c in cells if "error" in records.get(key(c), {})]
    if missing or failed:
        which = ", ".join(key(c) for c in (missing + failed)[:3])
        why = f" ({next(iter(failures(study, scale)))})" if failed else ""
        raise ValueError(
            f"{name} at scale {scale} has {len(missing)} missing and {len(failed)} failed cells "
            f"of {len(cells)}, such as {which}{why}; "
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
        "source": source_digest(study),
    }
    return write_frozen(result_path(study), provenance, rows)


def write_frozen(path: Path, provenance: dict[str, Any], rows: list[dict[str, Any]]) -> Path:
    """Write provenance and rows, one row a line, so that a re-run is a readable diff.

    A table too large for that is written as columns, which do not repeat the names of the fields.
    """
    head = f'{{"provenance": {json.dumps(provenance, indent=1)},\n'
    body = ",\n".join("  " + json.dumps(row) for row in rows)
    text = f'{head}"rows": [\n{body}\n]}}\n'
    if len(text.encode()) > LARGEST and all(row.keys() == rows[0].keys() for row in rows):
        columns = {field: [row[field] for row in rows] for field in rows[0]}
        body = ",\n".join(f"  {json.dumps(f)}: {_dense(column)}" for f, column in columns.items())
        text = f'{head}"columns": {{\n{body}\n}}}}\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _dense(column: list[Any]) -> str:
    return json.dumps(column, separators=(",", ":"))


def is_stale(study: Any) -> bool:
    """Return whether the sources of `study` changed since its results were frozen or confirmed.

    Raises: ValueError for what is no study, or was never frozen.
    """
    require_study(study, "laptop", "__file__")
    if not result_path(study).is_file():
        raise ValueError(f"study must be frozen, got {study.__name__}, which is not; try freeze")
    about = json.loads(result_path(study).read_text())["provenance"]
    return source_digest(study) not in {about["source"], about.get("confirmed", {}).get("source")}
