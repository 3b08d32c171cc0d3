"""python -m ldyn.causal FILE.csv [--columns A B]: which of two columns is the likelier cause."""

import argparse
import csv
import sys
from pathlib import Path

from ldyn.causal.direction import direction


def main(arguments: list[str] | None = None) -> int:
    """Answer for two columns of a CSV file, and return the exit status: 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m ldyn.causal", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--columns", nargs=2, metavar=("A", "B"), help="names or numbers from 1")
    choice = parser.parse_args(arguments)
    try:
        (x, first), (y, second) = _columns(choice.file, choice.columns)
        found = direction(first, second)
    except (ValueError, OSError) as error:  # no such file, text among numbers, a constant column
        sys.stderr.write(f"{error}\n")
        return 2
    cause, effect = (x, y) if found.score >= 0 else (y, x)
    told = [f"x: {x}, y: {y}", f"{cause} → {effect}"]
    told.append(f"confidence {found.confidence:.3f}, score {found.score:+.3f}")
    sys.stdout.write("\n".join(told + [f"doubt: {d}" for d in found.doubts]) + "\n")
    return 0


def _columns(path: Path, chosen: list[str] | None) -> list[tuple[str, list[float]]]:
    """Names and numbers of two columns of a file with commas, semicolons or tabs."""
    text = path.read_text("utf-8-sig")
    rows = list(csv.reader(text.splitlines(), delimiter=max(",;\t", key=text.count)))
    rows = [row for row in rows if any(row)]
    if not rows:
        raise ValueError(f"{path} is empty; expected rows of numbers")
    header = not any(_number(cell) is not None for cell in rows[0])
    names = [c.strip() if header else f"column {j}" for j, c in enumerate(rows[0], start=1)]
    chosen = names if chosen is None else chosen
    if len(chosen) != 2:
        raise ValueError(f"{path} has {len(names)} columns, {names}; choose two: --columns A B")
    places = {str(j): j - 1 for j in range(1, len(names) + 1)}
    places |= {name: j for j, name in enumerate(names)}
    if unknown := [c for c in chosen if c not in places]:
        raise ValueError(f"no column {unknown[0]!r} in {path}; there are {names}")
    found = []
    for j in (places[c] for c in chosen):
        numbers = [_number(row[j]) if j < len(row) else None for row in rows[header:]]
        if None in numbers:
            at = numbers.index(None)
            raise ValueError(f"row {at + 1} of {names[j]!r} is no number: {rows[header:][at]}; "
                             "drop that row, or write decimals with a point")  # fmt: skip
        found.append((names[j], [n for n in numbers if n is not None]))
    return found


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


if __name__ == "__main__":
    sys.exit(main())
