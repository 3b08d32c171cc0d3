"""Static figures: one SVG whose inks are CSS variables, with alt text, and a PNG beside it."""

import hashlib
import io
import re
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ldyn.show.style import CSS, INK, STYLE, spread

_MANY_POINTS = 2000


@dataclass(frozen=True, kw_only=True)
class Still:
    """A rendered figure: `svg` for pages in either theme, `png` on white paper, `alt` in words."""

    svg: str
    png: bytes
    alt: str

    def html(self) -> str:
        """Return the figure as one HTML element."""
        return f'<div class="ldyn ldyn-still"><style>{CSS}</style>{self.svg}</div>'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self.html(), "image/png": self.png, "text/plain": self.alt}


def still(fig: Figure, *, alt: str) -> Still:
    """Return `fig` as the value of a cell, readable on light and dark paper.

    Lines and scatters of more than 2,000 points are drawn as pixels inside the SVG.
    Raises: ValueError when `alt` does not say in a sentence what is to be seen.
    """
    require_alt(alt)
    for artist in fig.findobj(lambda a: isinstance(a, Collection | Line2D)):
        if _points(artist) > _MANY_POINTS:
            artist.set_rasterized(True)
    salt = hashlib.sha256(alt.encode()).hexdigest()[:8]
    svg, png = io.StringIO(), io.BytesIO()
    with mpl.rc_context({**STYLE, "svg.hashsalt": salt}):
        fig.canvas.draw()
        spread(fig)
        fig.savefig(svg, format="svg", transparent=True, dpi=160, metadata={"Date": None})
        fig.savefig(png, format="png", facecolor="white", dpi=144, metadata={"Software": None})
    return Still(svg=_themed(svg.getvalue(), alt, salt, _columns(fig)), png=png.getvalue(), alt=alt)


def require_alt(alt: str) -> str:
    """Return `alt` if it is a sentence about the picture. Raises: ValueError otherwise."""
    if not isinstance(alt, str) or len(alt.split()) < 5:
        raise ValueError(
            f"alt must say in a sentence what the figure shows, got {alt!r}; "
            'try "Risk against n: the network falls faster than every linear method."'
        )
    return alt


def _points(artist: Any) -> int:
    if isinstance(artist, Line2D):
        vertices: Any = artist.get_path().vertices
        return len(vertices)
    paths = artist.get_paths()
    return max(len(artist.get_offsets()), sum(len(path.vertices) for path in paths[:_MANY_POINTS]))


def _columns(fig: Figure) -> int:
    specs = [ax.get_subplotspec() for ax in fig.axes]
    return max((s.get_gridspec().ncols for s in specs if s), default=1)


def _themed(svg: str, alt: str, salt: str, columns: int) -> str:
    """Return matplotlib's SVG with its inks as variables, its ids private, its size fluid.

    Beside other panels a panel keeps a width at which its words can be read; the figure scrolls.
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.S)
    svg = re.sub(r'\bid="', f'id="s{salt}-', svg)
    svg = re.sub(r'href="#', f'href="#s{salt}-', svg)
    svg = re.sub(r"url\(#", f"url(#s{salt}-", svg)
    for name, colour in INK.items():
        svg = svg.replace(colour, f"var(--ldyn-{name})")
    svg = re.sub(r"(fill|stroke): #000000", r"\1: var(--ldyn-ink)", svg)
    svg = re.sub(r"(fill|stroke): #ffffff", r"\1: var(--ldyn-paper)", svg)
    svg = re.sub(r">\s+<", "><", svg)
    head, body = svg.split(">", 1)
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', head)
    assert box, "matplotlib writes a viewBox"
    wide, high = float(box[1]), float(box[2])
    narrowest = 300 if columns == 1 and wide < 2 * high else max(560, 230 * columns)
    style = f"max-width:{wide * 4 / 3:.0f}px;min-width:{narrowest}px"
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{box[0][9:-1]}" role="img" aria-label="{escape(alt)}" style="{style}">'
    )
    if narrowest > 300:
        return (
            f'<div class="ldyn-scroll" tabindex="0" role="group" aria-label="Wide figure">'
            f"{root}{body}</div>"
        )
    return root + body
