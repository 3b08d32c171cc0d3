"""Freezing: from appended lines to book/results/<study>.json, provenance first, one row a line."""

import datetime
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from ldyn.core import default_device, results_folder
from ldyn.core.results import device_name
from ldyn.studies.runner import failures, key, lines_path, load_study, read_lines
from ldyn.studies.sources import source_digest


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
    digest: str = source_digest(load_study(study))
    return digest != provenance["source"]
