"""Result tables: real tables, whose numbers are written as in the prose."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from ldyn.show.notes import Note, written

_LONG = 24  # characters; a longer text may be broken into lines


def table(columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> Note:
    """Return the table of `rows` as the value of a cell, each row headed by its first entry.

    `columns` maps each column's header to the format of its values, as in `glue`; "" is for
    words, which stand on the left, where numbers stand on the right. None is written as a dash.
    Raises: ValueError when a row has another number of values than there are columns, or a value
    cannot be written with its format.
    """
    heads, formats = list(columns), list(columns.values())
    body = [_row(row, heads, formats) for row in rows]
    top = "".join(_cell(name, fmt, scope="col") for name, fmt in columns.items())
    lines = "".join(f"<tr>{_cells(row, formats)}</tr>" for row in body)
    html = (
        f'<div class="ld-scroll"><table class="ld-table"><thead><tr>{top}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )
    return Note(html=html, text=_plain([heads, *body], formats))


def _row(row: Sequence[Any], heads: list[str], formats: list[str]) -> list[str]:
    if len(row) != len(heads):
        raise ValueError(
            f"a row needs one value for each of the {len(heads)} columns {heads}, "
            f"got {len(row)}: {tuple(row)!r}"
        )
    return ["—" if v is None else written(v, f) for v, f in zip(row, formats, strict=True)]


def _cells(row: list[str], formats: list[str]) -> str:
    scopes = ["row"] + [""] * (len(row) - 1)
    return "".join(_cell(t, f, scope=s) for t, f, s in zip(row, formats, scopes, strict=True))


def _cell(text: str, fmt: str, *, scope: str) -> str:
    name = "ld-number" if fmt else "ld-words" if len(text) > _LONG else ""
    look = f' class="{name}"' if name else ""
    if scope and text:
        return f'<th scope="{scope}"{look}>{escape(text)}</th>'
    return f"<td{look}>{escape(text)}</td>"


def _plain(lines: list[list[str]], formats: list[str]) -> str:
    wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
    sides = [">" if fmt else "<" for fmt in formats]
    return "\n".join(
        "  ".join(f"{t:{s}{w}}" for t, s, w in zip(line, sides, wide, strict=True)).rstrip()
        for line in lines
    )
