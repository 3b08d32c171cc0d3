"""Numbers that travel from a cell to the prose, and the way to full scale."""

import os
import subprocess
import sys
from dataclasses import dataclass
from html import escape
from typing import Any

from ldyn.core import frozen

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MIME = "application/papermill.record/text/plain"


def glue(key: str, value: Any, fmt: str = "") -> str:
    """Hand `value`, written with format `fmt`, to the prose as {glue:text}`key`; return the text.

    Keys are "page:name"; a page may cite another one's. Negative numbers get a minus sign, powers
    of ten are written out. Outside of a book build this shows nothing.
    Raises: ValueError when `value` cannot be written with `fmt`.
    """
    text = written(value, fmt)
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return text
    if get_ipython() is not None:
        about = {
            "scrapbook": {
                "name": key.replace(":", "/"),
                "mime_prefix": "application/papermill.record/",
            }
        }
        # The role evaluates a literal, and "8,192" is one: of a pair.
        display({_MIME: repr(text)}, raw=True, metadata=about)
    return Quiet(text)


class Quiet(str):
    """A text that shows nothing as the value of a cell."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {}

    def _ipython_display_(self) -> None:
        return None


def written(value: Any, fmt: str) -> str:
    """Return `value` in format `fmt`, with a minus sign and with powers of ten written out."""
    if hasattr(value, "item"):
        value = value.item()
    try:
        text = format(value, fmt)
    except (TypeError, ValueError) as error:
        raise ValueError(f"cannot write {value!r} with format {fmt!r}; try '.2f'") from error
    if isinstance(value, str):
        return text
    digits, power, exponent = text.partition("e")
    if power and float(digits) == 0:
        return "0"
    if power:
        text = f"{digits} × 10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    return text.replace("-", "−", 1) if text.startswith("-") else text


@dataclass(frozen=True, kw_only=True)
class Note:
    """A short text that a cell shows."""

    html: str
    text: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}


def run_at_full_scale(study: str, *, run: bool = False, scale: str = "full") -> Note:
    """Say how the frozen numbers of `study` came about, and recompute them when asked.

    Nothing runs unless `run=True` or the environment variable LDYN_FULL is set to 1; then the
    study is run (or resumed) at `scale` on whatever device is there, and frozen.
    Raises: ValueError when the study was never frozen; CalledProcessError when the run fails.
    """
    wanted = run or os.environ.get("LDYN_FULL") == "1"
    command = [sys.executable, "-m", "ldyn.studies"]
    if wanted:
        for verb in ("run", "freeze"):
            subprocess.run([*command, verb, study, "--scale", scale], check=True)
    return _note(study, frozen(study).provenance, len(frozen(study).rows), wanted, scale)


def _note(study: str, about: dict[str, Any], cells: int, ran: bool, scale: str) -> Note:
    seconds = about.get("wall_seconds", about.get("seconds"))
    took = f"{duration(seconds)} of computing" if seconds is not None else "a time not recorded"
    where = about.get("device", about.get("device_name", "a device not recorded"))
    came = (
        f"{cells} rows, computed at scale “{about.get('scale', '?')}” on {where} in {took} "
        f"({str(about.get('date', 'date not recorded'))[:10]}, torch {about.get('torch', '?')})."
    )
    ask = f"make study NAME={study} SCALE={scale}"
    tail = "These numbers are fresh." if ran else "Not run here. To recompute them on your device:"
    text = f"{study}: {came} {tail}" + ("" if ran else f" {ask}")
    code = "" if ran else (
        f" <code>{escape(ask)}</code>, or in a notebook "
        f'<code>show.run_at_full_scale("{escape(study)}", run=True)</code>.'
    )  # fmt: skip
    said = f"<strong>{escape(study)}</strong>: {escape(came)} {escape(tail)}{code}"
    html = f'<p class="ld-note">{said}</p>'
    return Note(html=html, text=text)


def duration(seconds: float) -> str:
    """Return a time as people say it: 40 s, 12 min, 3.5 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
