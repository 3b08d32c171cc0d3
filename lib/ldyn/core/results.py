"""Frozen results: the numbers of a finished study, with where they came from."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """A frozen study: `provenance` (scale, device, versions, date, digest) and one row a cell."""

    study: str
    provenance: dict[str, Any]
    rows: list[dict[str, Any]]

    def where(self, **fields: Any) -> "Frozen":
        """Return the rows in which every named field equals the given value.

        Raises: ValueError when no row does.
        """
        rows = [row for row in self.rows if all(row.get(k) == v for k, v in fields.items())]
        if not rows:
            known = {k: sorted({repr(row.get(k)) for row in self.rows}) for k in fields}
            raise ValueError(f"{self.study} has no row with {fields}; it has {known}")
        return Frozen(study=self.study, provenance=self.provenance, rows=rows)

    def values(self, field: str) -> list[Any]:
        """Return the distinct values of `field`, sorted. Raises: ValueError if unknown."""
        return sorted(set(self.column(field)))

    def column(self, field: str) -> list[Any]:
        """Return `field` of every row, in order. Raises: ValueError for an unknown field."""
        if any(field not in row for row in self.rows):
            raise ValueError(f"{self.study} has no field {field!r}; it has {sorted(self.rows[0])}")
        return [row[field] for row in self.rows]

    def table(self, value: str, *, columns: str, rows: str) -> tuple[list[Any], list[Any], Tensor]:
        """Return the row keys (r,), column keys (m,) and `value` as a float64 (r, m) tensor.

        Raises: ValueError when a cell is missing or stands twice.
        """
        row_keys, column_keys = self.values(rows), self.values(columns)
        found = {(row[rows], row[columns]): row[value] for row in self.rows}
        if len(found) != len(self.rows) or len(found) != len(row_keys) * len(column_keys):
            raise ValueError(
                f"{self.study}: {rows} × {columns} do not index the {len(self.rows)} rows once "
                "each; narrow them with .where(...) first"
            )
        data = [[found[r, c] for c in column_keys] for r in row_keys]
        return row_keys, column_keys, torch.tensor(data, dtype=torch.float64)


def results_folder() -> Path:
    """Return the folder of frozen results: $LDYN_RESULTS, or book/results above here or the lib.

    Raises: FileNotFoundError when there is none, with what to try.
    """
    if named := os.environ.get("LDYN_RESULTS"):
        return Path(named)
    starts = [Path.cwd(), Path(__file__).resolve().parent]
    for folder in (above for start in starts for above in (start, *start.parents)):
        if (folder / "book" / "results").is_dir():
            return folder / "book" / "results"
    raise FileNotFoundError(
        "no book/results folder above the working folder or the package; run inside a clone of "
        "the book, or set LDYN_RESULTS to a folder with frozen results"
    )


def frozen(study: str) -> Frozen:
    """Return the frozen results of `study`.

    Raises: ValueError when the study was never frozen; the message lists those that were.
    """
    places = {path.stem: path for path in results_folder().rglob("*.json")}
    if study not in places:
        known = sorted(places)
        raise ValueError(
            f"no frozen results for {study!r}; there are: {', '.join(known) or 'none'}. "
            f"Compute them with `make study NAME={study} SCALE=laptop` and `make freeze`"
        )
    data = json.loads(places[study].read_text())
    rows = data["rows"] if "rows" in data else _rows(data["columns"])
    return Frozen(study=study, provenance=data["provenance"], rows=rows)


def _rows(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def device_name(device: torch.device) -> str:
    """Return the name that provenance records: the GPU's own, or "CPU" with its thread count."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' * (threads != 1)}"
