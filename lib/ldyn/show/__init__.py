"""Figures and notes of the pages: one style, alt text everywhere, light and dark.

Static: ``fig, ax = show.axes()``, draw with colours from ``show.INK`` (they follow the theme), and
end the cell with ``show.still(fig, alt="…")``. Tables: ``show.table({"n": ",", "risk": ".4f"},
rows)``. The ledger: ``show.measured("claim-id")`` and ``show.kept(…)``.
Moving: ``show.moving("name", state={…}, alt="…", poster=fig)`` shows
figures/<chapter>/name.js, ten lines on the helpers of _common.js and _chart.js::

    function render({ model, el }) {
      const fig = figure(el, model);                    // theme, sizes, clean-up
      const n = fig.slider("samples n", { min: 6, max: 14, value: 9, text: (v) => 2 ** v });
      const say = fig.readout();                        // a line of text that screen readers follow
      fig.draw({ aspect: 0.6 }, (pen, { width, height, ink }) => {   // at start, input, theme, size
        const plot = chart(pen, { width, height, ink, x: [1, 64], y: [0, 1], log: "x" });
        plot.curve(model.get("sizes"), model.get("risks"), { colour: ink.blue });
        say(`risk at n = ${2 ** n.value}`);
      });
      return fig.cleanUp;
    }
    export default { render };
"""

from ldyn.gate import enforce
from ldyn.show.ledger import kept, measured
from ldyn.show.moving import Moving, moving
from ldyn.show.notes import glue, run_at_full_scale
from ldyn.show.rates import rates
from ldyn.show.still import Still, still
from ldyn.show.style import INK, SURFACE, axes, label
from ldyn.show.tables import table

# fmt: off
__all__ = [
    "INK", "SURFACE", "Moving", "Still", "axes", "glue", "kept", "label", "measured", "moving",
    "rates", "run_at_full_scale", "still", "table",
]
# fmt: on

enforce(globals())
