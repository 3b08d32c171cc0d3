"""Moving figures: one ES module each, alive on a page without a kernel, or as a widget with one."""

import hashlib
import json
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ldyn.core import require_choice
from ldyn.show.still import Still, require_alt, still
from ldyn.show.style import CSS

_FIGURES = Path(__file__).parent / "figures"
_MOUNT = """
const host = document.querySelector('[data-ldyn="KEY"]:not([data-live])');
host.dataset.live = "";
const state = STATE;
const heard = {};
const model = {
  get: (name) => state[name],
  set: (name, value) => { state[name] = value; (heard[`change:${name}`] ?? []).forEach((f) => f()); },
  save_changes: () => {},
  on: (event, f) => { (heard[event] ??= []).push(f); },
  off: (event, f) => { heard[event] = (heard[event] ?? []).filter((g) => f && g !== f); },
};
const el = document.createElement("div");
render({ model, el });
host.querySelector(".ldyn-poster").replaceWith(el);
"""  # noqa: E501


@dataclass(frozen=True, kw_only=True)
class Moving:
    """A figure module with its state; `key` is a digest of both."""

    name: str
    source: str
    state: dict[str, Any]
    alt: str
    poster: Still | None = field(repr=False)

    def __post_init__(self) -> None:
        _require_readable(self.state)

    @property
    def key(self) -> str:
        """A digest of module and state (12 hex digits)."""
        return hashlib.sha256((self.source + _dump(self.state)).encode()).hexdigest()[:12]

    def html(self) -> str:
        """Return a self-contained element: the poster, and the module that replaces it."""
        poster = self.poster.svg if self.poster else f"<p>{escape(self.alt)}</p>"
        mount = _MOUNT.replace("KEY", self.key).replace("STATE", _dump(self.state))
        return (
            f'<div class="ldyn ldyn-moving" data-ldyn="{self.key}" data-figure="{self.name}">'
            f'<style>{CSS}</style><div class="ldyn-poster">{poster}</div>'
            f'<script type="module">\n{self.source}\n{{{mount}}}\n</script></div>'
        )

    def widget(self) -> Any:
        """Return the same figure as an anywidget whose traits are the state's names.

        Observe a trait (`w.observe(f, "n")`) to recompute with the kernel when a control moves,
        and assign to a trait to redraw. Raises: ImportError, with what to install.
        """
        try:
            import anywidget
            import traitlets
        except ImportError as error:
            raise ImportError("widgets need anywidget; try `pip install anywidget`") from error

        class Readable(traitlets.Any):
            def validate(self, obj: Any, value: Any) -> Any:
                return _require_readable({str(self.name): _plain(value)})[str(self.name)]

        members: dict[str, Any] = {
            name: Readable(value).tag(sync=True) for name, value in self.state.items()
        }
        members |= {"_esm": self.source, "_css": CSS}
        return type(_class_name(self.name), (anywidget.AnyWidget,), members)()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/html": self.html(), "text/plain": self.alt}
        return bundle | ({"image/png": self.poster.png} if self.poster else {})


def moving(
    name: str, *, state: dict[str, Any], alt: str, poster: Figure | Still | None = None
) -> Moving:
    """Return the moving figure `figures/<chapter>/<name>.js` with `state`, as the value of a cell.

    `state` holds numbers, strings, lists and tensors; the module reads them with `model.get`.
    `alt` says what is to be seen, also to the module (`model.get("alt")`). `poster` is what shows
    where no JavaScript runs. Raises: ValueError for an unknown name, a state that JSON cannot
    write, or an alt text that says nothing.
    """
    require_choice(name, sorted(_places()), "name")
    require_alt(alt)
    plain = {k: _plain(v) for k, v in state.items()} | {"alt": alt}
    shown = still(poster, alt=alt) if isinstance(poster, Figure) else poster
    return Moving(name=name, source=source(name), state=plain, alt=alt, poster=shown)


def source(name: str) -> str:
    """Return the ES module of a figure: the common helpers, then its own file."""
    files = (_FIGURES / "_common.js", _FIGURES / "_chart.js", _places()[name])
    return "\n".join(file.read_text("utf-8") for file in files)


def _places() -> dict[str, Path]:
    return {path.stem: path for path in _FIGURES.glob("*/*.js")}


def _dump(state: dict[str, Any]) -> str:
    text = json.dumps(state, sort_keys=True, allow_nan=False, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def _require_readable(state: dict[str, Any]) -> dict[str, Any]:
    """Return `state` if a browser can read it: JSON knows neither NaN nor infinity."""
    try:
        _dump(state)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"state must be numbers, strings, lists or tensors, finite, got {error}; try None "
            "for a number that is none"
        ) from error
    return state


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))
