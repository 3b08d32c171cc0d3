"""The book's one style: inks that follow the theme, and axes drawn with them."""

from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ldyn.core import require_count, require_positive

# name: (on light paper, on dark paper). Told apart with the common colour deficiencies, and at
# least 4.5:1 against the theme's paper, so that labels may be written in them.
_INKS = {
    "blue": ("#0b62a8", "#6cb6ff"),
    "vermilion": ("#b83f0c", "#ff9a5c"),
    "green": ("#00735d", "#3fcfa5"),
    "purple": ("#963c7c", "#e79bd1"),
    "ochre": ("#8a6102", "#e6bd4b"),
    "grey": ("#5b6068", "#a8b0ba"),
    "ink": ("#22262c", "#dfe3e8"),
    "faint": ("#d3d7dc", "#3d444d"),
    "paper": ("#fefefe", "#14181e"),
}
INK: dict[str, str] = {name: light for name, (light, _) in _INKS.items()}
SURFACE = "cividis"

_DARK = (
    'html[data-theme="dark"] .ldyn',
    'html[theme="dark"] .ldyn',
    'body[data-jp-theme-light="false"] .ldyn',
    "body.vscode-dark .ldyn",
)


def _variables(dark: bool) -> str:
    return "".join(f"--ldyn-{name}:{pair[dark]};" for name, pair in _INKS.items())


CSS = (
    f".ldyn{{{_variables(False)}color:var(--ldyn-ink);font-size:1rem;margin:0.5rem 0}}"
    f"{','.join(_DARK)}{{{_variables(True)}}}"
    'html[data-theme="dark"] .bd-content div.cell_output .text_html:has(.ldyn):not(#_){'
    "background:none;color:inherit;border-radius:0;padding:0}"
    ".ldyn-scroll{overflow-x:auto}"
    ".ldyn svg{display:block;width:100%;height:auto;fill:var(--ldyn-ink)}"
    ".ldyn canvas{display:block;width:100%;touch-action:pan-y}"
    ".ldyn-controls{display:flex;flex-wrap:wrap;gap:.4rem 1.4rem;margin:.3rem 0}"
    ".ldyn-controls label{display:flex;flex:1 1 15rem;flex-wrap:wrap;gap:.1rem .6rem;"
    "align-items:center;max-width:100%}"
    ".ldyn-controls input[type=range]{flex:1 1 9rem;min-width:7rem;accent-color:var(--ldyn-blue)}"
    ".ldyn-controls button,.ldyn-controls select{font:inherit;color:inherit;"
    "background:transparent;border:1px solid var(--ldyn-grey);border-radius:.25rem;"
    "padding:.1rem .7rem}"
    ".ldyn-controls select option{background:var(--ldyn-paper);color:var(--ldyn-ink)}"
    ".ldyn-controls :focus-visible,.ldyn canvas:focus-visible{"
    "outline:2px solid var(--ldyn-blue);outline-offset:2px}"
    ".ldyn-value{font-variant-numeric:tabular-nums;min-width:3ch}"
    ".ldyn-readout{display:block;white-space:pre-line;min-height:1.5em;margin:.2rem 0;"
    "font-variant-numeric:tabular-nums}"
)

STYLE: Any = {
    "font.size": 11,
    "axes.prop_cycle": cycler(
        color=[INK[n] for n in ("blue", "vermilion", "green", "purple", "ochre", "grey")]
    ),
    "axes.edgecolor": INK["grey"],
    "axes.labelcolor": INK["ink"],
    "axes.titlecolor": INK["ink"],
    "axes.titlesize": 11.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "axes.axisbelow": True,
    "grid.color": INK["faint"],
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "text.color": INK["ink"],
    "xtick.color": INK["grey"],
    "ytick.color": INK["grey"],
    "xtick.labelcolor": INK["ink"],
    "ytick.labelcolor": INK["ink"],
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.frameon": False,
    "image.cmap": SURFACE,
    "svg.fonttype": "path",
}


def axes(
    width: float = 7, height: float = 4, ncols: int = 1, nrows: int = 1, **subplots: Any
) -> tuple[Figure, Any]:
    """Return a figure of `width` × `height` inches in the book's style, and its axes.

    The figure belongs to no global state and is never shown twice: end the cell with `still`.
    Further arguments go to matplotlib's `Figure.subplots` (sharex, width_ratios, subplot_kw, …).
    """
    require_positive(width, "width")
    require_positive(height, "height")
    require_count(ncols, "ncols")
    require_count(nrows, "nrows")
    with mpl.rc_context(STYLE):
        fig = Figure(figsize=(width, height), layout="constrained")
        grid = fig.subplots(nrows, ncols, **subplots)
        for ax in fig.axes:
            for side in (ax.xaxis, ax.yaxis):
                side.set_tick_params(labelsize=10, color=INK["grey"], labelcolor=INK["ink"])
    return fig, grid


def label(ax: Axes, x: float, y: float, text: str, *, colour: str = INK["ink"]) -> None:
    """Write a direct label just right of the data point (x, y); labels that collide are spread."""
    note = ax.annotate(
        text, (x, y), xytext=(6, 0), textcoords="offset points", va="center", color=colour,
        fontsize=10, annotation_clip=False,
    )  # fmt: skip
    note.set_gid("direct-label")


def spread(fig: Figure, gap: float = 12.5) -> None:
    """Move the direct labels of each axes apart to at least `gap` points, keeping their order."""
    for ax in fig.axes:
        notes = [t for t in ax.texts if t.get_gid() == "direct-label"]
        if not notes:
            continue
        ax.get_xlim(), ax.get_ylim()
        for group in _columns(ax, notes):
            at = [_height(ax, note) for note in group]
            for note, here, there in zip(group, at, _apart(at, gap), strict=True):
                note.set_position((6, there - here))


def _columns(ax: Axes, notes: list[Any]) -> list[list[Any]]:
    places: dict[int, list[Any]] = {}
    for note in notes:
        x = ax.transData.transform(note.xy)[0] * 72 / ax.figure.dpi
        places.setdefault(round(x / 40), []).append(note)
    return [sorted(group, key=lambda t: _height(ax, t)) for group in places.values()]


def _height(ax: Axes, note: Any) -> float:
    return float(ax.transData.transform(note.xy)[1]) * 72 / ax.figure.dpi


def _apart(at: list[float], gap: float) -> list[float]:
    """Least-squares positions with the given minimal gap, `at` increasing (pool neighbours)."""
    blocks: list[tuple[float, int]] = []
    for i, y in enumerate(at):
        mean, size = y - i * gap, 1
        while blocks and blocks[-1][0] > mean:
            before, many = blocks.pop()
            mean, size = (before * many + mean * size) / (many + size), many + size
        blocks.append((mean, size))
    flat = [mean for mean, size in blocks for _ in range(size)]
    return [mean + i * gap for i, mean in enumerate(flat)]
